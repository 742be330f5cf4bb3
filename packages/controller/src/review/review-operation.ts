/**
 * What learning did to one operation in a period, and what of it nobody asked for. Pure: it adds up what was recorded.
 *
 * Impact is the lift: utility of what is served against the holdout in the same windows, never before against after. Side effects are
 * the same comparison of what the objective leaves out.
 */
import { type Context, contextId, isContextSubset, type ParameterValue } from "@trimtab/conventions";
import type { StoredAdaptation } from "@trimtab/engine";
import type { AdaptationStatus, Decision, Lift, OperationPolicy, ReasonCode, VariantSummary } from "@trimtab/learning";

/** What was recorded. */
export interface ReviewInput {
  readonly policy: OperationPolicy;
  /** Those that were decided in the period, newest first. */
  readonly adaptations: readonly StoredAdaptation[];
  /** Those that wait for a person, whenever they were decided. */
  readonly awaiting: readonly StoredAdaptation[];
  /** The last decision; undefined before the first. */
  readonly last: Decision | undefined;
}

/** What became of the changes of one parameter in the period. */
export interface ParameterReview {
  readonly parameter: string;
  /** How many adaptations were decided, by the status that they have now. */
  readonly statuses: Readonly<Partial<Record<AdaptationStatus, number>>>;
  /** How many of them were ever in force. */
  readonly applied: number;
}

/** Changes, each of one or more parameters, that people decided in the period or that had to be taken back without them. */
export interface VerdictCounts {
  readonly approved: number;
  readonly rejected: number;
  /** By people. */
  readonly rolledBack: number;
  /** By a limit, the holdout, a service or an alert. */
  readonly takenBack: number;
}

/** A value that was left and came back. */
export interface Oscillation {
  readonly context: string;
  readonly parameter: string;
  /** In the order in which they came into force. */
  readonly values: readonly ParameterValue[];
  /** How often a value came back that had been left within the period. */
  readonly returns: number;
}

/** A measure that no part of the objective is about. */
export interface SideEffect {
  readonly measure: "success rate" | "quality" | "mean duration" | "cost";
  readonly unit: string;
  /** Means over contexts, each with the weight of its calls. */
  readonly holdout: number;
  readonly served: number;
  /** (served - holdout) / holdout; absent where the holdout's is 0. */
  readonly relative?: number | undefined;
  /** Did it move the wrong way by more than 5 %? */
  readonly isWorse: boolean;
}

/** The lift of one context. */
interface ContextImpact {
  readonly context: string;
  readonly lift: Lift;
  readonly verdict: "helps" | "harms" | "not told apart";
  /** What is served there is a person's, so the lift is about that, and not about what was learnt. */
  readonly isOverridden: boolean;
}

/** The review of one operation. */
export interface OperationReview {
  readonly parameters: readonly ParameterReview[];
  readonly verdicts: VerdictCounts;
  readonly impact: readonly ContextImpact[];
  /** Contexts whose lift cannot be told: no calls on one of the sides. */
  readonly contextsWithoutData: number;
  readonly sideEffects: readonly SideEffect[];
  readonly oscillations: readonly Oscillation[];
  readonly breakers: readonly { readonly context: string; readonly state: "open" | "half-open" }[];
  readonly awaiting: readonly StoredAdaptation[];
  /** Milliseconds since 1970. */
  readonly resetDueAt?: number | undefined;
}

/** How much of the wrong way is told as worse: less is noise of a sum without an interval. */
const WORSE_BEYOND = 0.05;

/** Reviews an operation. */
export function reviewOperation({ policy, adaptations, awaiting, last }: ReviewInput): OperationReview {
  const contexts = (last?.contexts ?? []).filter(({ arm }) => arm !== "treatment");
  const overrides = last?.people?.overrides ?? [];
  const isOverridden = (context: Context): boolean => overrides.some((each) => isContextSubset(each.context, context));
  const lifts = contexts.flatMap(({ context, lift }) => (lift === undefined ? [] : [{ context, lift }]));
  return {
    parameters: parametersOf(policy, adaptations),
    verdicts: verdictsOn(adaptations),
    impact: lifts
      .map(({ context, lift }) => ({
        context: contextId(context),
        lift,
        verdict: verdictOf(lift),
        isOverridden: isOverridden(context),
      }))
      .sort((left, right) => right.lift.served.calls - left.lift.served.calls),
    contextsWithoutData: contexts.length - lifts.length,
    sideEffects: sideEffectsOf(policy, lifts),
    oscillations: oscillationsOf(adaptations),
    breakers: (last?.contexts ?? []).flatMap(({ context, breaker }) =>
      breaker === undefined ? [] : [{ context: contextId(context), state: breaker }],
    ),
    awaiting,
    resetDueAt: last?.people?.resetDueAt,
  };
}

function verdictOf({ lower, upper }: Lift): ContextImpact["verdict"] {
  if (lower > 0) return "helps";
  return upper < 0 ? "harms" : "not told apart";
}

/** Reasons of a change that was taken back because of what it did; others, such as the end of an experiment, say nothing about it. */
const HARM: ReadonlySet<string> = new Set<ReasonCode>([
  "LIMIT_SUCCESS_RATE",
  "LIMIT_LATENCY",
  "HOLDOUT_IS_BETTER",
  "STOPPED_BY_SERVICE",
  "ALERT_ROLLED_BACK",
]);

