/** Runs a learner in an environment, cycle by cycle, and keeps the books against the truth. */
import type {
  CycleStatistics,
  Learner,
  LearnerAllocation,
  LearnerAllocations,
  LearnerSpecification,
  OutsideSetting,
} from "@trimtab/learning";
import { DEFAULT_CYCLES, type Environment, type EnvironmentRun } from "./environment.ts";
import { checkAllocations } from "./judge/check-allocations.ts";
import { TruthBook } from "./judge/truth-book.ts";

/** Makes a learner; `createLearner` of the learning package is one. */
export type CreateLearner = (specification: LearnerSpecification, seed: number) => Learner;

/** One cycle of a run: sums over the contexts, weighted by their expected calls. */
export interface CycleLedger {
  readonly traffic: number;
  /** Utility of what was served, of the base values, of the oracle, and of a uniform choice. */
  readonly served: number;
  readonly base: number;
  readonly best: number;
  readonly uniform: number;
  /** Largest difference between settings. */
  readonly spread: number;
  /** Expected calls on settings that break a limit. */
  readonly violating: number;
  /** Contexts in which most calls met something broken. */
  readonly brokenMajorities: number;
  /** Changes of the best-known setting to another one than the base values, made after the cycle before. */
  readonly changes: number;
  /** Those of them that were no better, or broke a limit. */
  readonly falseChanges: number;
  /** Returns to the base values from a setting that was better and kept the limits. */
  readonly needlessReturns: number;
  readonly smallestBaselineShare: number;
}

/** A change that a learner was this confident of. */
export interface JudgedChange {
  /** 0 to 1. */
  readonly confidence: number;
  /** Was it truly better, within the limits? */
  readonly isRight: boolean;
}

/** A finished run. Plain data. */
export interface EnvironmentTrace {
  readonly environment: string;
  readonly seed: number;
  readonly contexts: number;
  /** Does the truth tell of limits, and of outages? */
  readonly hasLimits: boolean;
  readonly hasOutages: boolean;
  readonly cycles: readonly CycleLedger[];
  readonly judged: readonly JudgedChange[];
  /** Mean of one `decide` call; only where a clock was given. */
  readonly millisecondsPerDecision?: number;
}

/** What somebody who watches a run sees of a cycle. */
export interface WatchedCycle {
  readonly cycle: number;
  readonly served: LearnerAllocations;
  readonly statistics: CycleStatistics | null;
  readonly ledger: CycleLedger;
  readonly learner: Learner;
  readonly truth: TruthBook;
}

/** How a run is watched. */
export interface RunOptions {
  /** Milliseconds; measures the decisions. */
  readonly clock?: () => number;
  readonly onCycle?: (cycle: WatchedCycle) => void;
}

/** Milliseconds of virtual time that a cycle lasts, and when the first one begins: a Monday in 2026. */
const CYCLE_MILLISECONDS = 60_000;
const START = Date.UTC(2026, 0, 5);

/** A smaller difference in utility is none. */
const NO_BETTER = 0.001;

/**
 * Runs a learner in an environment.
 *
 * @param cycles By default as long as the environment says.
 * @throws {RangeError} where the learner serves what nobody may (shares that do not sum to one, settings outside the space), or the
 *   truth is no number.
 */
export function runEnvironment(
  environment: Environment,
  createLearner: CreateLearner,
  seed: number,
  cycles: number = environment.cycles ?? DEFAULT_CYCLES,
  { clock, onCycle }: RunOptions = {},
): EnvironmentTrace {
  const run = environment.create(seed);
  const truth = new TruthBook(environment, run.truth);
  const learner = createLearner(environment.specification, seed);
  const names = new Map<string, string>();
  const ledgers: CycleLedger[] = [];
  const judged: JudgedChange[] = [];
  let milliseconds = 0;
  const decide = (statistics: CycleStatistics | null, now: number): LearnerAllocations => {
    const before = clock?.() ?? 0;
    const allocations = learner.decide(statistics, now);
    milliseconds += (clock?.() ?? 0) - before;
    checkAllocations(allocations, truth, names, environment.name);
    return allocations;
  };
  let allocations = decide(null, START);
  let before = allocations;
  for (let cycle = 0; cycle < cycles; cycle++) {
    const statistics = run.step(allocations, cycle);
    const ledger = ledgerOf({ run, truth, before, allocations, statistics, cycle });
    ledgers.push(ledger);
    onCycle?.({ cycle, served: allocations, statistics, ledger, learner, truth });
    before = allocations;
    allocations = decide(statistics, START + (cycle + 1) * CYCLE_MILLISECONDS);
    for (const { context, from, to, confidence } of learner.changes?.() ?? [])
      judged.push({ confidence, isRight: isBetter(truth, context, from, to, cycle, 0) });
  }
  return {
    environment: environment.name,
    seed,
    contexts: run.contexts.length,
    hasLimits: run.truth.breaksLimit !== undefined,
    hasOutages: run.truth.isBroken !== undefined,
    cycles: ledgers,
    judged,
    ...(clock === undefined ? {} : { millisecondsPerDecision: milliseconds / (cycles + 1) }),
  };
}

