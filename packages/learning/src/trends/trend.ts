/**
 * What a cycle's evidence adds to the long memory of an operation: sums for the whole of it and for each context, which can be added
 * up to hours, days and months without loss.
 *
 * A window that could not be read adds nothing: the time stays unmeasured, and is no zero.
 */
import {
  type Allocation,
  type Context,
  ContextIndex,
  canonicalContext,
  contextId,
  type ParameterValues,
  variantInForce,
} from "@trimtab/conventions";
import type { Decision } from "../decision/decision.ts";
import { callsOf, type Evidence, type FeedbackEntry, type Measurements } from "../evidence/evidence.ts";
import { addMeasurements } from "../evidence/measurements.ts";

/** Sums over a span of time. */
export interface TrendSums {
  /** How long the windows were that were read, in milliseconds. */
  readonly measuredMilliseconds: number;
  /** All variants together; feedback is what was learnt from in that time, whenever it was given. */
  readonly measurements: Measurements;
  /** The lift as it was told last; of the whole, the mean over the contexts by their calls, with the means of their bounds. */
  readonly lift?: TrendLift;
  /** What most calls were given last: the incumbent's values, before there is one the baseline's. */
  readonly parameters?: ParameterValues;
}

/** A lift with its bounds. */
export interface TrendLift {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

/** What one cycle adds. */
export interface CycleTrend {
  /** Undefined where the window could not be read whole. */
  readonly whole: TrendSums | undefined;
  /** Of each context that could be read and had calls or feedback, those with most calls first. */
  readonly contexts: readonly { readonly context: Context; readonly sums: TrendSums }[];
}

interface ContextSum {
  readonly id: string;
  readonly context: Context;
  /** Undefined where a part of it could not be read. */
  sum: Measurements | undefined;
}

const NOTHING: Measurements = { success: 0, failure: 0, partial: 0 };

/** What a cycle adds; nothing where it read no window. */
export function trendOf(
  evidence: Evidence,
  decision: Pick<Decision, "contexts" | "allocations">,
  contextKeys: readonly string[],
): CycleTrend {
  const { window, cells } = evidence;
  const measuredMilliseconds = window.to - window.from;
  if (measuredMilliseconds <= 0 || cells.kind !== "value") return { whole: undefined, contexts: [] };
  const entries = evidence.feedback?.kind === "value" ? evidence.feedback.value : [];
  const byContext = new Map<string, ContextSum>();
  const at = (given: Context): ContextSum => {
    const context = canonicalContext(given, contextKeys);
    const id = contextId(context);
    const known = byContext.get(id);
    if (known !== undefined) return known;
    const added = { id, context, sum: NOTHING };
    byContext.set(id, added);
    return added;
  };
  let isWhole = true;
  for (const { context, reading } of cells.value) {
    if (reading.kind === "no-data") continue;
    const place = at(context);
    if (reading.kind !== "value") {
      place.sum = undefined; // a part of it is unknown, so the sum is
      isWhole = false;
    } else if (place.sum !== undefined) place.sum = addMeasurements(place.sum, withoutFeedback(reading.value));
  }
  for (const entry of entries) {
    const place = at(entry.context);
    if (place.sum !== undefined) place.sum = withEntry(place.sum, entry);
  }
  const lifts = liftsByContext(decision, contextKeys);
  const served = ContextIndex.of(decision.allocations, contextKeys, (allocation) => allocation);
  const contexts = [...byContext.values()]
    .flatMap(({ id, context, sum }) => (sum === undefined ? [] : [{ id, context, sum }]))
    .sort((left, right) => callsOf(right.sum) - callsOf(left.sum));
  const partOf = (context: Context, sum: Measurements, lift: TrendLift | undefined): TrendSums => {
    const parameters = inForce(served.find(context));
    return {
      measuredMilliseconds,
      measurements: sum,
      ...(lift === undefined ? {} : { lift }),
      ...(parameters === undefined ? {} : { parameters }),
    };
  };
  const total = contexts.reduce((sum, each) => addMeasurements(sum, each.sum), NOTHING);
  return {
    whole: isWhole ? partOf({}, total, meanLift(contexts, lifts)) : undefined,
    contexts: contexts.map(({ id, context, sum }) => ({ context, sums: partOf(context, sum, lifts.get(id)) })),
  };
}

/** Both spans together; of lift and parameters what the newer says. */
export function addTrendSums(older: TrendSums, newer: TrendSums): TrendSums {
  const lift = newer.lift ?? older.lift;
  const parameters = newer.parameters ?? older.parameters;
  return {
    measuredMilliseconds: older.measuredMilliseconds + newer.measuredMilliseconds,
    measurements: addMeasurements(older.measurements, newer.measurements),
    ...(lift === undefined ? {} : { lift }),
    ...(parameters === undefined ? {} : { parameters }),
  };
}

/** The feedback of a cycle is counted by its entries: a cell has it only where the objective asks for it. */
function withoutFeedback({ feedback: _feedback, ...calls }: Measurements): Measurements {
  return calls;
}

function withEntry(sum: Measurements, { score }: FeedbackEntry): Measurements {
  const one = { bounds: [], counts: [], sum: score, count: 1, squares: score * score };
  return addMeasurements(sum, { ...NOTHING, feedback: one });
}

function liftsByContext(
  { contexts }: Pick<Decision, "contexts">,
  contextKeys: readonly string[],
): ReadonlyMap<string, TrendLift> {
  return new Map(
    contexts.flatMap(({ context, arm, lift }) =>
      lift === undefined || arm === "treatment"
        ? []
        : [
            [
              contextId(canonicalContext(context, contextKeys)),
              { estimate: lift.estimate, lower: lift.lower, upper: lift.upper },
            ] as const,
          ],
    ),
  );
}

function meanLift(
  contexts: readonly { readonly id: string; readonly sum: Measurements }[],
  lifts: ReadonlyMap<string, TrendLift>,
): TrendLift | undefined {
  let calls = 0;
  const sum = { estimate: 0, lower: 0, upper: 0 };
  for (const each of contexts) {
    const lift = lifts.get(each.id);
    const weight = callsOf(each.sum);
    if (lift === undefined || weight === 0) continue;
    calls += weight;
    sum.estimate += lift.estimate * weight;
    sum.lower += lift.lower * weight;
    sum.upper += lift.upper * weight;
  }
  if (calls === 0) return undefined;
  return { estimate: sum.estimate / calls, lower: sum.lower / calls, upper: sum.upper / calls };
}

function inForce(allocation: Allocation | undefined): ParameterValues | undefined {
  const chosen = variantInForce(allocation?.variants ?? []);
  return chosen === undefined || Object.keys(chosen.parameters).length === 0 ? undefined : chosen.parameters;
}
