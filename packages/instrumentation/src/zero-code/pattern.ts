/** Texts in which `*` stands for anything. */

/** A test for texts; nothing but `*` has a meaning. */
export function matcher(pattern: string): (text: string) => boolean {
  if (!pattern.includes("*")) return (text) => text === pattern;
  const escaped = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`));
  const expression = new RegExp(`^${escaped.join("[\\s\\S]*")}$`);
  return (text) => expression.test(text);
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
