/**
 * The default: one or two nearby alternatives run beside the best that is known, and one takes over when a test that may be read
 * at any time says that it is better and the limits hold.
 *
 *     utility of a setting in a context = global + labels + own surface          (surface/pooled-surface.ts)
 *     e = 2Φ(m/s) · (s/s₀) · exp(m²/2s²)                                        (statistics/e-value.ts)
 *
 * All evidence is differences between variants of the same window, so nothing that hits all of them alike can look like progress.
 * A challenger is proposed by a draw of what may be true (Thompson 1933) and adopted when e reaches 1/α, or when the other
 * contexts have proven it and this one does not contradict. Wrong where a call's effect lasts beyond the call, or where nobody
 * may ever have anything but the best: a few calls always run what is not proven.
 */
import type { Json, VariantId } from "@trimtab/conventions";
import type { Reason } from "../decision/decision.ts";
import { summarizeVariant } from "../decision/variant-summary.ts";
import type { Measurements } from "../evidence/evidence.ts";
import { describeSetting, type Setting } from "../policy/setting.ts";
import { logSavageDickey, probabilityAbove } from "../statistics/e-value.ts";
import { type Random, randomFromSeed } from "../statistics/random.ts";
import { type FeatureMap, featureMapOf } from "../surface/features.ts";
import { PooledSurface } from "../surface/pooled-surface.ts";
import { fillSlots, reweigh, sharesOf } from "./challengers.ts";
import { expectNext } from "./drift-watch.ts";
import { candidateSettings, neighbourhoodOf } from "./neighbourhood.ts";
import { type OptionValues, optionValues } from "./options.ts";
import type { ContextObservation, ContextProposal, ProposedChange, Strategy, StrategyInput } from "./strategy.ts";
import {
  learnWindows,
  openShared,
  openTrials,
  type SharedMemory,
  type TrialMemory,
  withLearnt,
} from "./surface-memory.ts";
import { SurfaceView } from "./surface-view.ts";
import { describeDifference, intervalOf, judgeTrial, newTrial, type Trial, type Verdict } from "./trial.ts";

/** The options of `response-surface`. */
export const RESPONSE_SURFACE_OPTIONS = {
  alpha: { type: "number", default: 0.05, min: 0.0001, max: 0.5 },
  challengers: { type: "number", default: 2, min: 1, max: 4, isWhole: true },
  windowCalls: { type: "number", default: 60, min: 6, max: 1e6, isWhole: true },
  windowCycles: { type: "number", default: 2, min: 1, max: 1000, isWhole: true },
  minimumEffect: { type: "number", default: 0.002, min: 0, max: 0.5 },
} as const;

type Options = OptionValues<typeof RESPONSE_SURFACE_OPTIONS>;

const REST_WORSE_CYCLES = 20;
const REST_EQUIVALENT_CYCLES = 60;
const NO_INHERITANCE_CYCLES = 30;
const SPARSE_CALLS_PER_CYCLE = 8;
const LEARN_VARIANCES_EVERY = 12;

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
      return new SurfaceTurn(input, options).propose();
    },
  };
}

/** One turn: learns from every context's windows first, then decides the contexts whose windows are of what is served. */
class SurfaceTurn {
  private readonly input: StrategyInput;
  private readonly options: Options;
  private readonly features: FeatureMap;
  private readonly observations: readonly ContextObservation[];

  constructor(input: StrategyInput, options: Options) {
    this.input = input;
    this.options = options;
    this.features = featureMapOf(input.policy.parameters);
    this.observations = [...input.contexts].sort((left, right) => (left.id < right.id ? -1 : 1));
  }

