/**
 * The default: one or two nearby alternatives run beside the best that is known, and one takes over when a test that may be read
 * at any time says that it is better and the limits hold.
 *
 * All comparisons are between variants of the same window. The test is a mixture e-value of the differences to the incumbent;
 * "nothing is better" is refused wrongly with a probability of at most α per challenger, however often one looks.
 */
import type { Json, ParameterValues, VariantId } from "@trimtab/conventions";
import { type Reason } from "../decision/decision.ts";
import { summarizeVariant } from "../decision/variant-summary.ts";
import type { Measurements } from "../evidence/evidence.ts";
import { addMeasurements } from "../evidence/measurements.ts";
import { type ClosedWindow, contrastOf } from "../evidence/windows.ts";
import { describeSetting } from "../policy/setting.ts";
import { confidenceSequence, tuningFor } from "../statistics/confidence-sequence.ts";
import { logEValue, posteriorOf, probabilityAbove } from "../statistics/e-value.ts";
import { type Random, randomFromSeed } from "../statistics/random.ts";
import { neighboursOf } from "./neighbourhood.ts";
import { type OptionValues, optionValues } from "./options.ts";
import type { ContextObservation, ContextProposal, Strategy, StrategyInput } from "./strategy.ts";

/** The options of `response-surface`. */
export const RESPONSE_SURFACE_OPTIONS = {
  alpha: { type: "number", default: 0.05, min: 0.0001, max: 0.5 },
  challengers: { type: "number", default: 2, min: 1, max: 4, isWhole: true },
  windowCalls: { type: "number", default: 60, min: 6, max: 1e6, isWhole: true },
  windowCycles: { type: "number", default: 2, min: 1, max: 1000, isWhole: true },
  minimumEffect: { type: "number", default: 0.002, min: 0, max: 0.5 },
} as const;

type Options = OptionValues<typeof RESPONSE_SURFACE_OPTIONS>;

/** A challenger against the incumbent, from its first window on; JSON. */
type Trial = {
  readonly parameters: ParameterValues;
  readonly from: number;
  readonly to: number;
  readonly windows: number;
  readonly calls: number;
  readonly score: number;
  readonly information: number;
  readonly decisions: number;
  readonly weight: number;
  readonly challenger: Measurements | null;
  readonly incumbent: Measurements | null;
};

type Memory = {
  readonly incumbent: VariantId;
  readonly trials: Readonly<Record<VariantId, Trial>>;
  /** Variants that rest until a cycle. */
  readonly resting: Readonly<Record<VariantId, number>>;
  readonly tests: number;
  readonly wins: number;
};

/** Differences in utility are thought to be of this size before anything is measured. */
const PRIOR_DEVIATION = 0.1;
const FIRST_SHARE = 0.22;
const SMALLEST_SHARE = 0.06;
const LARGEST_SHARE = 0.5;
const MINIMUM_CALLS = 20;
const MINIMUM_LIMIT_PROBABILITY = 0.7;
const REST_CYCLES = 60;
/** No test makes certain; a policy that asks for a confidence of 1 wants a person to decide. */
const MOST_CONFIDENT = 0.9999;

/** The strategy with these options. */
export function responseSurface(given: Readonly<Record<string, unknown>>): Strategy {
  const options = optionValues(RESPONSE_SURFACE_OPTIONS, given);
  return {
    id: "response-surface",
    windowRule: {
      minimumCalls: options.windowCalls,
      minimumCycles: options.windowCycles,
      sparseCalls: 6,
      sparseCycles: 8,
    },
    propose(input) {
      const proposals = input.contexts.flatMap((observation) => {
        const proposal = proposeFor(observation, input, options);
        return proposal === undefined ? [] : [[observation.id, proposal] as const];
      });
      return { shared: null, contexts: new Map(proposals) };
    },
  };
}

