/**
 * The periodic reset: what was learnt counts less, so that an old world does not rule for ever, and nothing else changes.
 *
 * The values in force, the limits' counts, the breaker and the lift stay: learnt values serve until the evidence of the new period
 * speaks against them. A strategy that cannot make its memory weaker forgets it. What was there before is kept whole for a while.
 */
import type { ContextId, Json } from "@trimtab/conventions";
import type { ContextMemory } from "../decision/operation-state.ts";
import type { Strategy, StrategyMemory } from "../strategies/strategy.ts";
import type { BeforeReset } from "./people-memory.ts";

/** The part of the evidence that a reset keeps where the policy does not say. */
export const KEPT_BY_RESET = 0.3;

/** How long a reset can be undone, in milliseconds: a week. */
export const RESET_UNDO_MILLISECONDS = 604_800_000;

/** The memories after a reset, and what an undo brings back. */
export interface WasReset {
  readonly shared: Json;
  readonly contexts: ReadonlyMap<ContextId, ContextMemory>;
  readonly before: BeforeReset;
}

/**
 * Makes what the strategy has learnt weaker.
 *
 * @param keep The part of the evidence that goes on counting, 0 to 1.
 * @param lifts May settings that a person had rejected be tried again? True where a person asks for the reset.
 */
export function resetMemories(
  before: { readonly shared: Json; readonly contexts: ReadonlyMap<ContextId, ContextMemory> },
  {
    strategy,
    keep,
    lifts,
    now,
    since,
  }: {
    readonly strategy: Strategy;
    readonly keep: number;
    readonly lifts: boolean;
    readonly now: number;
    readonly since: number;
  },
): WasReset {
  const memories = new Map([...before.contexts].map(([id, { strategy: memory }]) => [id, memory] as const));
  const weaker = strategy.weaken?.({ shared: before.shared, contexts: memories }, keep) ?? forgotten(memories);
  const contexts = [...before.contexts].map(([id, memory]) => {
    const after = { ...memory, strategy: weaker.contexts.get(id) ?? null };
    return [id, lifts ? withRejected(after, []) : after] as const;
  });
  const kept = [...before.contexts].map(
    ([id, memory]) => [id, { strategy: memory.strategy, rejected: memory.rejected ?? [] }] as const,
  );
  const until = now + RESET_UNDO_MILLISECONDS;
  return {
    shared: weaker.shared,
    contexts: new Map(contexts),
    before: { until, since, shared: before.shared, contexts: Object.fromEntries(kept) },
  };
}

/** What was learnt as it was before the reset; what a person rejected since stays rejected. */
export function undoReset(
  before: BeforeReset,
  contexts: ReadonlyMap<ContextId, ContextMemory>,
): ReadonlyMap<ContextId, ContextMemory> {
  const restored = [...contexts].map(([id, memory]) => {
    const kept = before.contexts[id];
    if (kept === undefined) return [id, memory] as const;
    const rejected = [...new Set([...kept.rejected, ...(memory.rejected ?? [])])];
    return [id, withRejected({ ...memory, strategy: kept.strategy }, rejected)] as const;
  });
  return new Map(restored);
}

/** The memory with these variants rejected: without the field where there are none, as where nobody ever rejected one. */
export function withRejected(before: ContextMemory, rejected: readonly string[]): ContextMemory {
  const { rejected: _, ...memory } = before;
  return rejected.length === 0 ? memory : { ...memory, rejected };
}

function forgotten(contexts: ReadonlyMap<ContextId, Json>): StrategyMemory {
  return { shared: null, contexts: new Map([...contexts.keys()].map((id) => [id, null] as const)) };
}