  propose(): { shared: Json; contexts: Map<string, ContextProposal> } {
    const { cycle, shared: given } = this.input;
    const before = openShared(given);
    const learnt = new Map(
      this.observations.map((observation) => {
        const opened = openTrials(observation, cycle);
        return [
          observation.id,
          learnWindows(observation, opened, before.contexts[observation.id]?.evidence, this.features, cycle),
        ] as const;
      }),
    );
    let shared = withLearnt(before, learnt, new Map(this.observations.map(({ id, context }) => [id, context])), cycle);
    const deciding = this.observations.filter(
      ({ windows, takenBack }) => takenBack.length === 0 && windows.some((window) => window.isCurrent),
    );
    const contexts = new Map<string, ContextProposal>();
    for (const observation of this.observations) {
      const memory = learnt.get(observation.id)?.memory;
      if (memory !== undefined) contexts.set(observation.id, { ...COLLECTING, memory: memory as unknown as Json });
    }
    if (deciding.length > 0) {
      const surface = new PooledSurface(
        this.features.variances,
        shared.levels,
        new Map(Object.entries(shared.contexts)),
      );
      const candidates = candidateSettings(
        this.input.policy.parameters,
        deciding[0]?.baseline as Setting,
        randomFromSeed(`${this.input.seed} grid`),
      );
      for (const observation of deciding) {
        const memory = learnt.get(observation.id)?.memory;
        if (memory === undefined) continue;
        const context = new ContextTurn(
          observation,
          surface,
          shared,
          candidates,
          this.features,
          this.input,
          this.options,
        );
        contexts.set(observation.id, context.decide(memory));
      }
      const turns = shared.turns + 1;
      shared = { ...shared, turns, levels: surface.nextLevels(turns % LEARN_VARIANCES_EVERY === 0) };
    }
    return { shared: shared as unknown as Json, contexts };
  }
}

const COLLECTING: Omit<ContextProposal, "memory"> = {
  reason: { code: "COLLECTING", sentence: "The window of the context is not full yet." },
  refused: [],
};

type Winner = {
  readonly variant: VariantId;
  readonly trial: Trial;
  readonly verdict: Extract<Verdict, { kind: "better" }>;
};

/** The decision of one context. */
class ContextTurn {
  private readonly observation: ContextObservation;
  private readonly input: StrategyInput;
  private readonly options: Options;
  private readonly features: FeatureMap;
  private readonly surface: PooledSurface;
  private readonly candidates: readonly Setting[];
  private readonly random: Random;
  private readonly view: SurfaceView;
  private readonly mayInherit: boolean;
  private readonly refused: { variant: VariantId; reason: Reason }[] = [];

  constructor(
    observation: ContextObservation,
    surface: PooledSurface,
    shared: SharedMemory,
    candidates: readonly Setting[],
    features: FeatureMap,
    input: StrategyInput,
    options: Options,
  ) {
    this.observation = observation;
    this.input = input;
    this.options = options;
    this.features = features;
    this.surface = surface;
    this.candidates = candidates;
    this.random = randomFromSeed(`${input.seed} ${observation.id}`);
    this.view = new SurfaceView(features, surface.beliefOf(observation.id), observation.incumbent.parameters);
    this.mayInherit = input.cycle - (shared.alarms[observation.id] ?? Number.NEGATIVE_INFINITY) > NO_INHERITANCE_CYCLES;
  }

  decide(before: TrialMemory): ContextProposal {
    const retreat = this.retreat();
    if (retreat !== undefined) {
      const memory: TrialMemory = { ...before, trials: {}, watch: null };
      return {
        memory: memory as unknown as Json,
        reason: retreat.reason,
        refused: [],
        change: retreat,
        challengers: [],
      };
    }
    const { memory, winner } = this.judge(before);
    const adopted = winner ?? this.inheritUntried(memory);
    if (adopted === undefined) return this.goOn(memory);
    const change = this.changeTo(adopted);
    if (!this.input.mayApply(change.confidence)) {
      return { memory: memory as unknown as Json, reason: change.reason, refused: this.refused, change };
    }
    return this.adopt(memory, adopted, change);
  }

  /** Back to the base values, when they are proven better than what is served. */
  private retreat(): ProposedChange | undefined {
    const { baseline, incumbent, windows } = this.observation;
    if (baseline.id === incumbent.id) return undefined;
    const difference = this.view.difference(baseline.parameters);
    const logE = logSavageDickey(difference.mean, difference.deviation, difference.prior);
    if (difference.mean <= this.options.minimumEffect || logE < -Math.log(this.options.alpha)) return undefined;
    const last = windows.at(-1);
    const measured = (variant: VariantId): Measurements =>
      last?.arms.find((arm) => arm.variant === variant)?.measurements ?? NOTHING;
    const { objective } = this.input.policy;
    const sentence = `The base values are better than ${describeSetting(incumbent.parameters)}: ${describeDifference(difference)}.`;
    return {
      to: baseline.parameters,
      confidence: Math.min(0.9999, 1 - Math.exp(-logE)),
      reason: { code: "HOLDOUT_IS_BETTER", sentence },
      basis: {
        window: { from: last?.from ?? 0, to: last?.to ?? 0 },
        windows: windows.length,
        from: summarizeVariant(incumbent, measured(incumbent.id), objective),
        to: summarizeVariant(baseline, measured(baseline.id), objective),
        test: { name: "e-value", value: Math.exp(Math.min(700, logE)), threshold: 1 / this.options.alpha },
      },
    };
  }

