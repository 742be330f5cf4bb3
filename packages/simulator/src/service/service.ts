/** A simulated service from a few facts: how each setting behaves, who calls, and what goes wrong with the measuring. */

import type { OutsideSetting, OutsideValue } from "@trimtab/learning";
import type { EnvironmentEvent } from "../environment.ts";

/** What is true of one setting in one context in one cycle. */
export interface ServiceBehaviour {
  /** Share of the calls, 0 to 1, that succeed. */
  readonly success: number;
  /** Share of the calls, 0 to 1, that succeed in part. Default 0. */
  readonly partial?: number;
  /** Mean quality of a scored call, 0 to 1. */
  readonly quality: number;
  readonly medianSeconds: number;
  /** Standard deviation of the logarithm of the duration. Default 0.4. */
  readonly durationSpread?: number;
  /** Mean cost of a call in the unit of the objective. Default 0. */
  readonly cost?: number;
  /** Mean rating of a call, 0 to 1. Default: the quality. */
  readonly rating?: number;
}

/** What hits all settings of a context alike in one cycle. */
export interface Weather {
  /** Added to quality, and to the success rate by half. Default 0. */
  readonly quality?: number;
  /** Factor on every duration. Default 1. */
  readonly duration?: number;
}

/** Weights and scales of the utility; the weights sum to 1. */
export interface ServiceObjective {
  readonly quality?: number;
  readonly success?: number;
  readonly latency?: { readonly weight: number; readonly good: number; readonly bad: number };
  readonly cost?: { readonly weight: number; readonly reference: number };
  readonly feedback?: number;
}

/** The limits of a service. */
export interface ServiceLimits {
  readonly successRate?: number;
  /** Smallest success rate as a share of the baseline's. */
  readonly successRatio?: number;
  /** Largest p95 in seconds. */
  readonly p95Seconds?: number;
  /** Largest p95 as a multiple of the baseline's. */
  readonly p95Ratio?: number;
}

/** One numeric or choice parameter, as in a specification. */
export type ServiceParameters = Readonly<
  Record<
    string,
    | {
        readonly base: number;
        readonly min: number;
        readonly max: number;
        readonly step: number;
        readonly scale?: "log";
      }
    | { readonly base: OutsideValue; readonly choices: readonly string[] }
  >
>;

/** The facts of a service. */
export interface Service {
  readonly name: string;
  /** What it asks of a learner. */
  readonly summary: string;
  readonly contextKeys: readonly string[];
  /** Calls per cycle by context, at usual load. */
  readonly traffic: Readonly<Record<string, number>>;
  readonly parameters: ServiceParameters;
  readonly objective: ServiceObjective;
  readonly limits?: ServiceLimits;
  readonly behaviour: (setting: OutsideSetting, context: string, cycle: number) => ServiceBehaviour;
  /** Cycles with the same value have the same behaviour. Default: all. */
  readonly epoch?: (cycle: number) => number;
  /** What happens when, for plots. */
  readonly events?: readonly EnvironmentEvent[];
  /** Is the setting down? */
  readonly isBroken?: (setting: OutsideSetting, cycle: number) => boolean;
  /** Factor on the traffic. Default 1. */
  readonly load?: (cycle: number) => number;
  /** Known waves and waves of chance; `gaussian` is drawn once per context and cycle. */
  readonly weather?: (cycle: number, gaussian: number) => Weather;
  /** Mean calls of one user in a row, who all have the same variant and a taste in common. Default 1. */
  readonly callsPerUser?: number;
  /** Standard deviation of the quality that one variant happens to have in one cycle of one context. Default 0.01. */
  readonly dispersion?: number;
  /** Share of the calls that are scored for quality. Default 1. */
  readonly scored?: number;
  /** Ratings: which share of the calls has one, and after how many cycles in the mean. */
  readonly ratings?: { readonly share: number; readonly delayCycles: number };
  /** Upper bounds of the duration buckets in seconds, ascending. Default: `DURATION_BOUNDS`. */
  readonly durationBounds?: readonly number[];
  /** Is the whole cycle lost? */
  readonly isLost?: (cycle: number, uniform: number) => boolean;
  /** Share of the calls of a cycle that the counters still show; a restart loses the rest. Default 1. */
  readonly kept?: (cycle: number, uniform: number) => number;
}

/** Bounds of the duration buckets where a service has none of its own, in seconds: neighbours lie a factor of 1.2 apart. */
export const DURATION_BOUNDS: readonly number[] = Array.from({ length: 40 }, (_, index) =>
  Number((0.02 * 1.2 ** index).toPrecision(3)),
);

/** Quality and ratings in steps of 0.05. */
export const SCORE_BOUNDS: readonly number[] = Array.from({ length: 20 }, (_, index) => (index + 1) / 20);
