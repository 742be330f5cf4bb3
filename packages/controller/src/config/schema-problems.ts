/** What zod found, told for people: the value, what is wrong with it, and the nearest right thing. */
import type { Problem } from "@trimtab/conventions";
import { z } from "zod";
import { didYouMean, nearest } from "../nearest.ts";
import { formatPath } from "./problem-list.ts";

type Issue = z.core.$ZodIssue;
type JsonSchema = Readonly<Record<string, unknown>>;

/** @returns Everything that is wrong with a value under a schema; empty when it fits. */
export function schemaProblems(schema: z.ZodType, value: unknown): Problem[] {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return [];
  const jsonSchema = z.toJSONSchema(schema, { io: "input" }) as JsonSchema;
  const problems = result.error.issues.flatMap((issue) => tell(issue, [], value, jsonSchema));
  return problems.filter((problem) => !problems.some((other) => other.meant !== undefined && isSame(problem, other)));
}

/** A problem, and for a misspelt key the one that was meant: that this one is missing needs no telling then. */
interface Told extends Problem {
  readonly meant?: string | undefined;
}

function isSame(problem: Told, misspelt: Told): boolean {
  return (
    problem.message.startsWith("is missing") &&
    formatPath(problem.path) === formatPath([...misspelt.path.slice(0, -1), misspelt.meant ?? ""])
  );
}

function tell(issue: Issue, parents: Problem["path"], root: unknown, schema: JsonSchema): Told[] {
  const path = [...parents, ...issue.path.map((segment) => (typeof segment === "symbol" ? String(segment) : segment))];
  const input = valueAt(root, path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(key, path, input, knownKeys(schema, path, root)));
    case "invalid_union":
      return tellUnion(issue, path, root, schema);
    case "invalid_value": {
      if (input === undefined) return [{ path, message: `is missing; write ${listOf(issue.values.map(String))}` }];
      return [{ path, message: notOneOf(input, issue.values.map(String)) }];
    }
    case "invalid_type":
      return [{ path, message: wrongType(issue, input, schema, path, root) }];
    case "too_small":
      if (issue.origin === "number")
        return [
          {
            path,
            message: `${show(input)} is too small; it must be ${issue.inclusive ? "at least" : "greater than"} ${issue.minimum}`,
          },
        ];
      return [{ path, message: "is empty; write at least one" }];
    case "too_big":
      return [
        {
          path,
          message: `${show(input)} is too large; it must be ${issue.inclusive ? "at most" : "less than"} ${issue.maximum}`,
        },
      ];
    case "invalid_format":
      if (issue.format !== "datetime") return [{ path, message: issue.message }];
      return [{ path, message: `${show(input)} is no time; write it as 2026-12-24T18:00:00Z` }];
    default:
      return [{ path, message: issue.message }];
  }
}

/** Of several allowed forms the one that the value resembles speaks for all. */
function tellUnion(
  issue: Extract<Issue, { code: "invalid_union" }>,
  path: Problem["path"],
  root: unknown,
  schema: JsonSchema,
): Told[] {
  const input = valueAt(root, path);
  if (issue.errors.length === 0) {
    const values = "options" in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
    return [{ path, message: input === undefined ? `is missing; write ${listOf(values)}` : notOneOf(input, values) }];
  }
  const resembling = issue.errors.find(
    (errors) => !errors.some(({ path: at, code }) => at.length === 0 && code === "invalid_type"),
  );
  if (resembling !== undefined) return resembling.flatMap((each) => tell(each, path, root, schema));
  const expected = issue.errors.flatMap((errors) =>
    errors.flatMap((each) => (each.code === "invalid_type" ? [NAMES[each.expected] ?? each.expected] : [])),
  );
  return [{ path, message: `${show(input)} is not ${listOf(expected)}` }];
}

const NAMES: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "an integer",
  boolean: "true or false",
  object: "a section with keys",
  record: "a section with keys",
  array: "a list",
};

function wrongType(
  issue: Extract<Issue, { code: "invalid_type" }>,
  input: unknown,
  schema: JsonSchema,
  path: Problem["path"],
  root: unknown,
): string {
  // A schema with a message of its own knows more than its type.
  if (input !== undefined && !issue.message.startsWith("Invalid input")) return issue.message;
  const expected = NAMES[issue.expected] ?? issue.expected;
  const example = examples(schema, path, root)[0];
  if (input === undefined)
    return `is missing; it is ${expected}${example === undefined ? "" : `, such as ${show(example)}`}`;
  if (issue.expected === "number" && typeof input === "number") return `${show(input)} is not a finite number`;
  if (
    issue.expected === "number" &&
    typeof input === "string" &&
    Number.isFinite(Number(input)) &&
    input.trim() !== ""
  ) {
    return `${show(input)} is a text, not a number; write it without quotes`;
  }
  if (issue.expected === "string" && (typeof input === "number" || typeof input === "boolean")) {
    return `${show(input)} is not a text; write "${String(input)}"`;
  }
  if (path.length === 0)
    return `must hold the sections ${knownKeys(schema, path, root).join(", ")}; ${show(input)} is none`;
  if (input === null && issue.expected === "object") return "is empty; write its keys, or {} where it has none";
  const remedy = example === undefined ? "" : `; write ${show(example)}`;
  return `${input === null ? "is empty, but must be" : `${show(input)} is not`} ${expected}${remedy}`;
}

