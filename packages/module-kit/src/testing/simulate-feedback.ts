/** Runs a module through a scenario of feedback, in as little time as its work takes. */
import type { ParameterValues } from "@trimtab/conventions";
import type { PerformanceSummary } from "@trimtab/instrumentation";
import { type Random, randomFromSeed } from "@trimtab/learning";
import type { ModuleDependencies } from "../dependencies.ts";
import type { SelfLearningModule } from "../module.ts";
import type { ModuleFeedback } from "../module-feedback.ts";
import type { ModuleResult } from "../module-result.ts";
import type { ModuleAdaptation, ModuleSuggestion } from "../ports.ts";
import type { FeedbackScenario } from "./feedback-scenario.ts";

/** What one round was like. */
export interface SimulatedRound {
  readonly round: number;
  readonly calls: number;
  readonly failures: number;
  /** 0 to 1, of what was said in this round; undefined where nothing was. */
  readonly meanScore: number | undefined;
  /** 0 to 1, as the module scored its results; undefined where it scored none. */
  readonly meanQuality: number | undefined;
  /** How many calls had other than base values. */
  readonly adapted: number;
}

/** What came of a scenario. */
export interface SimulatedFeedback {
  readonly scenario: string;
  readonly calls: number;
  readonly failures: number;
  readonly feedback: { readonly added: number; readonly known: number };
  readonly rounds: readonly SimulatedRound[];
  /** The results of the last round that did not fail. */
  readonly lastResults: readonly ModuleResult[];
  /** Adaptations that came of it, newest first. */
  readonly adaptations: readonly ModuleAdaptation[];
  readonly suggestions: readonly ModuleSuggestion[];
  /** Of the last hour. */
  readonly performance: PerformanceSummary;
}

interface Spoken {
  readonly resultId: string;
  readonly feedback: ModuleFeedback;
}

const MOST_ADAPTATIONS = 1_000;
const BEGINNING = Date.UTC(2026, 0, 1);

/**
 * Runs the scenario: its inputs, its feedback, and a learning cycle after each round. A run that fails is counted; anything else that
 * is thrown comes out.
 */
export async function simulateFeedback<Input>(
  module: SelfLearningModule,
  scenario: FeedbackScenario<Input>,
): Promise<SimulatedFeedback> {
  const { name, rounds, callsPerRound, seed = 1, delayRounds = 0, learns = true } = scenario;
  const run = operationOf(module, scenario.operation);
  await module.ready();
  const random = randomFromSeed(`${name} ${seed}`);
  const spoken: Spoken[][] = [];
  const told: SimulatedRound[] = [];
  const counts = { added: 0, known: 0 };
  const suggestions: ModuleSuggestion[] = [];
  let lastResults: ModuleResult[] = [];
  for (let round = 0; round < rounds; round++) {
    const { results, failures } = await runRound(scenario, run, round, random);
    lastResults = results;
    spoken.push(
      results.flatMap((result, at) => sayingsOf(scenario, result, round * callsPerRound + at, round, random)),
    );
    const due = spoken[round - delayRounds] ?? [];
    const scores = await give(module, due, counts);
    if (learns) suggestions.push(...(await module.triggerLearningCycle()).suggestions);
    told.push({
      round,
      calls: callsPerRound,
      failures,
      meanScore: meanOf(scores),
      meanQuality: meanOf(results.flatMap(({ quality }) => quality ?? [])),
      adapted: results.filter(({ adaptationApplied }) => adaptationApplied).length,
    });
  }
  for (const late of spoken.slice(Math.max(0, rounds - delayRounds))) await give(module, late, counts);
  if (learns && delayRounds > 0) suggestions.push(...(await module.triggerLearningCycle()).suggestions);
  return {
    scenario: name,
    calls: rounds * callsPerRound,
    failures: told.reduce((sum, { failures }) => sum + failures, 0),
    feedback: counts,
    rounds: told,
    lastResults,
    adaptations: await module.adaptations(MOST_ADAPTATIONS),
    suggestions,
    performance: await module.getPerformanceMetrics("1h"),
  };
}

/** The values that most of the results had, by context: what was learnt, for people and for assertions. */
export function valuesByContext(results: readonly ModuleResult[]): Readonly<Record<string, ParameterValues>> {
  const byContext = new Map<string, Map<string, { values: ParameterValues; count: number }>>();
  for (const { context, parameters } of results) {
    const place = Object.entries(context)
      .map(([key, value]) => `${key}=${value}`)
      .join(",");
    const counted = byContext.get(place) ?? new Map<string, { values: ParameterValues; count: number }>();
    const text = JSON.stringify(parameters);
    const before = counted.get(text);
    counted.set(text, { values: parameters, count: (before?.count ?? 0) + 1 });
    byContext.set(place, counted);
  }
  const entries = [...byContext].map(([place, counted]) => {
    const [most] = [...counted.values()].sort((left, right) => right.count - left.count);
    return [place, most?.values ?? {}] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * A chance and a clock that are the same for the same seed: `create({}, { ...reproducible(1) })` makes what a module learns from a
 * scenario the same at each run, as long as durations are no part of its objective. The clock goes on by a millisecond at each look.
 */
export function reproducible(seed: number): Pick<ModuleDependencies, "chance" | "now"> {
  const random = randomFromSeed(`variants ${seed}`);
  let time = BEGINNING;
  return { chance: () => random.uniform(), now: () => time++ };
}

type Run = (input: unknown) => Promise<ModuleResult>;

/** @throws {RangeError} where the operation is none of the module, or has to be named. */
export function operationOf(module: SelfLearningModule, name: string | undefined): Run {
  const names = Object.keys(module.operations);
  const wanted = name ?? (names.length === 1 ? names[0] : undefined);
  const operation = wanted === undefined ? undefined : module.operations[wanted];
  if (operation === undefined) {
    const asked = name === undefined ? "a module of several operations needs one by name" : `there is no "${name}"`;
    throw new RangeError(`${asked}: module "${module.name}" has ${names.join(", ")}`);
  }
  return (input) => operation.process(input);
}

async function runRound<Input>(
  { callsPerRound, input }: FeedbackScenario<Input>,
  run: Run,
  round: number,
  random: Random,
): Promise<{ results: ModuleResult[]; failures: number }> {
  const results: ModuleResult[] = [];
  let failures = 0;
  for (let call = 0; call < callsPerRound; call++) {
    try {
      results.push(await run(input({ index: round * callsPerRound + call, round, random })));
    } catch (error) {
      if (!(error instanceof Error && error.name === "ModuleProcessingError")) throw error;
      failures += 1;
    }
  }
  return { results, failures };
}

function sayingsOf<Input>(
  { feedback }: FeedbackScenario<Input>,
  result: ModuleResult,
  index: number,
  round: number,
  random: Random,
): Spoken[] {
  const said = feedback(result, { index, round, random });
  const list =
    said === undefined ? [] : Array.isArray(said) ? (said as readonly ModuleFeedback[]) : [said as ModuleFeedback];
  return list.map((each) => ({ resultId: result.id, feedback: each }));
}

async function give(
  module: SelfLearningModule,
  due: readonly Spoken[],
  counts: { added: number; known: number },
): Promise<number[]> {
  const scores: number[] = [];
  for (const { resultId, feedback } of due) {
    const { recorded } = await module.applyFeedback(resultId, feedback);
    counts[recorded] += 1;
    const { rating, score, errorRate } = feedback;
    if (rating !== undefined) scores.push(rating / 5);
    else if (score !== undefined) scores.push(score);
    else if (errorRate !== undefined) scores.push(1 - errorRate);
  }
  return scores;
}

function meanOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}