function proposeFor(
  observation: ContextObservation,
  input: StrategyInput,
  options: Options,
): ContextProposal | undefined {
  const { windows, takenBack, incumbent, refusedIds } = { ...observation, refusedIds: new Set(observation.takenBack) };
  let memory = openTrials(observation, input.cycle);
  for (const window of windows) memory = learn(memory, window, incumbent.id, observation);
  const isDeciding = windows.some((window) => window.isCurrent);
  if (!isDeciding && takenBack.length === 0) {
    if (windows.length === 0 && memory === observation.memory) return undefined;
    const reason: Reason = { code: "COLLECTING", sentence: "The window of the context is not full yet." };
    return { memory: memory as unknown as Json, reason, refused: [] };
  }
  const trials = Object.fromEntries(Object.entries(memory.trials).filter(([variant]) => !refusedIds.has(variant)));
  return decideTrials({ ...memory, trials }, observation, input, options);
}

/** The memory for this turn: a new incumbent has its own comparisons. */
function openTrials({ memory, incumbent }: ContextObservation, cycle: number): Memory {
  const before = memory as unknown as Memory | undefined;
  if (before === undefined) return { incumbent: incumbent.id, trials: {}, resting: {}, tests: 0, wins: 0 };
  const over = Object.values(before.resting).some((until) => until <= cycle);
  const resting = over
    ? Object.fromEntries(Object.entries(before.resting).filter(([, until]) => until > cycle))
    : before.resting;
  if (before.incumbent !== incumbent.id) return { ...before, incumbent: incumbent.id, trials: {}, resting };
  return over ? { ...before, resting } : before;
}

function learn(memory: Memory, window: ClosedWindow, incumbent: VariantId, { known }: ContextObservation): Memory {
  const trials: Record<VariantId, Trial> = { ...memory.trials };
  let isChanged = false;
  for (const [variant, trial] of Object.entries(memory.trials)) {
    const contrast = contrastOf(window, variant, incumbent);
    const own = window.arms.find((arm) => arm.variant === variant);
    const other = window.arms.find((arm) => arm.variant === incumbent);
    if (contrast === undefined || own === undefined || other === undefined || !known.has(variant)) continue;
    isChanged = true;
    trials[variant] = {
      ...trial,
      from: trial.windows === 0 ? window.from : trial.from,
      to: window.to,
      windows: trial.windows + 1,
      calls: trial.calls + own.calls,
      score: trial.score + contrast.difference / contrast.variance,
      information: trial.information + 1 / contrast.variance,
      challenger: trial.challenger === null ? own.measurements : addMeasurements(trial.challenger, own.measurements),
      incumbent: trial.incumbent === null ? other.measurements : addMeasurements(trial.incumbent, other.measurements),
    };
  }
  return isChanged ? { ...memory, trials } : memory;
}