function verdictsOn(adaptations: readonly StoredAdaptation[]): VerdictCounts {
  const changesWith = (isMeant: (step: StoredAdaptation["history"][number]) => boolean): number =>
    new Set(adaptations.filter(({ history }) => history.some(isMeant)).map(({ changeId }) => changeId)).size;
  const isPersons = ({ reason }: StoredAdaptation["history"][number]): boolean => reason.code === "PERSON_ROLLED_BACK";
  return {
    approved: changesWith(({ status }) => status === "approved"),
    rejected: changesWith(({ status }) => status === "rejected"),
    rolledBack: changesWith((step) => step.status === "rolled-back" && isPersons(step)),
    takenBack: changesWith(({ status, reason }) => status === "rolled-back" && HARM.has(reason.code)),
  };
}

function parametersOf(policy: OperationPolicy, adaptations: readonly StoredAdaptation[]): ParameterReview[] {
  const names = new Set([...Object.keys(policy.parameters), ...adaptations.map(({ parameter }) => parameter)]);
  return [...names].map((parameter) => {
    const own = adaptations.filter((adaptation) => adaptation.parameter === parameter);
    const statuses: Partial<Record<AdaptationStatus, number>> = {};
    for (const { status } of own) statuses[status] = (statuses[status] ?? 0) + 1;
    return { parameter, statuses, applied: own.filter((each) => appliedAt(each) !== undefined).length };
  });
}

function appliedAt({ history }: StoredAdaptation): number | undefined {
  return history.find(({ status }) => status === "applied")?.at;
}

function oscillationsOf(adaptations: readonly StoredAdaptation[]): Oscillation[] {
  const places = new Map<string, { context: Context; parameter: string; changes: StoredAdaptation[] }>();
  for (const adaptation of adaptations) {
    if (appliedAt(adaptation) === undefined) continue;
    const { context, parameter, experiment } = adaptation;
    const id = JSON.stringify([contextId(context), parameter, experiment?.arm]);
    const place = places.get(id) ?? { context, parameter, changes: [] };
    place.changes.push(adaptation);
    places.set(id, place);
  }
  return [...places.values()].flatMap(({ context, parameter, changes }) => {
    const inOrder = changes.sort((left, right) => (appliedAt(left) ?? 0) - (appliedAt(right) ?? 0));
    const left = new Set<ParameterValue>();
    let returns = 0;
    for (const { oldValue, newValue, history } of inOrder) {
      if (left.has(newValue)) returns++;
      left.add(oldValue);
      // what was taken back brought the old value back, too
      if (history.some(({ status }) => status === "rolled-back")) {
        returns++;
        left.add(newValue);
      }
    }
    const [first] = inOrder;
    if (returns === 0 || first === undefined) return [];
    const values = [first.oldValue, ...inOrder.map(({ newValue }) => newValue)];
    return [{ context: contextId(context), parameter, values, returns }];
  });
}

interface Measure {
  readonly measure: SideEffect["measure"];
  readonly unit: string;
  readonly isHigherBetter: boolean;
  readonly valueOf: (side: VariantSummary) => number | undefined;
}

function measuresOutside({ objective }: OperationPolicy, lifts: readonly { readonly lift: Lift }[]): Measure[] {
  const units = new Set(lifts.flatMap(({ lift }) => Object.keys(lift.served.meanCost ?? {})));
  const measures: (Measure | undefined)[] = [
    objective.success === undefined
      ? { measure: "success rate", unit: "", isHigherBetter: true, valueOf: (side) => side.successRate }
      : undefined,
    objective.quality === undefined
      ? { measure: "quality", unit: "", isHigherBetter: true, valueOf: (side) => side.meanQuality }
      : undefined,
    objective.latency === undefined
      ? { measure: "mean duration", unit: "s", isHigherBetter: false, valueOf: (side) => side.meanDurationSeconds }
      : undefined,
    ...[...units]
      .filter((unit) => objective.cost?.unit !== unit)
      .map(
        (unit): Measure => ({
          measure: "cost",
          unit,
          isHigherBetter: false,
          valueOf: (side) => side.meanCost?.[unit],
        }),
      ),
  ];
  return measures.filter((each) => each !== undefined);
}

/** Both sides have the weights of what is served, so that only what they do differs, and not where their calls are. */
function sideEffectsOf(policy: OperationPolicy, lifts: readonly { readonly lift: Lift }[]): SideEffect[] {
  return measuresOutside(policy, lifts).flatMap(({ measure, unit, isHigherBetter, valueOf }): SideEffect[] => {
    let [weight, holdout, served] = [0, 0, 0];
    for (const { lift } of lifts) {
      const [before, after] = [valueOf(lift.holdout), valueOf(lift.served)];
      if (before === undefined || after === undefined) continue;
      weight += lift.served.calls;
      holdout += before * lift.served.calls;
      served += after * lift.served.calls;
    }
    if (weight === 0) return [];
    const sides = { holdout: holdout / weight, served: served / weight };
    const relative = sides.holdout === 0 ? undefined : sides.served / sides.holdout - 1;
    const moved = relative ?? Math.sign(sides.served);
    const isWorse = (isHigherBetter ? -moved : moved) > WORSE_BEYOND;
    return [{ measure, unit, ...sides, relative, isWorse }];
  });
}
