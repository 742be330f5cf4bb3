/**
 * Do the variants of a context keep the limits on success rate and latency? Passed, violated, or unknown.
 *
 * Two looks at the same counts. An e-CUSUM per variant and limit, fed every cycle, raises an alarm within a few cycles of a
 * breach and cannot be lulled by a good past. The posterior probability that the limit holds, from the discounted counts, is
 * what a promotion has to show. A p95 limit is a limit on a share: at most 5 % of the calls may be slower.
 */
import type { VariantId } from "@trimtab/conventions";
import type { Histogram, Measurements } from "../evidence/evidence.ts";
import { addHistograms, scaleHistogram } from "../evidence/measurements.ts";
import type { Constraint } from "../policy/policy.ts";
import { betaCdf } from "../statistics/beta-distribution.ts";
import { CUSUM_BOUND, cusumLevel, updateShareCusum } from "../statistics/cusum.ts";
import { isCommonCause } from "./common-cause.ts";
import { isInTrouble, type Trouble } from "./common-trouble.ts";
import type { Guardrail, GuardrailJudgement, GuardrailSubject } from "./guardrail.ts";
import {
  countOf,
  expectedShare,
  type GoodAndBad,
  isOnSuccess,
  type LimitCounts,
  type LimitMemory,
  NO_LIMIT_MEMORY,
  PRIOR_CALLS,
  referenceOf,
  type StandingLimit,
  standingLimits,
} from "./limit-counts.ts";

/** A variant against all limits of the operation. */
export interface LimitJudgement {
  readonly verdict: "passed" | "violated" | "unknown";
  /** Probability, 0 to 1, that every limit holds; 1 without limits. */
  readonly probability: number;
  /** The limit that is violated or unknown, in words with numbers. */
  readonly sentence: string;
  /** Index of that limit in the policy. */
  readonly constraint?: number;
  /** How far the alarm is raised on a natural logarithmic scale. */
  readonly level: number;
  /**
   * How much better the variant's calls fit a share at the limit than the smallest breach that is watched for: the logarithm of the
   * likelihood ratio, of the limit where it is smallest. A variant in breach ever reaches x with a probability of at most exp(−x)
   * (Ville), however often one looks. Infinite without limits.
   */
  readonly proof: number;
}

const SUCCESS_DROPS = [0.04, 0.12, 0.3];
const TAIL_ALTERNATIVES = [0.91, 0.85, 0.65];
/** Half of the weight of a count is gone after this many cycles. */
const HALF_LIFE_CYCLES = 300;
const KEEP = 0.5 ** (1 / HALF_LIFE_CYCLES);

/**
 * Takes one cycle's measurements in. Variants that are no longer served are forgotten, so that one that returns starts anew.
 *
 * @param siblings Durations of the baseline in all contexts: they stand in where a context has too few of its own.
 * @param trouble Limits that the whole operation misses in this cycle: that is nobody's evidence, and no alarm rises.
 */
export function updateLimits(
  memory: LimitMemory,
  constraints: readonly Constraint[],
  served: readonly VariantId[],
  baseline: VariantId,
  measured: ReadonlyMap<VariantId, Measurements>,
  siblings?: Histogram,
  trouble: readonly Trouble[] = [],
): LimitMemory {
  if (constraints.length === 0) return NO_LIMIT_MEMORY;
  const baselineDurations = withNewDurations(memory.baselineDurations, measured.get(baseline)?.duration);
  const reference = referenceOf(baselineDurations, siblings);
  const standing = standingLimits(memory, constraints, baseline);
  const variants: Record<VariantId, readonly (LimitCounts | null)[]> = {};
  const countedOf = (variant: VariantId, constraint: Constraint): GoodAndBad | undefined => {
    const measurements = measured.get(variant);
    return measurements === undefined ? undefined : countOf(constraint, measurements, reference);
  };
  for (const variant of served) {
    const before = memory.variants[variant] ?? [];
    variants[variant] = constraints.map((constraint, index) => {
      const previous = before[index] ?? null;
      if (isInTrouble(trouble[index])) return previous === null ? null : { ...previous, ...CALM };
      const counted = countedOf(variant, constraint);
      if (counted === undefined) return previous;
      const limit = standing[index] ?? null;
      // before it is known where the limit stands no alarm can rise
      if (limit === null) return { ...remembered(previous, counted), ...CALM };
      return withCounts(previous, counted, countedOf(baseline, constraint) ?? NO_CALLS, limit);
    });
  }
  return { variants, ...(baselineDurations === undefined ? {} : { baselineDurations }) };
}