  /** Judges every challenger; the best of the proven ones wins. */
  private judge(before: TrialMemory): { readonly memory: TrialMemory; readonly winner: Winner | undefined } {
    const { alpha, minimumEffect } = this.options;
    // the threshold grows slowly with the number of tests, so that many challengers do not add up to false alarms
    const threshold = (1 / alpha) * Math.max(1, Math.sqrt(1 + before.tests) / (1 + before.wins));
    const trials: Record<VariantId, Trial> = {};
    const resting = { ...before.resting };
    let { tests } = before;
    let winner: Winner | undefined;
    for (const variant of Object.keys(before.trials).sort()) {
      const trial = before.trials[variant] as Trial;
      const counted: Trial = { ...trial, decisions: trial.decisions + (trial.windows > 0 ? 1 : 0) };
      const verdict = judgeTrial(variant, counted, this.viewOf(variant, counted.parameters, before), {
        alpha,
        minimumEffect,
        threshold,
      });
      if (verdict.kind === "worse" || verdict.kind === "equivalent") {
        this.refused.push({ variant, reason: verdict.reason });
        resting[variant] = this.input.cycle + (verdict.kind === "worse" ? REST_WORSE_CYCLES : REST_EQUIVALENT_CYCLES);
        tests += 1;
        continue;
      }
      trials[variant] = counted;
      if (verdict.kind === "blocked") this.refused.push({ variant, reason: verdict.reason });
      if (verdict.kind === "better" && (winner === undefined || verdict.logE > winner.verdict.logE))
        winner = { variant, trial: counted, verdict };
    }
    return { memory: { ...before, trials, resting, tests }, winner };
  }

  /** A context with few calls may take what the others have proven, without having run it. */
  private inheritUntried(memory: TrialMemory): Winner | undefined {
    if (!this.isSparse(memory) || !this.mayInherit) return undefined;
    const { barred, baseline, incumbent } = this.observation;
    const { all } = neighbourhoodOf(this.input.policy.parameters, incumbent, baseline, this.candidates);
    let best: { readonly setting: Setting; readonly mean: number } | undefined;
    for (const setting of all) {
      if (barred.has(setting.id) || Object.hasOwn(memory.resting, setting.id)) continue;
      const { mean } = this.view.difference(setting.parameters);
      if (best === undefined || mean > best.mean) best = { setting, mean };
    }
    if (best === undefined) return undefined;
    const { id, parameters } = best.setting;
    const trial = memory.trials[id] ?? newTrial(parameters, 0, false);
    const { alpha, minimumEffect } = this.options;
    const levels = { alpha, minimumEffect, threshold: Number.POSITIVE_INFINITY };
    const verdict = judgeTrial(id, trial, this.viewOf(id, parameters, memory), levels);
    return verdict.kind === "better" ? { variant: id, trial, verdict } : undefined;
  }

  private adopt(before: TrialMemory, { variant, trial }: Winner, change: ProposedChange): ContextProposal {
    const incumbent: Setting = { id: variant, parameters: trial.parameters };
    const { [variant]: _, ...retries } = before.retries;
    // the others were compared with the old incumbent; the surface still knows what they showed
    const memory: TrialMemory = {
      ...before,
      incumbent: variant,
      trials: {},
      retries,
      watch: null,
      wins: before.wins + 1,
    };
    const view = new SurfaceView(this.features, this.surface.beliefOf(this.observation.id), incumbent.parameters);
    const filled = this.fill(memory, incumbent, view);
    return {
      memory: filled as unknown as Json,
      reason: change.reason,
      refused: this.refused,
      change,
      challengers: sharesOf(filled.trials),
    };
  }

