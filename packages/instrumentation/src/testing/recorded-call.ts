/** A call as a test sees it, and what a test expects of one. */
import type { Context, Outcome, ParameterValues, VariantId } from "@trimtab/conventions";

/** A tracked call that has ended, or an operation that was recorded. */
export interface RecordedCall {
  readonly component: string;
  readonly operation: string;
  /** The declared keys that the call had, as texts. */
  readonly context: Context;
  readonly outcome: Outcome;
  /** Undefined where nobody measured it. */
  readonly durationMilliseconds: number | undefined;
  /** The last score; undefined where there was none. */
  readonly quality: number | undefined;
  /** Amounts by unit. */
  readonly costs: Readonly<Record<string, number>>;
  /** Of a failure. */
  readonly errorType: string | undefined;
  readonly variant: VariantId;
  /** The values of the variant; undefined where it is not known which these were. */
  readonly parameters: ParameterValues | undefined;
}

/** A number as it must be, or a question about it. */
export type ExpectedNumber = number | ((value: number) => boolean);

/** What is expected of a call; what is left out may be anything. */
export interface ExpectedCall {
  readonly component?: string;
  /** These keys with these values; further ones may be there. A number or boolean is compared as its text. */
  readonly context?: Readonly<Record<string, string | number | boolean>>;
  readonly outcome?: Outcome;
  readonly durationMilliseconds?: ExpectedNumber;
  readonly quality?: ExpectedNumber;
  /** These units with these amounts; further ones may be there. */
  readonly costs?: Readonly<Record<string, ExpectedNumber>>;
  readonly errorType?: string;
  readonly variant?: VariantId;
  /** These names with these values; further ones may be there. */
  readonly parameters?: ParameterValues;
}

/** Is the call as expected? */
export function isAsExpected(call: RecordedCall, expected: ExpectedCall): boolean {
  const { context = {}, costs = {}, parameters = {}, durationMilliseconds, quality, ...plain } = expected;
  return (
    Object.entries(plain).every(([name, value]) => value === undefined || call[name as keyof typeof plain] === value) &&
    Object.entries(context).every(([key, value]) => call.context[key] === String(value)) &&
    Object.entries(costs).every(([unit, amount]) => isNumber(call.costs[unit], amount)) &&
    Object.entries(parameters).every(([name, value]) => call.parameters?.[name] === value) &&
    isNumber(call.durationMilliseconds, durationMilliseconds) &&
    isNumber(call.quality, quality)
  );
}

/** A call in one line. */
export function describeCall(call: RecordedCall): string {
  const { operation, context, outcome, quality, costs, errorType, variant, parameters, durationMilliseconds } = call;
  const said = [
    errorType === undefined ? outcome : `${outcome} (${errorType})`,
    ...(quality === undefined ? [] : [`quality ${quality}`]),
    ...Object.entries(costs).map(([unit, amount]) => `${amount} ${unit}`),
    ...(durationMilliseconds === undefined ? [] : [`${durationMilliseconds.toFixed(1)} ms`]),
    `variant ${variant}${parameters === undefined ? "" : ` ${describeExpected(parameters)}`}`,
  ];
  return `${operation} ${describeExpected(context)}: ${said.join(", ")}`;
}

/** What is expected, in one line. */
export function describeExpected(expected: object): string {
  const parts = Object.entries(expected).map(([name, value]: [string, unknown]) => `${name}: ${describeValue(value)}`);
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
}

function describeValue(value: unknown): string {
  if (typeof value === "function") return value.toString();
  if (typeof value === "object" && value !== null) return describeExpected(value);
  return JSON.stringify(value) ?? String(value);
}

/** Sums of decimal fractions are compared as such: 0.1 + 0.2 is 0.3. */
function isNumber(value: number | undefined, expected: ExpectedNumber | undefined): boolean {
  if (expected === undefined) return true;
  if (value === undefined) return false;
  return typeof expected === "function"
    ? expected(value)
    : Math.abs(value - expected) <= 1e-9 * Math.max(1, Math.abs(expected));
}