function unknownKey(key: string, path: Problem["path"], input: unknown, known: readonly string[]): Told {
  const present = typeof input === "object" && input !== null ? Object.keys(input) : [];
  const absent = known.filter((name) => !present.includes(name));
  const candidates = absent.length > 0 ? absent : known;
  return { path: [...path, key], message: `is unknown${didYouMean(key, candidates)}`, meant: nearest(key, candidates) };
}

function notOneOf(input: unknown, values: readonly string[]): string {
  if (values.length === 1) return `${show(input)} is unknown here; write ${values[0]}`;
  const guess = typeof input === "string" ? nearest(input, values) : undefined;
  return `${show(input)} is not ${listOf(values)}${guess === undefined ? "" : `; did you mean "${guess}"?`}`;
}

function listOf(values: readonly string[]): string {
  const unique = [...new Set(values)];
  return unique.length <= 1 ? (unique[0] ?? "") : `${unique.slice(0, -1).join(", ")} or ${unique.at(-1)}`;
}

/** A value as a person would write it in YAML, in one line. */
function show(value: unknown): string {
  if (typeof value === "number" && !Number.isFinite(value))
    return Number.isNaN(value) ? ".nan" : value > 0 ? ".inf" : "-.inf";
  if (Array.isArray(value)) return `[${value.map(bare).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    const shown = entries
      .slice(0, 3)
      .map(([key, inner]) => `${key}: ${typeof inner === "object" && inner !== null ? "…" : bare(inner)}`);
    return `{ ${[...shown, ...(entries.length > 3 ? ["…"] : [])].join(", ")} }`;
  }
  return JSON.stringify(value) ?? String(value);
}

/** A text without quotes where YAML needs none. */
function bare(value: unknown): string {
  return typeof value === "string" && /^[\w./:-]+$/.test(value) ? value : show(value);
}

function valueAt(root: unknown, path: Problem["path"]): unknown {
  let value = root;
  for (const segment of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<string | number, unknown>)[segment];
  }
  return value;
}

/** The keys that the schema knows at a path; of several forms those of the ones that the value resembles. */
function knownKeys(schema: JsonSchema, path: Problem["path"], root: unknown): string[] {
  return [
    ...new Set(
      schemasAt(schema, path, root).flatMap((each) => Object.keys((each["properties"] as object | undefined) ?? {})),
    ),
  ];
}

function examples(schema: JsonSchema, path: Problem["path"], root: unknown): unknown[] {
  return schemasAt(schema, path, root).flatMap((each) => (Array.isArray(each["examples"]) ? each["examples"] : []));
}

function schemasAt(schema: JsonSchema, path: Problem["path"], root: unknown): JsonSchema[] {
  let schemas = formsOf(schema, root);
  for (const [depth, segment] of path.entries()) {
    const value = valueAt(root, path.slice(0, depth + 1));
    schemas = schemas.flatMap((each) => {
      const properties = each["properties"] as Readonly<Record<string, JsonSchema>> | undefined;
      const inner =
        typeof segment === "number" ? each["items"] : (properties?.[segment] ?? each["additionalProperties"]);
      return typeof inner === "object" && inner !== null ? formsOf(inner as JsonSchema, value) : [];
    });
  }
  return schemas;
}

/** The forms of a union whose constant fields agree with the value; all of them when none does. */
function formsOf(schema: JsonSchema, value: unknown): JsonSchema[] {
  const forms = (schema["oneOf"] ?? schema["anyOf"]) as readonly JsonSchema[] | undefined;
  if (forms === undefined) return [schema];
  const agreeing = forms.filter((form) =>
    Object.entries((form["properties"] as Readonly<Record<string, JsonSchema>> | undefined) ?? {}).every(
      ([key, { const: constant, enum: allowed }]) => {
        const actual = valueAt(value, [key]);
        if (constant !== undefined) return actual === constant;
        return key !== "type" || !Array.isArray(allowed) || allowed.includes(actual);
      },
    ),
  );
  const { examples: common } = schema;
  return (agreeing.length > 0 ? agreeing : forms).map((form) =>
    common === undefined ? form : { examples: common, ...form },
  );
}