interface CycleFacts {
  readonly run: EnvironmentRun;
  readonly truth: TruthBook;
  readonly before: LearnerAllocations;
  readonly allocations: LearnerAllocations;
  readonly statistics: CycleStatistics | null;
  readonly cycle: number;
}

function ledgerOf({ run, truth, before, allocations, statistics, cycle }: CycleFacts): CycleLedger {
  const { base } = truth.space;
  const sums = { traffic: 0, served: 0, base: 0, best: 0, uniform: 0, spread: 0, violating: 0 };
  const counts = { brokenMajorities: 0, changes: 0, falseChanges: 0, needlessReturns: 0 };
  let smallestBaselineShare = 1;
  for (const context of run.contexts) {
    const traffic = run.truth.traffic?.(context, cycle) ?? callsIn(statistics, context);
    if (!(traffic >= 0 && traffic < Number.POSITIVE_INFINITY))
      throw new RangeError(`The truth's traffic of context "${context}" in cycle ${cycle} is ${traffic}`);
    const stakes = truth.stakesOf(context, cycle);
    sums.traffic += traffic;
    sums.base += traffic * stakes.base;
    sums.best += traffic * stakes.best;
    sums.uniform += traffic * stakes.uniform;
    sums.spread = Math.max(sums.spread, stakes.spread);
    const variants = allocations[context] ?? [{ id: "", role: "baseline", parameters: base, weight: 1 } as const];
    let broken = 0;
    for (const { parameters, weight } of variants) {
      const { utility, breaksLimit } = truth.of(context, parameters, cycle);
      sums.served += traffic * weight * utility;
      if (breaksLimit) sums.violating += traffic * weight;
      if (run.truth.isBroken?.(context, parameters, cycle) === true) broken += weight;
    }
    if (broken > 0.5) counts.brokenMajorities += 1;
    smallestBaselineShare = Math.min(smallestBaselineShare, shareOfBaseline(variants));
    const [from, to] = [bestKnown(before[context], base), bestKnown(variants, base)];
    if (truth.keyOf(from) === truth.keyOf(to)) continue;
    // what was decided after the cycle before is judged by what was true in it
    const then = Math.max(0, cycle - 1);
    if (truth.keyOf(to) === truth.keyOf(base)) {
      if (isBetter(truth, context, to, from, then, NO_BETTER)) counts.needlessReturns += 1;
    } else {
      counts.changes += 1;
      if (!isBetter(truth, context, from, to, then, NO_BETTER)) counts.falseChanges += 1;
    }
  }
  return { ...sums, ...counts, smallestBaselineShare };
}

/** Is `to` better than `from` by more than a margin, or the way out of a breach? Never where it breaks a limit itself. */
function isBetter(
  truth: TruthBook,
  context: string,
  from: OutsideSetting,
  to: OutsideSetting,
  cycle: number,
  margin: number,
): boolean {
  const after = truth.of(context, to, cycle);
  const before = truth.of(context, from, cycle);
  return !after.breaksLimit && (before.breaksLimit || after.utility - before.utility > margin);
}

function bestKnown(variants: readonly LearnerAllocation[] | undefined, base: OutsideSetting): OutsideSetting {
  return variants?.find(({ role }) => role === "incumbent")?.parameters ?? base;
}

function shareOfBaseline(variants: readonly LearnerAllocation[]): number {
  return variants.reduce((sum, { role, weight }) => (role === "baseline" ? sum + weight : sum), 0);
}

function callsIn(statistics: CycleStatistics | null, context: string): number {
  const variants = Object.values(statistics?.contexts[context]?.variants ?? {});
  return variants.reduce(
    (sum, { success, failure, partial }) => sum + amount(success) + amount(failure) + amount(partial),
    0,
  );
}

/** A count that is none (ratings may stand alone, and a reading may be broken on purpose) is no call. */
function amount(count: number | undefined): number {
  return count !== undefined && count > 0 && count < Number.POSITIVE_INFINITY ? count : 0;
}
