/**
 * What was decided in a cycle, why, and what it changes.
 *
 * The states of an adaptation, and what makes each change:
 *
 *   (new)      -> applied       decide            mode auto, and confidence reached the threshold
 *   (new)      -> suggested     decide            mode suggest, or confidence did not
 *   suggested  -> superseded    decide            the strategy moved on before a person decided
 *   applied    -> superseded    decide            a newer one of the same parameter and context took its place
 *   applied    -> rolled-back   decide            a guardrail was violated, or the holdout is better
 *   suggested  -> approved      a person          becomes applied in the same decision
 *   suggested  -> rejected      a person
 *   applied    -> rolled-back   a person
 *   approved   -> failed        decide            it could no longer be applied
 *
 *   applied    -> rolled-back   decide            the experiment ended, and its arm is not served any more
 *   suggested  -> superseded    decide            the same
 *
 * At most one adaptation per operation, context and parameter is applied, in each arm of an experiment. Nothing leaves the last four
 * states.
 */
import type { Allocation, Context, ParameterValue, ParameterValues, VariantId } from "@trimtab/conventions";
import type { PeopleView } from "../acts/people-view.ts";
import type { EvidenceWindow } from "../evidence/evidence.ts";
import type { ReasonCode } from "./reasons.ts";

/** Why something was decided: a code from the closed list and a sentence with the numbers in it. */
export interface Reason {
  readonly code: ReasonCode;
  readonly sentence: string;
}

/** The status of an adaptation. */
export type AdaptationStatus =
  | "suggested"
  | "approved"
  | "applied"
  | "superseded"
  | "rejected"
  | "rolled-back"
  | "failed";

/** What one side of a comparison measured. */
export interface VariantSummary {
  readonly variant: VariantId;
  readonly parameters: ParameterValues;
  readonly calls: number;
  /** 0 to 1, a partial counting one half; absent without calls. */
  readonly successRate?: number;
  /** 0 to 1; absent where nothing was scored. */
  readonly meanQuality?: number;
  readonly meanDurationSeconds?: number;
  readonly p95DurationSeconds?: number;
  /** Mean cost per call, by unit. */
  readonly meanCost?: Readonly<Record<string, number>>;
  /** 0 to 1. */
  readonly utility?: number;
}

/** The comparison that an adaptation rests on. */
export interface AdaptationBasis {
  /** The windows together: from the first that the test used to the last. */
  readonly window: EvidenceWindow;
  /** How many windows had both sides in them. */
  readonly windows: number;
  /** The side that was left. */
  readonly from: VariantSummary;
  /** The side that was taken; absent where a rule looked at one side only. */
  readonly to?: VariantSummary;
  /** The difference in utility, with an interval that holds however often it is looked at. */
  readonly difference?: Interval;
  /** Name and statistic of the test, e.g. `{ name: "e-value", value: 41.2, threshold: 20 }`. */
  readonly test?: { readonly name: string; readonly value: number; readonly threshold: number };
  /** What else was looked at in this decision and not taken, and why; absent where nothing was. */
  readonly refused?: readonly RefusedAlternative[];
  /** Ids of the feedback that it rests on; absent where it rests on metrics. */
  readonly feedback?: readonly string[];
}

/** A setting that a decision did not take. */
interface RefusedAlternative {
  readonly variant: VariantId;
  /** Absent where the variant is not known any more. */
  readonly parameters?: ParameterValues;
  readonly reason: Reason;
}

/** An estimate with an interval. */
export interface Interval {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
  /** The share of such intervals that hold the truth, for all times of looking together. */
  readonly level: number;
}

/** The arms of an experiment: the control has the operation's own strategy, the treatment the one that is tested against it. */
export type Arm = "control" | "treatment";

/** One arm of one experiment. */
export interface ExperimentPlace {
  /** The experiment's name. */
  readonly name: string;
  /** Milliseconds since 1970: when it began. */
  readonly startedAt: number;
  readonly arm: Arm;
}

/** The record of a change of one parameter in one context. */
export interface Adaptation {
  /** Made of what it says, so that the same decision has the same id in a replay. */
  readonly id: string;
  /** Shared by the parameters that change together. */
  readonly changeId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly component: string;
  readonly operation: string;
  readonly context: Context;
  readonly parameter: string;
  readonly oldValue: ParameterValue;
  readonly newValue: ParameterValue;
  /** 0 to 1: the probability that the change is right. */
  readonly confidence: number;
  readonly reason: Reason;
  readonly basis: AdaptationBasis;
  readonly status: AdaptationStatus;
  /** The arm that it is served in; absent where it is served to all calls. */
  readonly experiment?: ExperimentPlace;
}

