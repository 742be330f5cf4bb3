/** What is replayed: cycles as a controller has recorded them. */
import { type AllocatedVariant, type Allocation, type Context, contextId, findAllocation } from "@trimtab/conventions";
import { type Act, baselineOf, type Evidence, type OperationPolicy, type OperationState } from "@trimtab/learning";

/** One cycle of one operation, as a controller's store has it. */
export interface RecordedCycle {
  readonly cycle: number;
  readonly policy: OperationPolicy;
  readonly seed: string;
  readonly evidence: Evidence;
  /** What people did that the decision took; absent where nobody did anything. */
  readonly acts?: readonly Act[];
  /** When it was decided, in milliseconds since 1970, and what was served from then on. */
  readonly decision: { readonly at: number; readonly allocations: readonly Allocation[] };
  /** What the next cycle started from; kept now and then. */
  readonly state?: OperationState;
}

/** What one context is served, in the order of the ids. */
export type Shares = readonly AllocatedVariant[];

/**
 * What was in force when: services hear of a decision a little after it was made, and a window counts for what was decided before its
 * middle.
 */
export class InForce {
  private readonly decisions: { readonly at: number; readonly allocations: readonly Allocation[] }[] = [];

  /** Decisions come in the order of their times. */
  decided(at: number, allocations: readonly Allocation[]): void {
    this.decisions.push({ at, allocations });
    if (this.decisions.length > REMEMBERED) this.decisions.shift();
  }

  /** The shares of a context in a window; before the first decision, the base values. */
  during({ window }: Evidence, context: Context, policy: OperationPolicy): Shares {
    const middle = (window.from + window.to) / 2;
    const decision = this.decisions.findLast(({ at }) => at <= middle);
    const operation = {
      context: policy.context,
      holdoutSalt: "",
      parameters: policy.parameters,
      allocations: decision?.allocations ?? [],
    };
    const variants = findAllocation(operation, context)?.variants;
    if (variants === undefined) return [{ ...baselineOf(policy.parameters), role: "baseline", weight: 1 }];
    return variants.toSorted((left, right) => (left.id < right.id ? -1 : 1));
  }
}

/** Windows lie a few cycles back at most. */
const REMEMBERED = 50;

/** The same settings with the same shares? Roles do not matter to a call. */
export function isSameShares(left: Shares, right: Shares): boolean {
  return (
    left.length === right.length &&
    left.every(({ id, weight }, index) => id === right[index]?.id && Math.abs(weight - right[index].weight) < 1e-12)
  );
}

/** Ids of contexts that a list names, in its order. */
export function idOf(context: Context): string {
  return contextId(context);
}
