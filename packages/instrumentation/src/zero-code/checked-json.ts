/**
 * Small pieces that check a document by hand: no dependency that a service would not want. Each tells every problem with its path and
 * the right form, leaves out what is wrong, and goes on with the rest.
 */

/** Reads one value; undefined where it cannot be used, with the reason in `problems`. */
export type Check<Value> = (value: unknown, path: string, problems: string[]) => Value | undefined;

/** A value that one test decides about. */
export function is<Value>(test: (value: unknown) => value is Value, form: string): Check<Value> {
  return (value, path, problems) => {
    if (test(value)) return value;
    problems.push(`${path} is ${shown(value)}; write ${form}`);
    return undefined;
  };
}

/** A text, of which `problemOf` may know better what is wrong. */
export function text(form: string, problemOf: (text: string) => string | undefined = () => undefined): Check<string> {
  return (value, path, problems) => {
    if (typeof value !== "string" || value === "") {
      problems.push(`${path} is ${shown(value)}; write ${form}`);
      return undefined;
    }
    const problem = problemOf(value);
    if (problem === undefined) return value;
    problems.push(`${path}: ${problem}`);
    return undefined;
  };
}

/** True or false. */
export const yesOrNo: Check<boolean> = is((value) => typeof value === "boolean", "true or false");

/** A whole number within bounds. */
export function wholeNumber(minimum: number, maximum: number): Check<number> {
  return is(
    (value): value is number => Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum,
    `a whole number from ${minimum} to ${maximum}`,
  );
}

/** One of some texts. */
export function oneOf<const Text extends string>(...texts: readonly Text[]): Check<Text> {
  return is((value): value is Text => texts.includes(value as Text), texts.map((each) => `"${each}"`).join(" or "));
}

/** A list; entries that cannot be used are left out. */
export function list<Value>(entry: Check<Value>): Check<readonly Value[]> {
  return (value, path, problems) => {
    if (!Array.isArray(value)) {
      problems.push(`${path} is ${shown(value)}; write a list: [ … ]`);
      return undefined;
    }
    return value.flatMap((each: unknown, at) => entry(each, `${path}[${at}]`, problems) ?? []);
  };
}

/** Free keys with checked values. */
export function entries<Value>(
  entry: Check<Value>,
  keyProblem: (key: string) => string | undefined = () => undefined,
): Check<Readonly<Record<string, Value>>> {
  return (value, path, problems) => {
    if (!isObject(value)) {
      problems.push(`${path} is ${shown(value)}; write an object: { … }`);
      return undefined;
    }
    const read: Record<string, Value> = {};
    for (const [key, each] of Object.entries(value)) {
      const problem = keyProblem(key);
      const found = problem === undefined ? entry(each, `${path}.${key}`, problems) : undefined;
      if (problem !== undefined) problems.push(`${path}.${key}: ${problem}`);
      if (found !== undefined) read[key] = found;
    }
    return read;
  };
}

/** The checks of an object's keys. */
export type Checks<Shape extends object> = { readonly [Key in keyof Shape]-?: Check<NonNullable<Shape[Key]>> };

/** An object with known keys. Without a required key that can be used there is no object. */
export function object<Shape extends object>(
  checks: Checks<Shape>,
  required: readonly (keyof Shape & string)[] = [],
): Check<Shape> {
  const known = Object.keys(checks);
  return (value, path, problems) => {
    if (!isObject(value)) {
      problems.push(`${path === "" ? "the whole" : path} is ${shown(value)}; write an object: { … }`);
      return undefined;
    }
    const read: Record<string, unknown> = {};
    for (const [key, each] of Object.entries(value)) {
      if (!Object.hasOwn(checks, key)) {
        problems.push(`${path === "" ? key : `${path}.${key}`} is unknown; ${suggestion(key, known)}`);
        continue;
      }
      const check = checks[key as keyof Shape] as Check<unknown>;
      const found = check(each, path === "" ? key : `${path}.${key}`, problems);
      if (found !== undefined) read[key] = found;
    }
    const missing = required.filter((key) => !Object.hasOwn(value, key));
    for (const key of missing) problems.push(`${path}.${key} is missing`);
    return required.some((key) => read[key] === undefined) ? undefined : (read as Shape);
  };
}

/** `did you mean "operation"?`, or all that there is. */
function suggestion(key: string, known: readonly string[]): string {
  const near = known.find((name) => distance(key.toLowerCase(), name.toLowerCase()) <= 2);
  return near === undefined ? `there is ${known.join(", ")}` : `did you mean "${near}"?`;
}

/** Levenshtein (1966): the fewest letters to add, drop or change. */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let at = 1; at <= left.length; at++) {
    const next = [at];
    for (let to = 1; to <= right.length; to++) {
      const change = (row[to - 1] ?? 0) + (left[at - 1] === right[to - 1] ? 0 : 1);
      next.push(Math.min(change, (row[to] ?? 0) + 1, (next[to - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  const written = JSON.stringify(value) ?? String(value);
  return written.length > 60 ? `${written.slice(0, 60)}…` : written;
}
