/** The allocations of one operation, compiled for look-up: a few Map reads, however many contexts there are. */
import {
  type AllocatedVariant,
  type Allocation,
  type Context,
  type ContextId,
  ContextIndex,
  contextId,
  type OperationAllocations,
  withoutChallengers,
} from "@trimtab/conventions";
import { ChallengerGuard, isSameAllocation } from "./challenger-guard.ts";

/** An allocation, ready to assign from. */
export interface CompiledAllocation {
  /** The keys and values that a call must have for it. */
  readonly context: Context;
  /** All variants, with their shares. */
  readonly exploring: readonly AllocatedVariant[];
  /** The same once exploring must stop; the very same list where there is no challenger. */
  readonly settled: readonly AllocatedVariant[];
  readonly salts: { readonly holdoutSalt: string; readonly salt: string };
  /** Watches the challengers; undefined where there are none. */
  readonly guard: ChallengerGuard | undefined;
}

/** Finds the allocation that serves a context, as `findAllocation` of the conventions does, but in constant time. */
export class AllocationIndex {
  readonly #index: ContextIndex<CompiledAllocation>;
  readonly #guards = new Map<ContextId, { readonly allocation: Allocation; readonly guard: ChallengerGuard }>();

  /**
   * @param former Of the document before: where a context has the same shares, what its guard knows stays.
   * @param now Milliseconds on a monotonic clock.
   */
  constructor(operation: OperationAllocations, former?: AllocationIndex, now: () => number = () => performance.now()) {
    this.#index = ContextIndex.of(operation.allocations, operation.context, (allocation) => ({
      context: allocation.context,
      exploring: allocation.variants,
      settled: withoutChallengers(allocation.variants),
      salts: { holdoutSalt: operation.holdoutSalt, salt: allocation.salt },
      guard: this.#guardOf(allocation, former, now),
    }));
  }

  /** The most specific allocation whose context is a subset of this one, or undefined. */
  find(context: Context): CompiledAllocation | undefined {
    return this.#index.find(context);
  }

  #guardOf(
    allocation: Allocation,
    former: AllocationIndex | undefined,
    now: () => number,
  ): ChallengerGuard | undefined {
    if (withoutChallengers(allocation.variants) === allocation.variants) return undefined;
    const id = contextId(allocation.context);
    const before = former === undefined ? undefined : former.#guards.get(id);
    const isKept = before !== undefined && isSameAllocation(before.allocation, allocation);
    const guard = isKept ? before.guard : new ChallengerGuard(allocation.variants, now);
    this.#guards.set(id, { allocation, guard });
    return guard;
  }
}
