/** Is a variant to blame for its misses, or has everything got worse together? */
import type { VariantId } from "@trimtab/conventions";
import { cusumLevel } from "../statistics/cusum.ts";
import { type LimitCounts, type LimitMemory, type StandingLimit, shareMissed } from "./limit-counts.ts";

/** From here on the baseline itself is in trouble, and taking a variant back to it would not help. */
const COMMON_CAUSE = { success: 1.5, tail: 2.5 };
/** A likelihood ratio of e: the baseline's share has fallen with the variant's rather than stayed. */
const SHARED_CAUSE = 1;

/** Would going back to the baseline not help, because it misses the limit as well? */
export function isCommonCause(
  memory: LimitMemory,
  constraint: StandingLimit,
  index: number,
  variant: VariantId,
  baseline: VariantId,
): boolean {
  if (variant === baseline) return true;
  const usual = memory.variants[baseline]?.[index] ?? null;
  if (usual === null) return false;
  if (cusumLevel(usual.sums) > (constraint.kind === "success-rate" ? COMMON_CAUSE.success : COMMON_CAUSE.tail))
    return true;
  const raised = memory.variants[variant]?.[index];
  return raised !== null && raised !== undefined && logSharedCause(raised, usual, constraint) > SHARED_CAUSE;
}

/**
 * How much better the baseline's calls since the alarm began to rise fit the share that the variant had in that time than the
 * baseline's own usual share: the logarithm of the likelihood ratio. The baseline has few calls, too few for an alarm of its
 * own when everything gets a little worse; this needs fewer, because it knows by how much.
 */
function logSharedCause({ own, beside }: LimitCounts, usual: LimitCounts, constraint: StandingLimit): number {
  const before = { good: Math.max(0, usual.good - beside.good), bad: Math.max(0, usual.bad - beside.bad) };
  const shared = 1 - shareMissed(own, constraint);
  const alone = 1 - shareMissed(before, constraint);
  if (shared >= alone) return 0;
  return beside.good * Math.log(shared / alone) + beside.bad * Math.log((1 - shared) / (1 - alone));
}
