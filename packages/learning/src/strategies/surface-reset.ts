/**
 * A reset of `response-surface`: the evidence of every context counts less, and comparisons that run begin anew, because a test
 * that is half won in the old period must not end in the new one.
 */
import type { Json } from "@trimtab/conventions";
import { discount } from "../surface/surface-evidence.ts";
import type { StrategyMemory } from "./strategy.ts";
import { openShared, type TrialMemory } from "./surface-memory.ts";

/** Both memories, weaker. */
export function weakenSurface({ shared, contexts }: StrategyMemory, keep: number): StrategyMemory {
  return {
    shared: shared === null ? null : weakenShared(shared, keep),
    contexts: new Map([...contexts].map(weakenTrials)),
  };
}

function weakenShared(given: Json, keep: number): Json {
  const shared = openShared(given);
  const weaker = Object.entries(shared.contexts).map(([id, { context, evidence }]) => {
    const channels = Object.entries(evidence).map(([name, each]) => [name, discount(each, keep)] as const);
    return [id, { context, evidence: Object.fromEntries(channels) }] as const;
  });
  return { ...shared, contexts: Object.fromEntries(weaker) } as unknown as Json;
}

function weakenTrials([id, memory]: readonly [string, Json]): readonly [string, Json] {
  if (memory === null) return [id, null];
  const before = memory as unknown as TrialMemory;
  const after: TrialMemory = { ...before, trials: {}, resting: {}, watch: null };
  return [id, after as unknown as Json];
}
