/** How deep a body may be nested: whoever checks or prints one goes down level by level, and the stack ends somewhere. */

/** Far more than any schema here has; the free part of feedback (`data`) included. */
export const DEEPEST_NESTING = 64;

/** Is a value of JSON nested deeper? Found without recursion. */
export function isNestedTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST_NESTING) return true;
    level = level.flatMap((each) => (typeof each === "object" && each !== null ? Object.values(each) : []));
  }
  return false;
}
