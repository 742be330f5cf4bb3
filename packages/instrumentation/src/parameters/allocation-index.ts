/**
 * The allocations of one operation, compiled for look-up: one nested Map for each set of context keys that occurs, the most
 * specific first. A look-up costs a few Map reads, however many contexts there are, and builds no string.
 */
import {
  type AllocatedVariant,
  type Allocation,
  type Context,
  type ContextId,
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

interface KeySet {
  readonly keys: readonly string[];
  /** Values in the order of the keys; the last level holds the allocations. */
  readonly tree: Map<string, unknown>;
}

const WHOLE = "";

/** Finds the allocation that serves a context, as `findAllocation` of the conventions does, but in constant time. */
export class AllocationIndex {
  readonly #keySets: readonly KeySet[];
  readonly #guards = new Map<ContextId, { readonly allocation: Allocation; readonly guard: ChallengerGuard }>();

  /**
   * @param former Of the document before: where a context has the same shares, what its guard knows stays.
   * @param now Milliseconds on a monotonic clock.
   */
  constructor(operation: OperationAllocations, former?: AllocationIndex, now: () => number = () => performance.now()) {
    const byKeys = new Map<string, KeySet>();
    for (const allocation of operation.allocations) {
      const keys = operation.context.filter((key) => Object.hasOwn(allocation.context, key));
      // A key outside the declared ones can be in no call's context, so the allocation can serve no call.
      if (keys.length !== Object.keys(allocation.context).length) continue;
      const id = keys.join(",");
      const keySet = byKeys.get(id) ?? { keys, tree: new Map() };
      byKeys.set(id, keySet);
      insert(keySet, allocation, operation.holdoutSalt, () => this.#guardOf(allocation, former, now));
    }
    const rank = (keys: readonly string[]): number[] => keys.map((key) => operation.context.indexOf(key));
    this.#keySets = [...byKeys.values()].sort(
      (left, right) => right.keys.length - left.keys.length || compareRanks(rank(left.keys), rank(right.keys)),
    );
  }

  /** The most specific allocation whose context is a subset of this one, or undefined. */
  find(context: Context): CompiledAllocation | undefined {
    for (const { keys, tree } of this.#keySets) {
      let level: unknown = keys.length === 0 ? tree.get(WHOLE) : tree;
      for (const key of keys) {
        level = (level as Map<string, unknown>).get(context[key] ?? WHOLE); // no context value is the empty text
        if (level === undefined) break;
      }
      if (level !== undefined) return level as CompiledAllocation;
    }
    return undefined;
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

function insert(
  { keys, tree }: KeySet,
  allocation: Allocation,
  holdoutSalt: string,
  guard: () => ChallengerGuard | undefined,
): void {
  const path = keys.length === 0 ? [WHOLE] : keys.map((key) => allocation.context[key] ?? WHOLE);
  let level = tree;
  for (const value of path.slice(0, -1)) {
    const next = (level.get(value) as Map<string, unknown> | undefined) ?? new Map<string, unknown>();
    level.set(value, next);
    level = next;
  }
  const last = path.at(-1) ?? WHOLE;
  if (level.has(last)) return; // of two for one context the first one counts, as everywhere
  level.set(last, {
    context: allocation.context,
    exploring: allocation.variants,
    settled: withoutChallengers(allocation.variants),
    salts: { holdoutSalt, salt: allocation.salt },
    guard: guard(),
  } satisfies CompiledAllocation);
}

/** The set that holds the earlier declared key comes first. */
function compareRanks(left: readonly number[], right: readonly number[]): number {
  const at = left.findIndex((rank, index) => rank !== right[index]);
  return at < 0 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
}
