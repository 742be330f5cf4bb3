/** How an operation stands, in a few numbers: what a person who looks over many operations has to see first. */
import type { Context } from "@trimtab/conventions";
import type { ContextDecision, Decision } from "@trimtab/learning";
import { z } from "zod";
import { contextSchema, type WireInterval, wireInterval } from "./learning-wire.ts";

/** What people have set, what waits for them, and what learning is worth. */
export interface WireStanding {
  readonly frozen: boolean;
  /** Overrides that stand. */
  readonly overrides: number;
  /** Changes that wait for a person; a hundred stands for a hundred or more. */
  readonly awaiting: number;
  /** Contexts in which learning did harm and rests. */
  readonly breakersOpen: number;
  /** Contexts with a lift: proven better than the holdout (the interval is above 0), proven worse, and neither. */
  readonly lift: { readonly better: number; readonly worse: number; readonly undecided: number };
  /** The lifts of the contexts with the most calls, those first. */
  readonly lifts: readonly (WireInterval & { readonly context: Context })[];
}

/** The most contexts whose lift is listed. */
const MOST_LIFTS = 12;

/** How an operation stands. */
export const standingSchema: z.ZodType<WireStanding> = z.strictObject({
  frozen: z.boolean(),
  overrides: z.int(),
  awaiting: z.int(),
  breakersOpen: z.int(),
  lift: z.strictObject({ better: z.int(), worse: z.int(), undecided: z.int() }),
  lifts: z.array(
    z.strictObject({
      context: contextSchema,
      estimate: z.number(),
      lower: z.number(),
      upper: z.number(),
      level: z.number(),
    }),
  ),
});

/** How an operation stands after a decision; before the first one nothing is set and nothing measured. */
export function wireStanding(decision: Decision | undefined, awaiting: number): WireStanding {
  // Under an experiment the lift is the control's: what the operation's own strategy is worth.
  const contexts = decision?.contexts.filter(({ arm }) => arm !== "treatment") ?? [];
  const measured = contexts.filter(hasLift);
  return {
    frozen: decision?.people?.frozen !== undefined,
    overrides: decision?.people?.overrides.length ?? 0,
    awaiting,
    breakersOpen: contexts.filter(({ reason }) => reason.code === "BREAKER_OPEN").length,
    lift: {
      better: measured.filter(({ lift }) => lift.lower > 0).length,
      worse: measured.filter(({ lift }) => lift.upper < 0).length,
      undecided: measured.filter(({ lift }) => lift.lower <= 0 && lift.upper >= 0).length,
    },
    lifts: measured
      .toSorted((one, other) => other.lift.served.calls - one.lift.served.calls)
      .slice(0, MOST_LIFTS)
      .map(({ context, lift }) => ({ context, ...wireInterval(lift) })),
  };
}

function hasLift(decision: ContextDecision): decision is ContextDecision & Required<Pick<ContextDecision, "lift">> {
  return decision.lift !== undefined;
}
