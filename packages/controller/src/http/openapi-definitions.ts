/**
 * Schemas that hold definitions of their own, for a document that holds many schemas: a reference counts from the root of the document,
 * so what it names has to stand there.
 */

/**
 * A schema whose definitions stand among `schemas`, named after it.
 *
 * @param name Of the schema among `schemas`.
 * @param schemas Gets the definitions.
 */
export function withoutDefinitions(
  schema: Readonly<Record<string, unknown>>,
  name: string,
  schemas: Record<string, unknown>,
): Record<string, unknown> {
  return moved(schema, new Map(), name, schemas) as Record<string, unknown>;
}

const LOCAL = "#/$defs/";

/** @param names What the definitions that can be referred to here are called in the document. */
function moved(
  value: unknown,
  names: ReadonlyMap<string, string>,
  name: string,
  schemas: Record<string, unknown>,
): unknown {
  if (Array.isArray(value)) return value.map((each) => moved(each, names, name, schemas));
  if (typeof value !== "object" || value === null) return value;
  const { $defs, $schema: _, $ref, ...rest } = value as Record<string, unknown>;
  const definitions = Object.entries(($defs as Readonly<Record<string, unknown>> | undefined) ?? {});
  const known = definitions.length === 0 ? names : new Map(names);
  for (const [definition] of definitions) {
    const free = freeName(`${name}Part`, schemas);
    schemas[free] = {}; // taken, until it is known
    (known as Map<string, string>).set(definition, free);
  }
  for (const [definition, schema] of definitions)
    schemas[known.get(definition) as string] = moved(schema, known, name, schemas);
  const inner = Object.entries(rest).map(([key, each]) => [key, moved(each, known, name, schemas)] as const);
  if (typeof $ref !== "string") return Object.fromEntries(inner);
  const meant = $ref.startsWith(LOCAL) ? known.get($ref.slice(LOCAL.length)) : undefined;
  return Object.fromEntries([["$ref", meant === undefined ? $ref : `#/components/schemas/${meant}`], ...inner]);
}

function freeName(wanted: string, schemas: Readonly<Record<string, unknown>>): string {
  if (!Object.hasOwn(schemas, wanted)) return wanted;
  let number = 2;
  while (Object.hasOwn(schemas, `${wanted}${number}`)) number++;
  return `${wanted}${number}`;
}
