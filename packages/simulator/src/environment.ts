/**
 * The shape of a simulated service. Anybody's joins with a few lines: a specification as a learner is told it, a step that serves
 * one cycle, and the truth that no learner sees.
 */
import type { CycleStatistics, LearnerAllocations, LearnerSpecification, OutsideSetting } from "@trimtab/learning";

/** A simulated service. Virtual: a cycle takes no time, and the same seed gives the same run. */
export interface Environment {
  /** Lower-case words with dashes. */
  readonly name: string;
  /** What it asks of a learner, in a sentence. */
  readonly summary?: string;
  /** What a learner is told. */
  readonly specification: LearnerSpecification;
  /** How long a run is. Default 300. */
  readonly cycles?: number;
  /** What happens when, for plots. */
  readonly events?: readonly EnvironmentEvent[];
  /** Starts a run. */
  readonly create: (seed: number) => EnvironmentRun;
}

/** Something that happens in every run. */
export interface EnvironmentEvent {
  /** In a few words. */
  readonly name: string;
  readonly from: number;
  /** The first cycle after it; absent where it lasts. */
  readonly to?: number;
}

/** A run of a simulated service. */
export interface EnvironmentRun {
  /** Every context that may have calls, e.g. `genre=rock`. */
  readonly contexts: readonly string[];
  /**
   * Serves one cycle, numbered from 0, and tells what was measured in it; null where the cycle was lost.
   *
   * @param allocations By context; one that is missing there has the base values, under the id `baseline`.
   */
  readonly step: (allocations: LearnerAllocations, cycle: number) => CycleStatistics | null;
  readonly truth: Truth;
}

/** What is true, to score against. A learner never sees it. */
export interface Truth {
  /** Expected utility of one call, 0 to 1. What hits all settings alike at a time may be left out. */
  readonly utility: (context: string, setting: OutsideSetting, cycle: number) => number;
  /** Does a setting break a limit? The base values never count as a breach, nor anything while they break it themselves. Default: no. */
  readonly breaksLimit?: (context: string, setting: OutsideSetting, cycle: number) => boolean;
  /** Is something of the setting down, so that it should not be served? Default: no. */
  readonly isBroken?: (context: string, setting: OutsideSetting, cycle: number) => boolean;
  /** Expected calls in a cycle, which weigh its utility. Default: the calls that the statistics show. */
  readonly traffic?: (context: string, cycle: number) => number;
  /** Cycles of a context with the same value have the same truth, which saves time. Default: every cycle has its own. */
  readonly epoch?: (context: string, cycle: number) => string | number;
  /** The settings that the oracle and the uniform choice choose from. Default: the whole grid, of at most 20,000 settings. */
  readonly settings?: readonly OutsideSetting[];
}

/** How long a run is where the environment does not say. */
export const DEFAULT_CYCLES = 300;

/** @returns Why a value is no environment, or undefined. */
export function environmentProblem(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return "it is no object";
  const fields = value as Readonly<Record<string, unknown>>;
  if (typeof fields["name"] !== "string" || fields["name"] === "") return "it has no name";
  if (typeof fields["specification"] !== "object" || fields["specification"] === null) return "it has no specification";
  return typeof fields["create"] === "function" ? undefined : "it has no function create(seed)";
}
