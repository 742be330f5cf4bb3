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
import type { FoundContext } from "../context-tree.ts";
import { ChallengerGuard, isSameAllocation } from "./challenger-guard.ts";
import type { ChosenVariant } from "./chosen-variant.ts";
import type { ParameterSource } from "./last-known-good.ts";

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
  /**
   * The choice of a call without a sticky key and without values of its own, where no challenger runs: calls of a variant share it.
   *
   * @param point Where chance falls, in [0, 1): the variant is that of `variantAt`.
   */
  settledChoice(point: number, source: ParameterSource, revision: string): ChosenVariant;
}

class Compiled implements CompiledAllocation {
  readonly context: Context;
  readonly exploring: readonly AllocatedVariant[];
  readonly settled: readonly AllocatedVariant[];
  readonly salts: CompiledAllocation["salts"];
  readonly guard: ChallengerGuard | undefined;
  /** Where the share of each settled variant ends on the way from 0 to 1; nothing after the last that has one. */
  readonly #ends: readonly number[];
  /** By settled variant, of one source and revision at a time: they change rarely. */
  #choices: (ChosenVariant | undefined)[] = [];
  #source: ParameterSource | undefined;
  #revision: string | undefined;

  constructor({ context, salt, variants }: Allocation, holdoutSalt: string, guard: ChallengerGuard | undefined) {
    this.context = context;
    this.exploring = variants;
    this.settled = withoutChallengers(variants);
    this.salts = { holdoutSalt, salt };
    this.guard = guard;
    this.#ends = sharesOf(this.settled);
  }

  settledChoice(point: number, source: ParameterSource, revision: string): ChosenVariant {
    const ends = this.#ends;
    const last = ends.length - 1;
    let index = 0;
    while (index < last && point >= (ends[index] as number)) index++;
    if (source !== this.#source || revision !== this.#revision) {
      this.#choices = [];
      this.#source = source;
      this.#revision = revision;
    }
    return this.#choices[index] ?? this.#make(index, source, revision);
  }

  #make(index: number, source: ParameterSource, revision: string): ChosenVariant {
    const { id, parameters } = this.settled[index] as AllocatedVariant;
    const made = { id, parameters, source, revision, siblings: this.exploring, watched: undefined, subject: undefined };
    this.#choices[index] = made;
    return made;
  }
}

function sharesOf(variants: readonly AllocatedVariant[]): readonly number[] {
  const sum = variants.reduce((all, { weight }) => all + weight, 0);
  const lastShare = Math.max(
    0,
    variants.findLastIndex(({ weight }) => weight > 0),
  );
  let end = 0;
  return variants.slice(0, lastShare + 1).map(({ weight }) => (end += Math.max(0, weight)) / sum);
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
    this.#index = ContextIndex.of(
      operation.allocations,
      operation.context,
      (allocation) => new Compiled(allocation, operation.holdoutSalt, this.#guardOf(allocation, former, now)),
    );
  }

  /** The most specific allocation whose context is a subset of this one, or undefined. */
  find(context: Context): CompiledAllocation | undefined {
    return this.#index.find(context);
  }

  /** The same for a context that is met again and again: it remembers what was found for it. */
  findAgain(place: FoundContext): CompiledAllocation | undefined {
    if (place.foundIn !== this) {
      place.found = this.#index.find(place.context);
      place.foundIn = this;
    }
    return place.found as CompiledAllocation | undefined;
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