function decideTrials(
  memory: Memory,
  observation: ContextObservation,
  input: StrategyInput,
  options: Options,
): ContextProposal {
  const { incumbent } = observation;
  const random = randomFromSeed(`${input.seed} ${observation.id}`);
  const refused: { variant: VariantId; reason: Reason }[] = [];
  const trials: Record<VariantId, Trial> = {};
  const resting: Record<VariantId, number> = { ...memory.resting };
  let { tests } = memory;
  let winner: { readonly variant: VariantId; readonly trial: Trial; readonly logE: number } | undefined;
  // the threshold grows slowly with the number of tests, so that many challengers do not add up to false alarms
  const threshold = (1 / options.alpha) * Math.max(1, Math.sqrt(1 + memory.tests) / (1 + memory.wins));
  for (const variant of Object.keys(memory.trials).sort()) {
    const before = memory.trials[variant];
    if (before === undefined) continue;
    const trial = { ...before, decisions: before.decisions + 1 };
    const verdict = judgeTrial(variant, trial, observation, Math.log(threshold), options);
    if (verdict.kind === "drop") {
      refused.push({ variant, reason: verdict.reason });
      resting[variant] = input.cycle + REST_CYCLES;
      tests += 1;
      continue;
    }
    trials[variant] = trial;
    if (verdict.kind === "blocked") refused.push({ variant, reason: verdict.reason });
    if (verdict.kind === "better" && (winner === undefined || verdict.logE > winner.logE))
      winner = { variant, trial, logE: verdict.logE };
  }
  if (winner !== undefined) {
    const change = changeTo(winner.variant, winner.trial, winner.logE, threshold, observation, input, options);
    if (input.mayApply(change.confidence)) {
      // the others were compared with the old incumbent; they may try again against the new one
      const next: Memory = { incumbent: winner.variant, trials: {}, resting, tests, wins: memory.wins + 1 };
      const filled = fill(
        next,
        { ...observation, incumbent: { id: winner.variant, parameters: winner.trial.parameters } },
        input,
        options,
        random,
      );
      return {
        memory: filled as unknown as Json,
        reason: change.reason,
        refused,
        change,
        challengers: sharesOf(filled.trials),
      };
    }
    const kept: Memory = { ...memory, trials, resting, tests };
    return { memory: kept as unknown as Json, reason: change.reason, refused, change };
  }
  const filled = fill({ ...memory, trials, resting, tests }, observation, input, options, random);
  const weighted = { ...filled, trials: reweigh(filled.trials, random) };
  const isNew = Object.keys(filled.trials).some((variant) => !Object.hasOwn(trials, variant));
  const names = Object.values(weighted.trials).map((trial) => describeSetting(trial.parameters));
  const beside = `beside ${describeSetting(incumbent.parameters)}`;
  const reason: Reason = isNew
    ? { code: "TRYING", sentence: `Tried ${beside}: ${names.join("; ")}.` }
    : {
        code: "NOTHING_PROVEN",
        sentence:
          names.length === 0 ? `Nothing else to try ${beside}.` : `Not decided yet ${beside}: ${names.join("; ")}.`,
      };
  return { memory: weighted as unknown as Json, reason, refused, challengers: sharesOf(weighted.trials) };
}

type Verdict =
  | { readonly kind: "going-on" }
  | { readonly kind: "better"; readonly logE: number }
  | { readonly kind: "blocked" | "drop"; readonly reason: Reason };

function judgeTrial(
  variant: VariantId,
  trial: Trial,
  { limits }: ContextObservation,
  logThreshold: number,
  options: Options,
): Verdict {
  const { mean, deviation } = posteriorOf(trial, PRIOR_DEVIATION);
  const better = probabilityAbove(options.minimumEffect, mean, deviation);
  const numbers = `${mean >= 0 ? "+" : ""}${mean.toFixed(3)} ± ${deviation.toFixed(3)} utility in ${trial.windows} windows`;
  if (trial.windows >= 2 && better < 0.12)
    return { kind: "drop", reason: { code: "PROVEN_WORSE", sentence: `${variant}: ${numbers}.` } };
  if (trial.windows >= 15 && mean + deviation < 0.008) {
    return { kind: "drop", reason: { code: "EQUIVALENT", sentence: `${variant}: ${numbers}.` } };
  }
  const logE = logEValue(trial, PRIOR_DEVIATION);
  if (logE < logThreshold || mean <= options.minimumEffect || trial.calls < MINIMUM_CALLS) return { kind: "going-on" };
  const judgement = limits(variant);
  if (judgement.verdict === "unknown") {
    return {
      kind: "blocked",
      reason: { code: "LIMIT_UNKNOWN", sentence: `${variant} is better (${numbers}), but ${judgement.sentence}.` },
    };
  }
  if (judgement.probability < MINIMUM_LIMIT_PROBABILITY) {
    const sentence = `${variant} is better (${numbers}), but keeps the limits only with a probability of ${judgement.probability.toFixed(2)}.`;
    return { kind: "blocked", reason: { code: "LIMIT_UNPROVEN", sentence } };
  }
  return { kind: "better", logE };
}

