/** What is wrong with one item of a batch, told by its place, as outcomes, feedback and records are. */
import { RECORD_FORM } from "@trimtab/conventions";
import type { z } from "zod";
import { formatPath } from "../config/problem-list.ts";
import { schemaProblems } from "../config/schema-problems.ts";
import { ControllerError, type ErrorCode } from "../errors.ts";

/** What a schema finds, each as "place message". Empty: nothing. */
export function itemProblems(schema: z.ZodType, value: unknown): string[] {
  return schemaProblems(schema, value).map(({ path, message }) => `${formatPath(path)} ${message}`.trim());
}

/**
 * An operation that could not be found, as the problem of the item that names it.
 *
 * @throws The error itself where it is none that the item is to blame for.
 */
export function unknownOperationProblem(error: unknown): { readonly code: ErrorCode; readonly problem: string } {
  if (!(error instanceof ControllerError)) throw error;
  const place = error.code === "COMPONENT_UNKNOWN" ? "component" : "operation";
  return { code: error.code, problem: `${place} is unknown: ${error.message.replace(/\.$/, "")}` };
}

/** The error for an item that was sent by itself: it is refused as any other body is. */
export function singleItemError(code: ErrorCode, problems: readonly string[]): ControllerError {
  return new ControllerError(code, `${problems.join("; ")}.`, {
    problems: problems.map((problem) => {
      const space = problem.indexOf(" ");
      return { path: problem.slice(0, space), message: problem.slice(space + 1) };
    }),
  });
}

/** The id by which a refused item is named, where it has one that could be one. */
export function idOfItem(item: unknown): { id?: string } {
  const id = typeof item === "object" && item !== null && "id" in item ? item.id : undefined;
  return typeof id === "string" && id.length <= RECORD_FORM.longestId ? { id } : {};
}
