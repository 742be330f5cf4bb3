/** Values that fit a JSON schema, so that most requests pass the first checks and reach what lies behind them. */
import fc from "fast-check";
import type { Description, Schema } from "./description.ts";

/** Values that mean something here, by the name of the field: a schema alone does not know what is configured. */
export type KnownValues = Readonly<Record<string, readonly unknown[]>>;

const DEEPEST = 4;

/** The values that fit a schema; those of a field that has known values are mostly of them. */
export function validValue(
  schema: Schema,
  description: Description,
  known: KnownValues,
  name = "",
  depth = 0,
): fc.Arbitrary<unknown> {
  const free = (): fc.Arbitrary<unknown> => freeValue(description.resolve(schema), description, known, depth);
  const meant = known[name];
  if (meant === undefined) return free();
  return fc.oneof({ arbitrary: fc.constantFrom(...meant), weight: 6 }, { arbitrary: free(), weight: 1 });
}

function freeValue(schema: Schema, description: Description, known: KnownValues, depth: number): fc.Arbitrary<unknown> {
  const inner = (each: Schema, name = ""): fc.Arbitrary<unknown> =>
    validValue(each, description, known, name, depth + 1);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const forms = schema.anyOf ?? schema.oneOf;
  if (forms !== undefined) return fc.oneof(...(depth > DEEPEST ? forms.slice(0, 2) : forms).map((form) => inner(form)));
  if (Array.isArray(schema.type))
    return fc.oneof(...(schema.type as string[]).map((type) => inner({ ...schema, type })));
  switch (schema.type) {
    case "null":
      return fc.constant(null);
    case "boolean":
      return fc.boolean();
    case "integer":
      return fc.integer({ min: schema.minimum ?? -1000, max: schema.maximum ?? 1_000_000 });
    case "number":
      return numberOf(schema);
    case "string":
      return textOf(schema);
    case "array":
      return fc.array(inner(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 3, depth > DEEPEST ? 0 : 3),
      });
    case "object":
      return objectOf(schema, inner, depth);
    default:
      return depth > DEEPEST ? fc.constant(1) : fc.jsonValue({ maxDepth: 2 });
  }
}

function numberOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): fc.Arbitrary<number> {
  const whole = fc.integer({
    min: minimum ?? (exclusiveMinimum ?? -100) + 1,
    max: maximum ?? (exclusiveMaximum ?? 10_000) - 1,
  });
  const any = fc.double({
    min: minimum ?? exclusiveMinimum ?? -1e300,
    max: maximum ?? exclusiveMaximum ?? 1e300,
    noNaN: true,
    minExcluded: exclusiveMinimum !== undefined,
    maxExcluded: exclusiveMaximum !== undefined,
  });
  return fc.oneof(whole, any);
}

function textOf({ format, pattern, minLength = 0, maxLength = 40 }: Schema): fc.Arbitrary<string> {
  if (format === "date-time")
    return fc
      .date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
      .map((date) => date.toISOString());
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  const size = { minLength, maxLength: Math.min(maxLength, 40) };
  return fc.oneof(fc.string(size), fc.string({ unit: "grapheme", ...size }));
}

function objectOf(
  { properties = {}, required = [], additionalProperties }: Schema,
  inner: (schema: Schema, name: string) => fc.Arbitrary<unknown>,
  depth: number,
): fc.Arbitrary<unknown> {
  const own = fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, inner(schema, name)])),
    { requiredKeys: [...required] },
  );
  if (typeof additionalProperties !== "object" || Object.keys(additionalProperties).length === 0 || depth > DEEPEST)
    return own;
  const more = fc.dictionary(
    fc.oneof(fc.constantFrom("genre", "level", "a_b"), fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/), fc.string()),
    inner(additionalProperties, ""),
    { maxKeys: 3 },
  );
  return fc.tuple(own, more).map(([first, second]) => Object.fromEntries([...entries(second), ...entries(first)]));
}

function entries(value: unknown): [string, unknown][] {
  return Object.entries(value as object);
}
