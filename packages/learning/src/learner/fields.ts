/** Reading the fields of values from outside, of which nothing is known. */

/** An object's fields. */
export type Fields = Readonly<Record<string, unknown>>;

/** The fields of an object; of anything else, none. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** The first of the fields that is a number. */
export function numberOf(fields: Fields, ...names: readonly string[]): number | undefined {
  return names.map((name) => fields[name]).find((value) => typeof value === "number");
}

/** The value as a list, or undefined where it is none. */
export function listOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? (value as readonly unknown[]) : undefined;
}
