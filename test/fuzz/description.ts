/** The OpenAPI document as the fuzz run reads it. */

/** A JSON schema; OpenAPI 3.1 uses JSON Schema 2020-12. */
export interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly propertyNames?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

/** What the document says of one method of one path. */
export interface DescribedOperation {
  readonly method: string;
  readonly path: string;
  readonly isOpen: boolean;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: "path" | "query";
    readonly required: boolean;
    readonly schema: Schema;
  }[];
  readonly body: Schema | undefined;
  /** By status: the description, and the schemas by media type. */
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, object>> }>
  >;
}

/** The document. */
export interface Description {
  readonly document: object;
  readonly operations: readonly DescribedOperation[];
  /** What a reference within the document stands for. */
  resolve(schema: Schema): Schema;
}

interface RawOperation {
  readonly security: readonly object[];
  readonly parameters: DescribedOperation["parameters"];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: DescribedOperation["responses"];
}

/** Reads one. */
export function readDescription(document: {
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
}): Description {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, { security, parameters, requestBody, responses }]): DescribedOperation => ({
        method: method.toUpperCase(),
        path,
        isOpen: security.length === 0,
        parameters,
        body: requestBody?.content["application/json"]?.schema,
        responses,
      }),
    ),
  );
  const resolve = (schema: Schema): Schema => {
    if (schema.$ref === undefined) return schema;
    let found: unknown = document;
    for (const part of schema.$ref.replace(/^#\//, "").split("/"))
      found = (found as Readonly<Record<string, unknown>> | undefined)?.[
        part.replaceAll("~1", "/").replaceAll("~0", "~")
      ];
    if (found === undefined) throw new Error(`the document has nothing at ${schema.$ref}`);
    return resolve(found as Schema);
  };
  return { document, operations, resolve };
}