/** Judges a variant by what is remembered of it. */
export function judgeLimits(
  memory: LimitMemory,
  constraints: readonly Constraint[],
  variant: VariantId,
  baseline: VariantId,
): LimitJudgement {
  let probability = 1;
  let level = 0;
  let proof = Number.POSITIVE_INFINITY;
  let unknown: LimitJudgement | undefined;
  const standing = standingLimits(memory, constraints, baseline);
  for (const [index, constraint] of constraints.entries()) {
    const counts = memory.variants[variant]?.[index];
    const limit = standing[index] ?? null;
    if (counts === undefined || counts === null || limit === null) {
      const sentence = `nothing is known yet about ${describeConstraint(constraint)}`;
      unknown ??= { verdict: "unknown", probability: 0, sentence, constraint: index, level, proof: 0 };
      continue;
    }
    probability *= probabilityHolds(counts, limit);
    proof = Math.min(proof, logProof(counts, limit));
    const raised = cusumLevel(counts.sums);
    level = Math.max(level, raised);
    if (raised > CUSUM_BOUND && !isCommonCause(memory, limit, index, variant, baseline)) {
      const sentence = `${describeCounts(counts, limit)}; the limit is ${describeConstraint(constraint)}`;
      return {
        verdict: "violated",
        probability: Math.min(probability, 3 * Math.exp(-raised)),
        sentence,
        constraint: index,
        level: raised,
        proof,
      };
    }
  }
  return unknown ?? { verdict: "passed", probability, sentence: "every limit holds", level, proof };
}

/** The guardrail as it stands in the list. */
export const OUTCOME_LIMITS: Guardrail = { id: "outcome-limits", effect: "take-back", judge: judgeOutcome };

function judgeOutcome({
  policy: { constraints },
  setting: { id },
  baseline,
  memory,
}: GuardrailSubject): GuardrailJudgement {
  const { verdict, constraint, probability, level, sentence } = judgeLimits(
    memory.limits,
    constraints,
    id,
    baseline.id,
  );
  const broken = constraints[constraint ?? 0];
  const told = { sentence: `${id}: ${sentence}.`, numbers: { probability, level, bound: CUSUM_BOUND } };
  if (verdict === "passed") return { verdict, ...told };
  if (verdict === "unknown") return { verdict, code: "LIMIT_UNKNOWN", ...told };
  const isSuccess = broken !== undefined && isOnSuccess(broken);
  return { verdict, code: isSuccess ? "LIMIT_SUCCESS_RATE" : "LIMIT_LATENCY", ...told };
}

/** A limit in words, e.g. `success_rate >= 0.9`. */
export function describeConstraint(constraint: Constraint): string {
  switch (constraint.kind) {
    case "success-rate":
      return `success_rate >= ${constraint.minimum}`;
    case "success-rate-ratio":
      return `success_rate >= ${constraint.minimumRatio} x baseline`;
    case "p95-latency":
      return `p95_latency <= ${constraint.maximumSeconds} s`;
    default:
      return `p95_latency <= ${constraint.maximumRatio} x baseline`;
  }
}

function withNewDurations(before: Histogram | undefined, now: Histogram | undefined): Histogram | undefined {
  if (before === undefined) return now;
  return addHistograms(scaleHistogram(before, KEEP), now);
}

function withCounts(
  before: LimitCounts | null,
  counted: GoodAndBad,
  baseline: GoodAndBad,
  constraint: StandingLimit,
): LimitCounts {
  const { good, bad } = counted;
  const sums = updateShareCusum(before?.sums ?? [], good, bad, expectedShare(constraint), breachesOf(constraint));
  const isCalm = cusumLevel(sums) === 0;
  return {
    ...remembered(before, counted),
    sums,
    own: isCalm ? NO_CALLS : sumOf(before?.own ?? NO_CALLS, counted),
    beside: isCalm ? NO_CALLS : sumOf(before?.beside ?? NO_CALLS, baseline),
  };
}

function remembered(before: LimitCounts | null, { good, bad }: GoodAndBad): GoodAndBad {
  return { good: (before?.good ?? 0) * KEEP + good, bad: (before?.bad ?? 0) * KEEP + bad };
}

/** Shares of good calls that are watched for, the smallest breach first. */
function breachesOf(constraint: StandingLimit): readonly number[] {
  if (constraint.kind !== "success-rate") return TAIL_ALTERNATIVES;
  const expected = expectedShare(constraint);
  return SUCCESS_DROPS.map((drop) => Math.max(0.01, expected - drop));
}

function logProof({ good, bad }: GoodAndBad, constraint: StandingLimit): number {
  const expected = expectedShare(constraint);
  const breach = breachesOf(constraint)[0] as number;
  return good * Math.log(expected / breach) + bad * Math.log((1 - expected) / (1 - breach));
}

const NO_CALLS: GoodAndBad = { good: 0, bad: 0 };
const CALM = { sums: [], own: NO_CALLS, beside: NO_CALLS } as const;

function sumOf(left: GoodAndBad, right: GoodAndBad): GoodAndBad {
  return { good: left.good + right.good, bad: left.bad + right.bad };
}

function probabilityHolds({ good, bad }: GoodAndBad, constraint: StandingLimit): number {
  const expected = expectedShare(constraint);
  return 1 - betaCdf(expected, good + PRIOR_CALLS * expected, bad + PRIOR_CALLS * (1 - expected));
}

function describeCounts({ good, bad }: GoodAndBad, constraint: StandingLimit): string {
  const share = good / Math.max(1e-9, good + bad);
  return constraint.kind === "success-rate"
    ? `its success rate over the recent calls is ${share.toFixed(3)}`
    : `${(100 * (1 - share)).toFixed(1)} % of its recent calls were slower than the limit allows for 5 %`;
}
