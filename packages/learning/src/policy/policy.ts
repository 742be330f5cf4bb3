/** What a person configures for one operation: what may change, what "better" means, what must never happen. */
import type { ParameterSpace } from "@trimtab/conventions";

/**
 * How far the controller may go by itself.
 *
 *   observe   nothing is tried and nothing changes: every call has the base values, and what is measured is shown
 *   suggest   challengers run within their share, because without calls there is no evidence; a person takes each change
 *   auto      a change that is confident enough is applied
 */
export type Mode = "observe" | "suggest" | "auto";

/** One part of the objective that is a ratio already. */
export interface RatioTerm {
  /** The part's share of the utility; the weights of all parts sum to 1. */
  readonly weight: number;
}

/** Latency as a utility: 1 at `goodSeconds` or less, 0 at `badSeconds` or more, linear in the logarithm between. */
export interface LatencyTerm extends RatioTerm {
  readonly goodSeconds: number;
  readonly badSeconds: number;
}

/** Cost as a utility: 1 when free, 0 at `reference` per call or more, linear between. */
export interface CostTerm extends RatioTerm {
  /** The unit of the cost counter, e.g. `usd`. */
  readonly unit: string;
  readonly reference: number;
}

/** Ratings as a utility: the score itself. */
export interface FeedbackTerm extends RatioTerm {
  /** A rating that is given later than this after its call, in milliseconds, moves no comparison. Default: however late. */
  readonly attributionMilliseconds?: number;
}

/** What "better" means: a weighted mean of parts that each lie between 0 and 1. */
export interface Objective {
  readonly quality?: RatioTerm;
  readonly success?: RatioTerm;
  readonly latency?: LatencyTerm;
  readonly cost?: CostTerm;
  /** Ratings from 0 to 1. They arrive later than the calls, so they are compared apart and added. */
  readonly feedback?: FeedbackTerm;
}

/** A limit on outcomes. A variant that breaks one is taken back, whatever its utility. */
export type Constraint =
  | { readonly kind: "success-rate"; readonly minimum: number }
  /** The limit is this share, 0 to 1, of the baseline's success rate in the same context. */
  | { readonly kind: "success-rate-ratio"; readonly minimumRatio: number }
  | { readonly kind: "p95-latency"; readonly maximumSeconds: number }
  /** The limit is this many times the baseline's p95, measured in the same windows. */
  | { readonly kind: "p95-latency-ratio"; readonly maximumRatio: number };

/** Which strategy decides, and its options as the strategy documents them. */
export interface StrategyChoice {
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Where a strategy of one's own comes from; absent for the strategies that are built in. */
  readonly module?: {
    /** As it stands in the configuration. */
    readonly path: string;
    /** Names the content of the file: another content is another strategy, and learns anew. */
    readonly digest: string;
  };
}

/** An A/B test of two strategies: each has a share of the operation's calls to itself, and the difference is measured. */
export interface ExperimentPolicy {
  /** Names the experiment: under another name everything that it compared starts anew. */
  readonly name: string;
  /** The strategy of the second arm. The first arm, the control, has the operation's own strategy. */
  readonly treatment: StrategyChoice;
  /** The treatment's share of the calls outside of the holdout, between 0 and 1. */
  readonly share: number;
}

/** The periodic reset: what was learnt counts less, so that an old world does not rule for ever. */
export interface ResetPolicy {
  /** How long a period is, in milliseconds: an hour at least. */
  readonly everyMilliseconds: number;
  /** The part of the evidence that goes on counting, 0 to less than 1. Usual: 0.3. */
  readonly keep: number;
}

/** Everything that governs one operation. */
export interface OperationPolicy {
  readonly component: string;
  readonly operation: string;
  /** Declared context keys, in the order that breaks ties. */
  readonly context: readonly string[];
  readonly parameters: ParameterSpace;
  readonly objective: Objective;
  readonly constraints: readonly Constraint[];
  readonly mode: Mode;
  /** A change with less confidence than this, 0 to 1, is only suggested. */
  readonly confidence: number;
  /** The share of the calls, 0 to 1, that keeps the base values for ever. */
  readonly holdout: number;
  readonly strategy: StrategyChoice;
  /** So many contexts are remembered, 1 to 50,000. Default 10,000. */
  readonly maximumContexts?: number;
  /** Absent where the operation's strategy has all calls. */
  readonly experiment?: ExperimentPolicy;
  /** Absent where nothing is reset on a schedule. */
  readonly reset?: ResetPolicy;
}
