/** The objective and the limits of an outside specification. */
import type { Constraint, Objective } from "../policy/policy.ts";
import { type Fields, fieldsOf, numberOf } from "./fields.ts";
import type { LearnerSpecification } from "./specification.ts";

/** The unit of every outside cost: there is only one. */
export const COST_UNIT = "cost";

const PARTS: Readonly<Record<keyof Objective, readonly string[]>> = {
  quality: ["quality"],
  success: ["success", "successRate"],
  latency: ["latency", "duration"],
  cost: ["cost"],
  feedback: ["feedback", "rating", "ratings"],
};

/** Reads the objective. */
export function objectiveOf(specification: LearnerSpecification): Objective {
  const objective = fieldsOf(specification.objective);
  const weights = { ...objective, ...fieldsOf(objective["weights"]) };
  const scales = { ...fieldsOf(specification["scales"]), ...fieldsOf(objective["scales"]) };
  const weightOf = (names: readonly string[]): number | undefined => {
    const written = names.map((name) => weights[name]).find((value) => value !== undefined);
    return typeof written === "number" ? written : numberOf(fieldsOf(written), "weight");
  };
  const scaleOf = (names: readonly string[]): Fields =>
    Object.assign({}, ...names.map((name) => ({ ...fieldsOf(objective[name]), ...fieldsOf(scales[name]) }))) as Fields;
  const share = (part: keyof Objective): number => weightOf(PARTS[part]) ?? 0;
  const [latency, cost] = [scaleOf(PARTS.latency), scaleOf(PARTS.cost)];
  return {
    ...(share("quality") > 0 ? { quality: { weight: share("quality") } } : {}),
    ...(share("success") > 0 ? { success: { weight: share("success") } } : {}),
    ...(share("latency") > 0
      ? {
          latency: {
            weight: share("latency"),
            goodSeconds: numberOf(latency, "good", "goodSeconds", "good_seconds") ?? Number.NaN,
            badSeconds: numberOf(latency, "bad", "badSeconds", "bad_seconds") ?? Number.NaN,
          },
        }
      : {}),
    ...(share("cost") > 0
      ? {
          cost: {
            weight: share("cost"),
            unit: COST_UNIT,
            reference: numberOf(cost, "reference", "ref") ?? Number.NaN,
          },
        }
      : {}),
    ...(share("feedback") > 0 ? { feedback: { weight: share("feedback") } } : {}),
  };
}

/**
 * Reads the limits.
 *
 * @throws {RangeError} for one that cannot be watched: a limit must not be dropped silently.
 */
export function constraintsOf({ constraints }: LearnerSpecification): Constraint[] {
  const list = Array.isArray(constraints)
    ? constraints
    : Object.entries(fieldsOf(constraints)).map(([kind, fields]) =>
        typeof fields === "number" ? { kind, limit: fields } : { kind, ...fieldsOf(fields) },
      );
  return list.map((declared: unknown) => constraintOf(declared));
}

const TEXT = /^\s*(\w+)\s*(>=|<=)\s*([\d.]+)\s*(s|ms|x\s*baseline)?\s*$/;

function constraintOf(declared: unknown): Constraint {
  const fields = typeof declared === "string" ? fieldsOfText(declared) : fieldsOf(declared);
  const written = JSON.stringify(declared);
  const names = ["kind", "metric", "name", "type"].map((field) => fields[field]);
  const name = (names.find((value) => typeof value === "string") ?? "").toLowerCase();
  const limit = numberOf(fields, "limit", "value", "threshold", "bound");
  const isRelative = ["relative", "relativeTo", "of", "to"].some((field) => (fields[field] ?? false) !== false);
  const ratio =
    numberOf(
      fields,
      "maximumRatio",
      "maxRatio",
      "ratio",
      "maximum_ratio",
      "max_ratio",
      "baselineRatio",
      "ratioToBaseline",
    ) ?? (isRelative || name.includes("ratio") ? (limit ?? numberOf(fields, "max", "maximum")) : undefined);
  if (name.includes("success")) {
    const minimum = numberOf(fields, "minimum", "min", "atLeast") ?? limit;
    const minimumRatio =
      numberOf(fields, "minimumRatio", "minRatio", "minimum_ratio", "min_ratio") ??
      ratio ??
      (isRelative || name.includes("ratio") ? minimum : undefined);
    if (minimumRatio !== undefined) return { kind: "success-rate-ratio", minimumRatio };
    if (minimum !== undefined) return { kind: "success-rate", minimum };
    throw new RangeError(`The limit ${written} cannot be watched: a success rate needs minimum, or minimumRatio`);
  }
  const quantile = numberOf(fields, "quantile", "percentile") ?? 0.95;
  const isP95 = (quantile === 0.95 || quantile === 95) && !/p(?!95)\d/.test(name);
  if (isP95 && /p95|latency|duration/.test(name)) {
    if (ratio !== undefined) return { kind: "p95-latency-ratio", maximumRatio: ratio };
    const maximumSeconds = numberOf(fields, "maximumSeconds", "maxSeconds", "maximum", "max", "atMost") ?? limit;
    if (maximumSeconds !== undefined) return { kind: "p95-latency", maximumSeconds };
  }
  throw new RangeError(
    `The limit ${written} cannot be watched; write success-rate with minimum, success-rate-ratio with minimumRatio, p95-latency with maximumSeconds or p95-latency-ratio with maximumRatio`,
  );
}

/** `success_rate >= 0.9`, `success_rate >= 0.98 x baseline`, `p95_latency <= 2s`, `p95_latency <= 1.2 x baseline`. */
function fieldsOfText(text: string): Fields {
  const [, kind, , number, unit = "s"] = TEXT.exec(text) ?? [];
  if (kind === undefined) return { kind: text };
  const limit = Number(number);
  if (unit.startsWith("x")) return { kind, ratio: limit };
  return { kind, limit: unit === "ms" ? limit / 1000 : limit };
}
