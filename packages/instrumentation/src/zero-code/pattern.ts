/** Texts in which `*` stands for anything. */

/** A test for texts; nothing but `*` has a meaning. */
export function matcher(pattern: string): (text: string) => boolean {
  const [first = "", ...others] = pattern.split("*");
  const last = others.pop();
  if (last === undefined) return (text) => text === pattern;
  // No regular expression: with several "*" one may take minutes for a text that somebody chose for it.
  return (text) => {
    const end = text.length - last.length;
    if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    let from = first.length;
    for (const part of others) {
      const at = text.indexOf(part, from);
      if (at === -1 || at + part.length > end) return false;
      from = at + part.length;
    }
    return true;
  };
}

/** What stands at a path of keys, `1.user.id`; undefined where there is nothing. Only what the values themselves have is read. */
export function valueAt(from: unknown, path: readonly string[]): unknown {
  let value: unknown = from;
  for (const key of path) {
    if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
    value = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
  }
  return value;
}
