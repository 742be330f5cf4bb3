/** What an outside program says about a service: the canonical form, all fields documented. `read-specification.ts` reads more spellings. */

/** A value of a parameter as an outside program writes it: choices may be numbers or booleans as well. */
export type OutsideValue = string | number | boolean;

/** A value for every parameter. */
export type OutsideSetting = Readonly<Record<string, OutsideValue>>;

/** One tunable parameter. */
export interface ParameterDeclaration {
  /** Left out where the parameters are an object by name. */
  readonly name?: string;
  /** `number`, `integer`, `choice` or `boolean`; also `float`, `int`, `categorical`, `enum`, `bool`. Told from the other fields when absent. */
  readonly type?: string;
  readonly base: OutsideValue;
  readonly min?: number;
  readonly max?: number;
  /** Distance of neighbouring values. Default: 1 for an integer, a twentieth of the range for a number. */
  readonly step?: number;
  readonly choices?: readonly OutsideValue[];
  /** `linear` (default) or `log`. */
  readonly scale?: string;
  /** The largest change that one adaptation may make, in the parameter's unit. Default: none. */
  readonly largestStep?: number;
  readonly [field: string]: unknown;
}

/** One limit: on the success rate, or on the p95 of the duration. */
export interface ConstraintDeclaration {
  /** `success-rate`, `success-rate-ratio`, `p95-latency` or `p95-latency-ratio`; any name with success, or with p95, latency or duration in it. */
  readonly kind?: string;
  /** Smallest success rate, 0 to 1. */
  readonly minimum?: number;
  /** Smallest success rate as a share, 0 to 1, of the baseline's. */
  readonly minimumRatio?: number;
  /** Largest p95 in seconds. */
  readonly maximumSeconds?: number;
  /** Largest p95 as a multiple of the baseline's. */
  readonly maximumRatio?: number;
  readonly [field: string]: unknown;
}

/** A part of the objective: its weight alone, or with its scale; scales may also stand apart in `scales`, weights in `weights`. */
export type ObjectiveDeclaration =
  | number
  | {
      readonly weight?: number;
      /** Latency: seconds at which its utility is 1, and 0. */
      readonly good?: number;
      readonly bad?: number;
      /** Cost per call at which its utility is 0. */
      readonly reference?: number;
      readonly [field: string]: unknown;
    };

/** A strategy by its id, with its options. */
export interface StrategyDeclaration {
  readonly kind: string;
  readonly options?: Readonly<Record<string, unknown>>;
}

/** Everything that a learner is told about a service. It never holds the horizon. */
export interface LearnerSpecification {
  readonly name?: string;
  readonly parameters: readonly ParameterDeclaration[] | Readonly<Record<string, ParameterDeclaration>>;
  /** Keys of the contexts, e.g. `["genre"]`; their values are discovered. Default: one context for all calls. */
  readonly contextKeys?: readonly string[];
  /** Weights by part: quality, success, latency, cost, feedback. They sum to 1. */
  readonly objective: Readonly<Record<string, ObjectiveDeclaration>>;
  /** A list, or an object by kind. */
  readonly constraints?:
    | readonly (ConstraintDeclaration | string)[]
    | Readonly<Record<string, number | ConstraintDeclaration>>;
  /** The share, 0 to 0.5, that keeps the base values for ever. Default 0.05. */
  readonly holdout?: number;
  /** Upper bounds of the buckets, ascending; infinity may be left out. */
  readonly bounds?: { readonly [histogram: string]: readonly number[] };
  /**
   * The largest step of every numeric parameter, where it has none of its own: by name in the parameter's unit, or one number, below 1 a share of
   * the range (on the log scale of its logarithm: a factor), from 1 on a count of grid steps.
   */
  readonly largestStep?: number | Readonly<Record<string, number>>;
  /** Changes with less confidence, 0 to 1, are not made. Default 0.7. */
  readonly confidence?: number;
  /** Which strategy decides. Default `response-surface`. */
  readonly strategy?: StrategyDeclaration;
  /** A second strategy beside it on a share of the calls outside of the holdout, 0.01 to 0.99 (default 0.5), and their comparison. */
  readonly experiment?: { readonly name?: string; readonly treatment: StrategyDeclaration; readonly share?: number };
  readonly [field: string]: unknown;
}
