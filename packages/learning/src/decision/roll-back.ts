/**
 * Taking variants back, and the circuit breaker.
 *
 *   closed      -> open        three roll-backs of the incumbent within 80 cycles: base values only, for 50 cycles
 *   open        -> half open   the 50 cycles are over: one challenger, with at most 5 % of the calls, for 40 cycles
 *   half open   -> closed      the 40 cycles are over
 *   half open   -> open        another roll-back
 */
import type { AllocatedVariant, VariantId } from "@trimtab/conventions";
import type { Setting } from "../policy/setting.ts";
import type { AdaptationTransition, Reason } from "./decision.ts";
import type { Bar, ContextMemory } from "./operation-state.ts";

/** A variant that has to be taken back now, and why. */
export interface Breach {
  readonly variant: VariantId;
  readonly reason: Reason;
}

const BAR_CYCLES = 40;
const LONGEST_BAR_CYCLES = 120;
const BREAKER = { rollBacks: 3, withinCycles: 80, openCycles: 50, halfOpenCycles: 40 };

/** The largest share of all challengers while the breaker is half open. */
export const HALF_OPEN_SHARE = 0.05;

/** Is the breaker open, half open or closed in this cycle? */
export function breakerState(memory: ContextMemory, cycle: number): "closed" | "open" | "half-open" {
  if (memory.breakerUntil === 0 || cycle >= memory.breakerUntil + BREAKER.halfOpenCycles) return "closed";
  return cycle < memory.breakerUntil ? "open" : "half-open";
}

/** The variants that must not run in this cycle. */
export function barredVariants(memory: ContextMemory, cycle: number): ReadonlySet<VariantId> {
  const resting = Object.keys(memory.bars).filter((variant) => (memory.bars[variant]?.until ?? 0) > cycle);
  return new Set([...resting, ...(memory.rejected ?? [])]);
}

/** What taking variants back leaves. */
export interface RolledBack {
  readonly memory: ContextMemory;
  /** What is still to be served beside the baseline and the incumbent. */
  readonly challengers: readonly AllocatedVariant[];
  readonly transitions: readonly AdaptationTransition[];
}

const BASE_RETURNS: Reason = {
  code: "SUGGESTION_WITHDRAWN",
  sentence: "The values that it was compared with were taken back.",
};

/** Bars the variants; where the incumbent is among them, the base values return at once and every challenger stops. */
export function rollBack(
  before: ContextMemory,
  breaches: readonly Breach[],
  baseline: Setting,
  cycle: number,
): RolledBack {
  const taken = new Set(breaches.map((breach) => breach.variant));
  let memory: ContextMemory = { ...before, bars: withBars(before.bars, taken, cycle) };
  const transitions: AdaptationTransition[] = [];
  const breach = breaches.find((each) => each.variant === before.incumbent.id);
  const suggested = before.suggestion;
  // a suggestion names parameters to change of the incumbent it was compared with: on other values it would be another setting
  const withdrawn = breaches.find(({ variant }) => variant === suggested?.variant)?.reason ?? (breach && BASE_RETURNS);
  if (suggested !== null && withdrawn !== undefined) {
    for (const id of suggested.ids) transitions.push({ id, status: "superseded", reason: withdrawn });
    memory = { ...memory, suggestion: null };
  }
  if (breach === undefined) {
    const challengers = before.allocation.variants.filter(
      (variant) => variant.role === "challenger" && !taken.has(variant.id),
    );
    return { memory, challengers, transitions };
  }
  for (const id of Object.values(before.applied))
    transitions.push({ id, status: "rolled-back", reason: breach.reason });
  return { memory: withBaseline(memory, baseline, cycle), challengers: [], transitions };
}

/** The base values in force again, with this roll-back on the breaker's account. */
export function withBaseline(before: ContextMemory, baseline: Setting, cycle: number): ContextMemory {
  const rollBacks = [...before.rollBacks.filter((at) => at > cycle - BREAKER.withinCycles), cycle];
  const isHalfOpen = breakerState(before, cycle) === "half-open";
  const opens = isHalfOpen || rollBacks.length >= BREAKER.rollBacks;
  return {
    ...before,
    incumbent: baseline,
    experiment: before.experiment + 1,
    harm: [],
    applied: {},
    rollBacks: opens ? [] : rollBacks,
    breakerUntil: opens ? cycle + BREAKER.openCycles : before.breakerUntil,
  };
}

/** The reason of a context whose breaker is open. */
export function breakerReason(memory: ContextMemory, cycle: number): Reason {
  const sentence = `${BREAKER.rollBacks} roll-backs within ${BREAKER.withinCycles} cycles: the base values are served for ${memory.breakerUntil - cycle} more cycles.`;
  return { code: "BREAKER_OPEN", sentence };
}

function withBars(bars: ContextMemory["bars"], taken: ReadonlySet<VariantId>, cycle: number): ContextMemory["bars"] {
  const next: Record<VariantId, Bar> = {};
  for (const [variant, bar] of Object.entries(bars)) {
    if (cycle < bar.until + LONGEST_BAR_CYCLES) next[variant] = bar; // long over: forgiven
  }
  for (const variant of taken) {
    const cycles = Math.min(LONGEST_BAR_CYCLES, 2 * (next[variant]?.cycles ?? BAR_CYCLES / 2));
    next[variant] = { until: cycle + cycles, cycles };
  }
  return next;
}