  private goOn(before: TrialMemory): ContextProposal {
    const { incumbent, baseline } = this.observation;
    const filled = this.fill(before, incumbent, this.view);
    const weighed = reweigh(filled.trials, this.view, this.random, this.isSparse(before));
    const trials = Object.entries(weighed).map(([variant, trial]) => {
      const { mean, deviation } = this.view.difference(trial.parameters);
      return [variant, { ...trial, drift: expectNext(trial.drift, mean, deviation) }] as const;
    });
    const toBaseline = this.view.difference(baseline.parameters);
    const watched =
      incumbent.id === baseline.id ? null : expectNext(before.watch, toBaseline.mean, toBaseline.deviation);
    const memory: TrialMemory = { ...filled, trials: Object.fromEntries(trials), watch: watched };
    const names = Object.values(weighed).map((trial) => describeSetting(trial.parameters));
    const beside = `beside ${describeSetting(incumbent.parameters)}`;
    const isNew = Object.keys(weighed).some((variant) => !Object.hasOwn(before.trials, variant));
    const reason: Reason = isNew
      ? { code: "TRYING", sentence: `Tried ${beside}: ${names.join("; ")}.` }
      : {
          code: "NOTHING_PROVEN",
          sentence:
            names.length === 0
              ? `Nothing is likely to be better than ${describeSetting(incumbent.parameters)}.`
              : `Not decided yet ${beside}: ${names.join("; ")}.`,
        };
    return { memory: memory as unknown as Json, reason, refused: this.refused, challengers: sharesOf(weighed) };
  }

  private fill(memory: TrialMemory, incumbent: Setting, view: SurfaceView): TrialMemory {
    const { baseline, barred, limits } = this.observation;
    const { policy } = this.input;
    const elsewhere = new Set(this.input.contexts.flatMap((other) => [...other.barred]));
    const neighbourhood = neighbourhoodOf(policy.parameters, incumbent, baseline, this.candidates);
    return fillSlots(memory, {
      neighbourhood,
      view,
      random: this.random,
      slots: this.options.challengers,
      minimumEffect: this.options.minimumEffect,
      // what breaks a limit elsewhere is not tried here while it rests there
      isForbidden: ({ id }) =>
        id === incumbent.id || barred.has(id) || (elsewhere.has(id) && !Object.hasOwn(memory.retries, id)),
      isUnsure: (variant) => policy.constraints.length > 0 && limits(variant).probability < 0.9,
    });
  }

  private viewOf(
    variant: VariantId,
    parameters: Trial["parameters"],
    memory: TrialMemory,
  ): Parameters<typeof judgeTrial>[2] {
    return {
      difference: this.view.difference(parameters),
      inherited: this.view.inherited(parameters),
      limits: this.observation.limits(variant),
      mayInherit: this.mayInherit,
      isSparse: this.isSparse(memory),
    };
  }

  private isSparse(memory: TrialMemory): boolean {
    return memory.callsPerCycle < SPARSE_CALLS_PER_CYCLE;
  }

  private changeTo({ variant, trial, verdict }: Winner): ProposedChange {
    const { incumbent, windows } = this.observation;
    const { objective } = this.input.policy;
    const difference = this.view.difference(trial.parameters);
    const interval = intervalOf(trial, this.options.alpha);
    const last = windows.at(-1);
    const shown =
      interval === undefined ? "" : ` (measured ${interval.lower.toFixed(3)} to ${interval.upper.toFixed(3)})`;
    const source = verdict.isInherited
      ? "other contexts have proven it and this one does not contradict"
      : `e-value ${Math.exp(Math.min(60, verdict.logE)).toPrecision(3)}`;
    const sentence =
      `${describeSetting(incumbent.parameters)} to ${describeSetting(trial.parameters)}: ${describeDifference(difference)}${shown}, ` +
      `${trial.calls} calls in ${trial.windows} windows, better with a probability of ${probabilityAbove(0, difference.mean, difference.deviation).toFixed(3)}; ${source}.`;
    return {
      to: trial.parameters,
      confidence: verdict.confidence,
      reason: { code: verdict.isInherited ? "SIBLINGS_PROVED_IT" : "PROVEN_BETTER", sentence },
      basis: {
        window: trial.windows > 0 ? { from: trial.from, to: trial.to } : { from: last?.from ?? 0, to: last?.to ?? 0 },
        windows: trial.windows,
        from: summarizeVariant(incumbent, trial.incumbent ?? NOTHING, objective),
        to: summarizeVariant({ id: variant, parameters: trial.parameters }, trial.challenger ?? NOTHING, objective),
        ...(interval === undefined ? {} : { difference: interval }),
        test: {
          name: verdict.isInherited ? "inherited e-value" : "e-value",
          value: Math.exp(Math.min(700, verdict.logE)),
          threshold: verdict.threshold,
        },
      },
    };
  }
}

const NOTHING: Measurements = { success: 0, failure: 0, partial: 0 };
