/** How two values differ, leaf by leaf, without showing what must not be seen. Pure. */
import { formatDuration } from "@trimtab/conventions";

/** One place where they differ. */
export interface Difference {
  readonly path: string;
  /** As a person reads it; absent where there was nothing. */
  readonly before?: string | undefined;
  /** Absent where there is nothing any more. */
  readonly after?: string | undefined;
}

const HIDDEN =
  /token$|secret|hash|digest|passw|passphrase|authorization|credential|^key$|^cert|^ca$|^pfx$|^headers$|^tls$/i;
const DURATION = /Milliseconds$/;

/** The differences in the order of their paths; of two secrets only that they differ is told. */
export function differences(before: unknown, after: unknown): Difference[] {
  const [old, next] = [leaves(before), leaves(after)];
  return [...new Set([...old.keys(), ...next.keys()])].sort(byText).flatMap((path): Difference[] => {
    const [was, is] = [old.get(path), next.get(path)];
    if (was?.text === is?.text) return [];
    const isHidden = was?.isHidden === true || is?.isHidden === true;
    const shown = (leaf: Leaf | undefined, word: string): string | undefined =>
      leaf === undefined ? undefined : isHidden ? word : leaf.text;
    return [
      { path, before: shown(was, "(a value)"), after: shown(is, was === undefined ? "(a value)" : "(another value)") },
    ];
  });
}

interface Leaf {
  readonly text: string;
  readonly isHidden: boolean;
}

function leaves(value: unknown): Map<string, Leaf> {
  const found = new Map<string, Leaf>();
  const walk = (each: unknown, path: string, isHidden: boolean): void => {
    if (each === undefined) return;
    if (each instanceof Set || each instanceof Map) return walk([...each].map(String).sort(byText), path, isHidden);
    if (isHidden || !(typeof each === "object" && each !== null)) {
      const name = DURATION.test(path) && typeof each === "number";
      const text = name ? formatDuration(each) : JSON.stringify(each);
      found.set(path.replace(DURATION, ""), { text, isHidden });
      return;
    }
    if (Array.isArray(each) && each.every((item) => typeof item !== "object"))
      return void found.set(path, { text: JSON.stringify(each), isHidden });
    for (const [key, inner] of entriesOf(each)) walk(inner, path === "" ? key : `${path}.${key}`, HIDDEN.test(key));
  };
  walk(value, "", false);
  return found;
}

/** Items of a list by their names where they have some, so that one that was put between the others is one difference. */
function entriesOf(value: object): [string, unknown][] {
  if (!Array.isArray(value)) return Object.entries(value);
  return value.map((item: { name?: string; id?: string }, index) => [String(item.name ?? item.id ?? index), item]);
}

function byText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
