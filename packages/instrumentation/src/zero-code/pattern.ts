/** Texts in which `*` stands for anything. */

/** A test for texts; nothing but `*` has a meaning. */
export function matcher(pattern: string): (text: string) => boolean {
  if (!pattern.includes("*")) return (text) => text === pattern;
  const escaped = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`));
  const expression = new RegExp(`^${escaped.join("[\\s\\S]*")}$`);
  return (text) => expression.test(text);
}
