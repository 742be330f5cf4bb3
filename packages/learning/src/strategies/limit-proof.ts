/** Before a variant is adopted it has to show that it keeps the limits: a variant that was not measured against them has not. */
import type { VariantId } from "@trimtab/conventions";
import type { Reason } from "../decision/decision.ts";
import type { LimitJudgement } from "../guardrails/outcome-limits.ts";

/** The least probability that every limit holds with which a variant may be adopted. */
const MINIMUM_LIMIT_PROBABILITY = 0.7;

/** @returns Why the variant may not be adopted although it is better, or undefined where it may. */
export function limitRefusal(variant: VariantId, limits: LimitJudgement, numbers: string): Reason | undefined {
  if (limits.verdict === "unknown")
    return { code: "LIMIT_UNKNOWN", sentence: `${variant} is better (${numbers}), but ${limits.sentence}.` };
  if (limits.verdict === "passed" && limits.probability >= MINIMUM_LIMIT_PROBABILITY) return undefined;
  const sentence = `${variant} is better (${numbers}), but keeps the limits only with a probability of ${limits.probability.toFixed(2)}.`;
  return { code: "LIMIT_UNPROVEN", sentence };
}
