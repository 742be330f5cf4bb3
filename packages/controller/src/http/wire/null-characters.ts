/**
 * The character U+0000 in what is sent: PostgreSQL keeps no text that holds it, and no name, id or reason needs it. It is refused whatever
 * the store, so that a controller behaves alike on each.
 */
import type { Problem } from "@trimtab/conventions";
import type { z } from "zod";

const MESSAGE = "holds the character U+0000, which no text here may hold; leave it out";

/** More are not told. */
const MOST_TOLD = 10;

/**
 * Where a value of JSON holds it: in a text or in a key.
 *
 * @param options.intoLists `false`: what stands in lists is somebody else's to check.
 */
export function nullCharacterProblems(value: unknown, { intoLists = true }: { intoLists?: boolean } = {}): Problem[] {
  const problems: Problem[] = [];
  // A list of what is still to be seen instead of a recursion: a body may be nested deeper than the stack.
  const open: { readonly path: Problem["path"]; readonly value: unknown }[] = [{ path: [], value }];
  for (let next = open.pop(); next !== undefined && problems.length < MOST_TOLD; next = open.pop()) {
    const { path, value: each } = next;
    if (typeof each === "string") {
      if (each.includes("\0")) problems.push({ path, message: MESSAGE });
    } else if (Array.isArray(each)) {
      if (intoLists) for (const [index, inner] of each.entries()) open.push({ path: [...path, index], value: inner });
    } else if (typeof each === "object" && each !== null) {
      for (const [key, inner] of Object.entries(each)) {
        if (key.includes("\0")) problems.push({ path: [...path, key], message: `the key ${MESSAGE}` });
        else open.push({ path: [...path, key], value: inner });
      }
    }
  }
  return problems;
}

/** For `superRefine`: refuses a value that holds it. */
export function refuseNullCharacters(value: unknown, context: z.core.$RefinementCtx): void {
  for (const { path, message } of nullCharacterProblems(value))
    context.addIssue({ code: "custom", path: [...path], message });
}
