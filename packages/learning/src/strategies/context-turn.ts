/** What `response-surface` decides for one context, once everything of this turn is learnt. */
import type { Json, VariantId } from "@trimtab/conventions";
import type { Reason } from "../decision/decision.ts";
import { summarizeVariant } from "../decision/variant-summary.ts";
import type { Measurements } from "../evidence/evidence.ts";
import { describeSetting, type Setting } from "../policy/setting.ts";
import { logSavageDickey, probabilityAbove } from "../statistics/e-value.ts";
import { type Random, randomFromSeed } from "../statistics/random.ts";
import type { FeatureMap } from "../surface/features.ts";
import type { ContextBelief, PooledSurface } from "../surface/pooled-surface.ts";
import { fillSlots, reweigh, sharesOf } from "./challengers.ts";
import { expectNext } from "./drift-watch.ts";
import type { Neighbourhood } from "./neighbourhood.ts";
import type { ContextObservation, ContextProposal, ProposedChange, StrategyInput } from "./strategy.ts";
import type { TrialMemory } from "./surface-memory.ts";
import type { SurfaceOptions } from "./surface-options.ts";
import { SurfaceView } from "./surface-view.ts";
import { describeDifference, intervalOf, judgeTrial, newTrial, type Trial, type Verdict } from "./trial.ts";

const REST_WORSE_CYCLES = 20;
const REST_EQUIVALENT_CYCLES = 60;
const NO_INHERITANCE_CYCLES = 30;
const SPARSE_CALLS_PER_CYCLE = 8;
const ROOM_DECISIONS = 4;
const ROOM_SHARE = 0.35;

type Winner = {
  readonly variant: VariantId;
  readonly trial: Trial;
  readonly verdict: Extract<Verdict, { kind: "better" }>;
};

/** What the decisions of one turn share. */
export interface SharedTurn {
  readonly input: StrategyInput;
  readonly options: SurfaceOptions;
  readonly features: FeatureMap;
  readonly surface: PooledSurface;
  /** The cycle of the last drift alarm of a context. */
  readonly alarms: Readonly<Record<string, number>>;
  readonly neighbourhoodOf: (incumbent: Setting) => Neighbourhood;
  /** Variants that rest in some context because they broke a limit or did harm. */
  readonly barredSomewhere: ReadonlySet<VariantId>;
}

/** The decision of one context in one turn. */
export class ContextTurn {
  private readonly observation: ContextObservation;
  private readonly turn: SharedTurn;
  private readonly random: Random;
  private readonly belief: ContextBelief;
  private readonly view: SurfaceView;
  private readonly mayInherit: boolean;
  private readonly refused: { variant: VariantId; reason: Reason }[] = [];

  constructor(observation: ContextObservation, turn: SharedTurn) {
    const { input, features, surface, alarms } = turn;
    this.observation = observation;
    this.turn = turn;
    this.random = randomFromSeed(`${input.seed} ${observation.id}`);
    this.belief = surface.beliefOf(observation.id);
    this.view = new SurfaceView(features, this.belief, observation.incumbent.parameters);
    this.mayInherit = input.cycle - (alarms[observation.id] ?? Number.NEGATIVE_INFINITY) > NO_INHERITANCE_CYCLES;
  }

