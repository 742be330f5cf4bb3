/**
 * A call's context: the low-cardinality attributes by which parameters may differ.
 *
 * Keys are declared by the operation, values are discovered. In canonical form a context holds declared keys only, in
 * the declared order, and every value is a string; two equal contexts then have the same id, in every process.
 */
import { MAXIMUM_CONTEXT_VALUE_LENGTH } from "./names.ts";

/** A context in canonical form. */
export type Context = Readonly<Record<string, string>>;

/** What a caller may pass: anything that has one obvious spelling as a label. Null and undefined count as absent. */
export type ContextInput = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** A context as one string, e.g. `genre=rock,mood=calm`; the empty string for the context that holds everything. */
export type ContextId = string;

/** Keeps the declared keys that are present, in the declared order, as well-formed strings of at most 128 UTF-16 units. */
export function canonicalContext(input: ContextInput, declaredKeys: readonly string[]): Context {
  const context: Record<string, string> = {};
  for (const key of declaredKeys) {
    const value = Object.hasOwn(input, key) ? input[key] : undefined;
    if (value === undefined || value === null || value === "") continue; // Prometheus reads an empty label as an absent one
    context[key] = wellFormed(String(value).slice(0, MAXIMUM_CONTEXT_VALUE_LENGTH));
  }
  return context;
}

/** The id of a canonical context. Keys keep their order; values are percent-encoded, so `,` and `=` are unambiguous. */
export function contextId(context: Context): ContextId {
  let id = "";
  for (const key of Object.keys(context)) {
    if (id !== "") id += ",";
    id += `${key}=${encodeURIComponent(context[key] ?? "")}`;
  }
  return id;
}

/**
 * The context that an id names.
 *
 * @throws {SyntaxError} when the text is not of the form `key=value,key=value` with percent-encoded values.
 */
export function parseContextId(id: ContextId): Context {
  if (id === "") return {};
  const context: Record<string, string> = {};
  for (const part of id.split(",")) {
    const equals = part.indexOf("=");
    if (equals < 1) throw new SyntaxError(`"${id}" is no context id; write key=value,key=value`);
    context[part.slice(0, equals)] = decodeURIComponent(part.slice(equals + 1));
  }
  return context;
}

/** A context for people: `genre=rock, mood=calm`, or `every context` for the one that holds everything. */
export function describeContext(context: Context): string {
  const keys = Object.keys(context);
  return keys.length === 0 ? "every context" : keys.map((key) => `${key}=${context[key]}`).join(", ");
}

/** Does every key of `subset` have the same value in `context`? The empty context is a subset of all. */
export function isContextSubset(subset: Context, context: Context): boolean {
  for (const key of Object.keys(subset)) {
    if (context[key] !== subset[key]) return false;
  }
  return true;
}

/**
 * Of the candidates whose context is a subset of the call's, the one with the most keys; between equals the declared
 * order of the context keys decides (the one that holds the earlier key wins).
 */
export function mostSpecificMatch<Candidate extends { readonly context: Context }>(
  candidates: readonly Candidate[],
  context: Context,
  declaredKeys: readonly string[],
): Candidate | undefined {
  let best: Candidate | undefined;
  for (const candidate of candidates) {
    if (!isContextSubset(candidate.context, context)) continue;
    if (best === undefined || isMoreSpecific(candidate.context, best.context, declaredKeys)) best = candidate;
  }
  return best;
}

function isMoreSpecific(left: Context, right: Context, declaredKeys: readonly string[]): boolean {
  const difference = Object.keys(left).length - Object.keys(right).length;
  if (difference !== 0) return difference > 0;
  for (const key of declaredKeys) {
    const inLeft = Object.hasOwn(left, key);
    if (inLeft !== Object.hasOwn(right, key)) return inLeft;
  }
  return false;
}

/** A cut may leave half a surrogate pair, which has no UTF-8: the replacement character stands for it, as in every encoder. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\uFFFD");
}