function changeTo(
  variant: VariantId,
  trial: Trial,
  logE: number,
  threshold: number,
  { incumbent }: ContextObservation,
  { policy }: StrategyInput,
  { alpha }: Options,
): NonNullable<ContextProposal["change"]> {
  const { mean, deviation } = posteriorOf(trial, PRIOR_DEVIATION);
  const confidence = Math.min(MOST_CONFIDENT, 1 - Math.exp(-logE), probabilityAbove(0, mean, deviation));
  const bounds = confidenceSequence(trial, tuningFor(trial.information, alpha), alpha);
  const nothing: Measurements = { success: 0, failure: 0, partial: 0 };
  const sentence =
    `${describeSetting(incumbent.parameters)} to ${describeSetting(trial.parameters)}: ${mean >= 0 ? "+" : ""}${mean.toFixed(3)} utility ` +
    `(${Math.max(-1, bounds.lower).toFixed(3)} to ${Math.min(1, bounds.upper).toFixed(3)}) in ${trial.windows} windows with ${trial.calls} calls.`;
  return {
    to: trial.parameters,
    confidence,
    reason: { code: "PROVEN_BETTER", sentence },
    basis: {
      window: { from: trial.from, to: trial.to },
      windows: trial.windows,
      from: summarizeVariant(incumbent, trial.incumbent ?? nothing, policy.objective),
      to: summarizeVariant(
        { id: variant, parameters: trial.parameters },
        trial.challenger ?? nothing,
        policy.objective,
      ),
      difference: { ...bounds, lower: Math.max(-1, bounds.lower), upper: Math.min(1, bounds.upper), level: 1 - alpha },
      test: { name: "e-value", value: Math.exp(Math.min(700, logE)), threshold },
    },
  };
}

/** Fills the free slots with neighbours of the incumbent that are not resting. */
function fill(
  memory: Memory,
  observation: ContextObservation,
  { policy }: StrategyInput,
  options: Options,
  random: Random,
): Memory {
  const trials: Record<VariantId, Trial> = { ...memory.trials };
  const free = options.challengers - Object.keys(trials).length;
  if (free <= 0 || observation.takenBack.length > 0) return memory;
  const { incumbent, baseline, barred } = observation;
  const candidates = neighboursOf(policy.parameters, incumbent, baseline).filter(
    ({ id }) =>
      id !== baseline.id && !Object.hasOwn(trials, id) && !Object.hasOwn(memory.resting, id) && !barred.has(id),
  );
  for (let slot = 0; slot < free && candidates.length > 0; slot++) {
    const [chosen] = candidates.splice(random.integer(candidates.length), 1);
    if (chosen === undefined) break;
    trials[chosen.id] = {
      parameters: chosen.parameters,
      from: 0,
      to: 0,
      windows: 0,
      calls: 0,
      score: 0,
      information: 0,
      decisions: 0,
      weight: FIRST_SHARE,
      challenger: null,
      incumbent: null,
    };
  }
  return { ...memory, trials };
}

/** Shares follow the probability of being the best; they change only when that makes a difference worth a new window. */
function reweigh(trials: Memory["trials"], random: Random): Memory["trials"] {
  const names = Object.keys(trials).sort();
  const posteriors = names.map((name) => posteriorOf(trials[name] as Trial, PRIOR_DEVIATION));
  const wins = names.map(() => 0);
  const draws = 60;
  for (let draw = 0; draw < draws; draw++) {
    let best = -1;
    let highest = 0; // the incumbent
    posteriors.forEach(({ mean, deviation }, index) => {
      const value = mean + deviation * random.gaussian();
      if (value > highest) {
        highest = value;
        best = index;
      }
    });
    if (best >= 0) wins[best] = (wins[best] ?? 0) + 1;
  }
  const next: Record<VariantId, Trial> = {};
  names.forEach((name, index) => {
    const trial = trials[name] as Trial;
    const goal = Math.min(LARGEST_SHARE, 2 * trial.weight, Math.max(SMALLEST_SHARE, (wins[index] ?? 0) / draws));
    const isWorthIt = trial.decisions > 0 && (goal > trial.weight * 1.4 || goal < trial.weight / 1.4);
    next[name] = isWorthIt ? { ...trial, weight: goal } : trial;
  });
  return next;
}

function sharesOf(trials: Memory["trials"]): { parameters: ParameterValues; weight: number }[] {
  return Object.keys(trials)
    .sort()
    .map((variant) => trials[variant] as Trial)
    .map(({ parameters, weight }) => ({ parameters, weight }));
}