  /** Promotes, drops, tries or retreats; the memory is what the context has learnt in this turn. */
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
    if (!this.turn.input.mayApply(change.confidence)) {
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
    if (difference.mean <= this.turn.options.minimumEffect || logE < -Math.log(this.turn.options.alpha))
      return undefined;
    const last = windows.at(-1);
    const measured = (variant: VariantId): Measurements =>
      last?.arms.find((arm) => arm.variant === variant)?.measurements ?? NOTHING;
    const { objective } = this.turn.input.policy;
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
        test: { name: "e-value", value: Math.exp(Math.min(700, logE)), threshold: 1 / this.turn.options.alpha },
      },
    };
  }

  /** Judges every challenger; the best of the proven ones wins. */
  private judge(before: TrialMemory): { readonly memory: TrialMemory; readonly winner: Winner | undefined } {
    const { alpha, minimumEffect } = this.turn.options;
    // the threshold grows slowly with the number of tests, so that many challengers do not add up to false alarms
    const threshold = (1 / alpha) * Math.max(1, Math.sqrt(1 + before.tests) / (1 + before.wins));
    const trials: Record<VariantId, Trial> = {};
    const resting = { ...before.resting };
    let { tests } = before;
    let winner: Winner | undefined;
    for (const variant of Object.keys(before.trials).sort()) {
      const trial = before.trials[variant] as Trial;
      const counted: Trial =
        trial.windows > 0 ? { ...trial, decisions: trial.decisions + 1 } : { ...trial, idle: trial.idle + 1 };
      const verdict = judgeTrial(variant, counted, this.viewOf(variant, counted.parameters, before), {
        alpha,
        minimumEffect,
        threshold,
      });
      if (verdict.kind === "worse" || verdict.kind === "equivalent") {
        this.refused.push({ variant, reason: verdict.reason });
        resting[variant] =
          this.turn.input.cycle + (verdict.kind === "worse" ? REST_WORSE_CYCLES : REST_EQUIVALENT_CYCLES);
        tests += 1;
        continue;
      }
      trials[variant] = counted;
      if (verdict.kind === "blocked") this.refused.push({ variant, reason: verdict.reason });
      if (verdict.kind === "better" && (winner === undefined || verdict.logE > winner.verdict.logE))
        winner = { variant, trial: counted, verdict };
    }
    const memory: TrialMemory = { ...before, trials, resting, tests };
    return winner === undefined ? { memory: this.makeRoom(memory), winner } : { memory, winner };
  }

  /** Ends trials that can hardly win much any more, while something untried may: near-equal settings would hold the slots for ever. */
  private makeRoom(before: TrialMemory): TrialMemory {
    const { incumbent, barred } = this.observation;
    const old = Object.entries(before.trials).filter(([, trial]) => trial.decisions >= ROOM_DECISIONS);
    if (old.length === 0) return before;
    const untried = this.turn
      .neighbourhoodOf(incumbent)
      .near.filter(
        ({ id }) => !Object.hasOwn(before.trials, id) && !Object.hasOwn(before.resting, id) && !barred.has(id),
      );
    const hope = Math.max(0, ...untried.map(({ parameters }) => this.hopeOf(parameters)));
    const trials = { ...before.trials };
    const resting = { ...before.resting };
    for (const [variant, { parameters }] of old) {
      if (this.hopeOf(parameters) >= ROOM_SHARE * hope) continue;
      const numbers = describeDifference(this.view.difference(parameters));
      const sentence = `${variant}: ${numbers}, while ${hope.toFixed(3)} may be won elsewhere.`;
      this.refused.push({ variant, reason: { code: "LESS_PROMISING", sentence } });
      resting[variant] = this.turn.input.cycle + REST_WORSE_CYCLES;
      delete trials[variant];
    }
    return { ...before, trials, resting };
  }

  /** What a setting may win over the incumbent, one deviation above what is believed. */
  private hopeOf(parameters: Trial["parameters"]): number {
    const { mean, deviation } = this.view.difference(parameters);
    return mean + deviation;
  }

  /** A context with few calls may take what the others have proven, without having run it. */
  private inheritUntried(memory: TrialMemory): Winner | undefined {
    if (!this.isSparse(memory) || !this.mayInherit) return undefined;
    const { barred, incumbent } = this.observation;
    const { all } = this.turn.neighbourhoodOf(incumbent);
    let best: { readonly setting: Setting; readonly mean: number } | undefined;
    for (const setting of all) {
      if (barred.has(setting.id) || Object.hasOwn(memory.resting, setting.id)) continue;
      const mean = this.view.mean(setting.parameters);
      if (best === undefined || mean > best.mean) best = { setting, mean };
    }
    if (best === undefined) return undefined;
    const { id, parameters } = best.setting;
    const trial = memory.trials[id] ?? newTrial(parameters, 0, false);
    const { alpha, minimumEffect } = this.turn.options;
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
    const view = new SurfaceView(this.turn.features, this.belief, incumbent.parameters);
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
    const { incumbent, baseline, windows } = this.observation;
    // evidence from before the last change of shares can prove and drop, but what was changed has not been seen yet
    if (this.refused.length === 0 && !windows.some((window) => window.isCurrent)) {
      const reason: Reason = { code: "COLLECTING", sentence: "The evidence is older than the last change of shares." };
      return { memory: before as unknown as Json, reason, refused: [] };
    }
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
    const { barred, limits } = this.observation;
    const { policy } = this.turn.input;
    const { barredSomewhere } = this.turn;
    return fillSlots(memory, {
      neighbourhood: this.turn.neighbourhoodOf(incumbent),
      view,
      random: this.random,
      slots: this.turn.options.challengers,
      minimumEffect: this.turn.options.minimumEffect,
      // what breaks a limit elsewhere is not tried here while it rests there
      isForbidden: ({ id }) =>
        id === incumbent.id || barred.has(id) || (barredSomewhere.has(id) && !Object.hasOwn(memory.retries, id)),
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
    const { objective } = this.turn.input.policy;
    const difference = this.view.difference(trial.parameters);
    const interval = intervalOf(trial, this.turn.options.alpha);
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
