/** An operation's constraints as objectives of burn-rate alerts: recording rules that say what is allowed, and what is over it. */
import { DURATION_BOUNDARIES_SECONDS, labels, quoteLabelValue, recordedSeries } from "@trimtab/conventions";
import { type Constraint, describeConstraint, type OperationPolicy } from "@trimtab/learning";
import { byOperation } from "./recordings.ts";
import type { RecordingRule } from "./rule.ts";

/** The share of the calls that `p95_latency` speaks of. */
const P95 = 0.95;

/** A constraint without a rule, and why. */
export interface SkippedConstraint {
  readonly component: string;
  readonly operation: string;
  /** In words, as `trimtab check` says it. */
  readonly constraint: string;
  readonly reason: string;
}

/** What is made of the constraints of all operations. */
export interface Objectives {
  readonly rules: readonly RecordingRule[];
  readonly skipped: readonly SkippedConstraint[];
}

/** One success objective and one latency objective per operation at most: the strictest. */
export function objectivesOf(policies: readonly OperationPolicy[]): Objectives {
  const rules: RecordingRule[] = [];
  const skipped: SkippedConstraint[] = [];
  for (const policy of policies) {
    const { component, operation, constraints } = policy;
    for (const constraint of constraints) {
      const reason = reasonToSkip(constraint, constraints);
      if (reason !== undefined)
        skipped.push({ component, operation, constraint: describeConstraint(constraint), reason });
      else if (constraint.kind === "success-rate") rules.push(successObjective(policy, constraint.minimum));
      else if (constraint.kind === "p95-latency") rules.push(...latencyObjective(policy, constraint.maximumSeconds));
    }
  }
  return { rules, skipped };
}

function reasonToSkip(constraint: Constraint, all: readonly Constraint[]): string | undefined {
  const relative =
    "a limit relative to the baseline has no budget that could burn; the controller judges each variant by it, and TrimtabGuardrailBreach tells of a breach";
  switch (constraint.kind) {
    case "success-rate": {
      const limits = all.flatMap((each) => (each.kind === "success-rate" ? [each.minimum] : []));
      return isFirstOf(constraint, all, (each) => each.kind === "success-rate" && each.minimum === Math.max(...limits))
        ? undefined
        : "a stricter one stands beside it";
    }
    case "p95-latency": {
      if (constraint.maximumSeconds > LARGEST_BOUND_SECONDS)
        return `durations are not told apart beyond ${LARGEST_BOUND_SECONDS} s, the largest bound of the histogram`;
      const limits = all.flatMap((each) => (each.kind === "p95-latency" ? [each.maximumSeconds] : []));
      return isFirstOf(
        constraint,
        all,
        (each) => each.kind === "p95-latency" && each.maximumSeconds === Math.min(...limits),
      )
        ? undefined
        : "a stricter one stands beside it";
    }
    default:
      return relative;
  }
}

function isFirstOf(
  constraint: Constraint,
  all: readonly Constraint[],
  isStrictest: (each: Constraint) => boolean,
): boolean {
  return all.find(isStrictest) === constraint;
}

const LARGEST_BOUND_SECONDS = Math.max(...DURATION_BOUNDARIES_SECONDS);

function successObjective({ component, operation }: OperationPolicy, minimum: number): RecordingRule {
  return {
    record: recordedSeries.successObjective.name,
    expr: `vector(${minimum})`,
    labels: { component, operation },
  };
}

function latencyObjective(policy: OperationPolicy, maximumSeconds: number): readonly RecordingRule[] {
  const { component, operation } = policy;
  return [
    { record: recordedSeries.latencyObjective.name, expr: `vector(${P95})`, labels: { component, operation } },
    // The labels are those that the result has; written out, promtool sees that the rules of two operations are no duplicates.
    {
      record: recordedSeries.operationLatencyOver.name,
      expr: callsOver(policy, maximumSeconds),
      labels: { component, operation },
    },
  ];
}

/**
 * Calls of the last minute over a limit. Between two bounds of the histogram calls are taken to lie evenly, as `histogram_quantile` does. Where
 * a service has other bounds there is no result, and TrimtabObjectiveUnmeasured says so.
 */
function callsOver({ component, operation }: OperationPolicy, maximumSeconds: number): string {
  const only = `${labels.component}=${quoteLabelValue(component)}, ${labels.operation}=${quoteLabelValue(operation)}`;
  const all = byOperation("sum", `${recordedSeries.durationCount.name}{${only}}`);
  const upTo = (bound: number): string =>
    byOperation("sum", `${recordedSeries.durationBucket.name}{${only}, le=~"${lePattern(bound)}"}`);
  const upper = DURATION_BOUNDARIES_SECONDS.find((bound) => bound >= maximumSeconds) ?? LARGEST_BOUND_SECONDS;
  if (upper === maximumSeconds) return `${all}\n- ${upTo(upper)}`;
  const lower = DURATION_BOUNDARIES_SECONDS.filter((bound) => bound < maximumSeconds).at(-1) ?? 0;
  const share = Number(((maximumSeconds - lower) / (upper - lower)).toPrecision(6));
  const within = `${share} * ${upTo(upper)}`;
  if (lower === 0) return `${all}\n- ${within}`;
  return `${all}\n- ${within}\n- ${Number((1 - share).toPrecision(6))} * ${upTo(lower)}`;
}

/** Prometheus 3 writes `le="1"` as `le="1.0"`. */
function lePattern(bound: number): string {
  const text = String(bound);
  return Number.isInteger(bound) ? `${text}(\\\\.0)?` : text.replaceAll(".", "\\\\.");
}
