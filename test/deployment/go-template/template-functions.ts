/** The functions that the chart calls, as Helm has them (Go's own, Sprig's and its own); any other is refused. */
import { createHash } from "node:crypto";
import { Document, isScalar, parse, visit } from "yaml";

/** A function of a template. */
export type TemplateFunction = (...values: unknown[]) => unknown;

/** Go's idea of what is not there: false, zero, nothing, and what is empty. */
export function isTrue(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === "object") return Object.keys(value).length > 0;
  return value !== false && value !== 0 && value !== "";
}

/** As `{{ value }}` prints it. */
export function printed(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new Error(
    `would print ${value === undefined || value === null ? "a value that is not there" : JSON.stringify(value)}`,
  );
}

const indented = (count: unknown, text: unknown): string => printed(text).replace(/^/gm, " ".repeat(Number(count)));

/** The functions by name. */
export const TEMPLATE_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  and: (...values) => values.find((value) => !isTrue(value)) ?? values.at(-1),
  or: (...values) => values.find(isTrue) ?? values.at(-1),
  not: (value) => !isTrue(value),
  eq: (left, ...rights) => rights.includes(left),
  ne: (left, right) => left !== right,
  gt: (left, right) => Number(left) > Number(right),
  int: (value) => Math.trunc(Number(value)),
  default: (fallback, value) => (isTrue(value) ? value : fallback),
  quote: (value) => JSON.stringify(printed(value)),
  printf: (format, ...values) => {
    let next = 0;
    return printed(format).replace(/%(.)/g, (_, verb) => {
      if (verb !== "s") throw new Error(`%${verb} is outside of the subset`);
      return printed(values[next++]);
    });
  },
  contains: (part, text) => printed(text).includes(printed(part)),
  trunc: (length, text) => printed(text).slice(0, Number(length)),
  trimSuffix: (suffix, text) => {
    const whole = printed(text);
    return whole.endsWith(printed(suffix)) ? whole.slice(0, whole.length - printed(suffix).length) : whole;
  },
  base: (path) => printed(path).split("/").at(-1),
  indent: indented,
  nindent: (count, text) => `\n${indented(count, text)}`,
  toYaml,
  fromYaml: (text) => parse(printed(text)) as unknown,
  toJson: (value) => JSON.stringify(sorted(value)),
  sha256sum: (text) => createHash("sha256").update(printed(text)).digest("hex"),
  dict: (...pairs) =>
    Object.fromEntries(
      Array.from({ length: pairs.length / 2 }, (_, index) => [printed(pairs[2 * index]), pairs[2 * index + 1]]),
    ),
  // Sprig changes its argument, and the chart counts on it.
  set: (target, key, value) => Object.assign(target as object, { [printed(key)]: value }),
  merge: (target, ...others) => {
    for (const other of others)
      for (const [key, value] of Object.entries(other as object))
        if (!Object.hasOwn(target as object, key)) Object.assign(target as object, { [key]: value });
    return target;
  },
  fail: (reason) => {
    throw new Error(printed(reason));
  },
};

/**
 * As Go's library writes it: keys are sorted, lists are not indented, and a text that would be read as something else (it reads YAML 1.1,
 * where "yes" is true) stands between double quotes. Long lines are not folded, which changes no value.
 */
function toYaml(value: unknown): string {
  const document = new Document(sorted(value ?? null), { version: "1.1", aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, node) {
      if (isScalar(node) && typeof node.value === "string" && isMistakable(node.value)) node.type = "QUOTE_DOUBLE";
    },
  });
  return document.toString({ lineWidth: 0, indentSeq: false, singleQuote: true }).trimEnd();
}

function isMistakable(text: string): boolean {
  if (text === "") return true;
  if (!/^[\w.+~=<-]+$|^\d{4}-/.test(text)) return false; // no number, date, boolean or null has anything else in it
  try {
    return typeof parse(text, { version: "1.1" }) !== "string";
  } catch {
    return false;
  }
}

/** With the keys of every map in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