/** What happened to an earlier adaptation. */
export interface AdaptationTransition {
  readonly id: string;
  readonly status: AdaptationStatus;
  readonly reason: Reason;
}

/** Utility of what is served against the holdout. */
export interface Lift extends Interval {
  /** Windows in which both the holdout and something else had calls. */
  readonly windows: number;
  /** Milliseconds since 1970: the comparison restarts when the base values change. */
  readonly since: number;
  readonly holdout: VariantSummary;
  readonly served: VariantSummary;
}

/** What was decided for one context. */
export interface ContextDecision {
  readonly context: Context;
  /** Whose decision it is while an experiment runs: then each context has one of either arm, the control's first. */
  readonly arm?: Arm;
  /**
   * hold: nothing changes. shift: shares or challengers change. adapt: the incumbent changes. suggest: it would.
   * roll-back: the incumbent or a challenger was taken back.
   */
  readonly kind: "hold" | "shift" | "adapt" | "suggest" | "roll-back";
  readonly reason: Reason;
  /** Other things that were considered, and why not. */
  readonly refused: readonly { readonly variant: VariantId; readonly reason: Reason }[];
  readonly lift?: Lift;
  /** Learning did harm here: it rests (open), or one challenger tries again (half-open). Absent while the breaker is closed. */
  readonly breaker?: "open" | "half-open";
  /** The variants do not get the calls that their shares promise; absent where they do, or where it cannot be told yet. */
  readonly isSampleMismatched?: true;
}

/** How an experiment stands. */
export interface ExperimentReport {
  readonly name: string;
  /** Milliseconds since 1970: when the experiment began. */
  readonly startedAt: number;
  /** The control first, then the treatment. */
  readonly arms: readonly {
    readonly arm: Arm;
    /** The strategy's id. */
    readonly strategy: string;
    /** Its share of the calls outside of the holdout, 0 to 1. */
    readonly share: number;
  }[];
  /** Mean utility of a call under the treatment less that under the control; absent before the first window. */
  readonly difference?: Interval;
  /** Windows that the comparison rests on, of all contexts together. */
  readonly windows: number;
  /** Milliseconds since 1970: the comparison restarts when the objective, a limit, the space or a strategy changes. */
  readonly since: number;
  readonly verdict: Reason;
}

/** The end of an experiment, in the cycle that ended it. */
export interface ExperimentEnd {
  readonly name: string;
  readonly startedAt: number;
  /** The arm that serves all calls from now on, with all that it has learnt. */
  readonly kept: Arm;
  /** The last word on the difference, as in `ExperimentReport`. */
  readonly difference?: Interval;
  readonly windows: number;
  readonly reason: Reason;
}

/** What became of an act, or of what one had set. */
export interface ActOutcome {
  /** The act's id; `schedule` where the policy's own reset was due. */
  readonly act: string;
  /** done, refused (and nothing changed), or ended: what an earlier act had set came to the end that the person gave it. */
  readonly result: "done" | "refused" | "ended";
  readonly reason: Reason;
}

/** The outcome of one cycle for one operation. */
export interface Decision {
  readonly component: string;
  readonly operation: string;
  /** Names this decision; `Allocation.decision` refers to it. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly window: EvidenceWindow;
  readonly contexts: readonly ContextDecision[];
  /** New adaptations. */
  readonly adaptations: readonly Adaptation[];
  readonly transitions: readonly AdaptationTransition[];
  /** What is to be served from now on; unchanged allocations are the same as before, decision and salt included. */
  readonly allocations: readonly Allocation[];
  /** Did the evidence allow exploring to go on? False holds the document's `exploreUntil`. */
  readonly mayExplore: boolean;
  /** Absent where no experiment runs. */
  readonly experiment?: ExperimentReport;
  /** Present in the one cycle in which an experiment ended. */
  readonly experimentEnded?: ExperimentEnd;
  /** What became of people's acts, in the order of doing, and of what they had set; absent where there is nothing to tell. */
  readonly acts?: readonly ActOutcome[];
  /** What people have set and which reset is due; absent where there is nothing. */
  readonly people?: PeopleView;
}
