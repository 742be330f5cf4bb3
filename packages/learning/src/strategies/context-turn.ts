/** What `response-surface` decides for one context, once everything of this turn is learnt. */
import type { Json, VariantId } from "@trimtab/conventions";
import type { Reason } from "../decision/decision.ts";
import { describeSetting, type Setting } from "../policy/setting.ts";
import { logSavageDickey } from "../statistics/e-value.ts";
import { type Random, randomFromSeed } from "../statistics/random.ts";
import type { FeatureMap } from "../surface/features.ts";
import { type ContextBelief, type PooledSurface, sumOfBeliefs } from "../surface/pooled-surface.ts";
import { fillSlots, mayTry, reweigh, sharesOf } from "./challengers.ts";
import { expectNext } from "./drift-watch.ts";
import { LimitView } from "./limit-view.ts";
import { makeRoom } from "./make-room.ts";
import type { Neighbourhood } from "./neighbourhood.ts";
import { limitRetreatOf, promotionOf, retreatOf, type Winner } from "./promotion.ts";
import type { ContextObservation, ContextProposal, ProposedChange, StrategyInput } from "./strategy.ts";
import { FEEDBACK, limitChannel, UTILITY } from "./surface-channels.ts";
import type { TrialMemory } from "./surface-memory.ts";
import type { SurfaceOptions } from "./surface-options.ts";
import { SurfaceView } from "./surface-view.ts";
import { describeDifference, judgeTrial, newTrial, type Trial, undecidedReason } from "./trial.ts";

const REST_WORSE_CYCLES = 20;
const REST_EQUIVALENT_CYCLES = 60;
const NO_INHERITANCE_CYCLES = 30;
const SPARSE_CALLS_PER_CYCLE = 8;
/** An incumbent with less than this probability of keeping the limits goes, by its own calls and by the model, also without an alarm. */
const BROKEN_LIMIT = 0.2;
const DOUBTFUL_LIMIT = 0.5;

/** What the decisions of one turn share. */
export interface SharedTurn {
  readonly input: StrategyInput;
  readonly options: SurfaceOptions;
  readonly features: FeatureMap;
  /** By channel. */
  readonly surfaces: ReadonlyMap<string, PooledSurface>;
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
  /** Without what ratings add: what the differences of a window measure. */
  private readonly callsView: SurfaceView;
  private readonly limits: LimitView;
  private readonly mayInherit: boolean;
  private readonly refused: { variant: VariantId; reason: Reason }[] = [];
  private readonly undecided: { variant: VariantId; reason: Reason }[] = [];

  constructor(observation: ContextObservation, turn: SharedTurn) {
    const { input, features, surfaces, alarms } = turn;
    this.observation = observation;
    this.turn = turn;
    this.random = randomFromSeed(`${input.seed} ${observation.id}`);
    const { incumbent, baseline, limitLevels } = observation;
    const beliefOf = (channel: string): ContextBelief | undefined => surfaces.get(channel)?.beliefOf(observation.id);
    const calls = beliefOf(UTILITY) as ContextBelief;
    const ratings = beliefOf(FEEDBACK);
    this.belief = ratings === undefined ? calls : sumOfBeliefs(calls, ratings);
    this.view = new SurfaceView(features, this.belief, incumbent.parameters);
    this.callsView = ratings === undefined ? this.view : new SurfaceView(features, calls, incumbent.parameters);
    const limits = limitLevels.flatMap((level, index) => {
      const belief = beliefOf(limitChannel(index));
      return belief === undefined ? [] : [{ level, belief }];
    });
    this.limits = new LimitView(features, limits, baseline.parameters);
    this.mayInherit = input.cycle - (alarms[observation.id] ?? Number.NEGATIVE_INFINITY) > NO_INHERITANCE_CYCLES;
  }

  /** Promotes, drops, tries or retreats; the memory is what the context has learnt in this turn. */
  decide(before: TrialMemory): ContextProposal {
    const retreat = this.retreat();
    if (retreat !== undefined) {
      const until = this.turn.input.cycle + REST_EQUIVALENT_CYCLES;
      const resting = { ...before.resting, [this.observation.incumbent.id]: until };
      const memory: TrialMemory = { ...before, trials: {}, resting, watch: null };
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
    const change = promotionOf(this.observation, adopted, this.view.difference(adopted.trial.parameters), {
      alpha: this.turn.options.alpha,
      objective: this.turn.input.policy.objective,
    });
    if (!this.turn.input.mayApply(change.confidence)) {
      return { memory: memory as unknown as Json, reason: change.reason, refused: this.refused, change };
    }
    return this.adopt(memory, adopted, change);
  }

  /** Back to the base values, when they are proven better than what is served, or that breaks a limit by a little for long. */
  private retreat(): ProposedChange | undefined {
    const { baseline, incumbent, limits } = this.observation;
    if (baseline.id === incumbent.id) return undefined;
    const kept = limits(incumbent.id);
    // by the model too: where everything got worse together, the base values would not help
    const modelled = this.limits.probability(incumbent);
    if (kept.verdict === "passed" && kept.probability < BROKEN_LIMIT && modelled < DOUBTFUL_LIMIT)
      return limitRetreatOf(this.observation, kept.probability, this.turn.input.policy.objective);
    const { alpha, minimumEffect } = this.turn.options;
    const difference = this.view.difference(baseline.parameters);
    const logE = logSavageDickey(difference.mean, difference.deviation, difference.prior);
    if (difference.mean <= minimumEffect || logE < -Math.log(alpha)) return undefined;
    return retreatOf(this.observation, difference, logE, { alpha, objective: this.turn.input.policy.objective });
  }

  /** Judges every challenger; the best of the proven ones wins. */
  private judge(before: TrialMemory): { readonly memory: TrialMemory; readonly winner: Winner | undefined } {
    const { alpha, minimumEffect } = this.turn.options;
    // the threshold grows with those that run at a time, and slowly with those that ran, so that many do not add up to false alarms
    const parallel = this.slots(this.observation.incumbent) / this.turn.options.challengers;
    const threshold = (parallel / alpha) * Math.max(1, Math.sqrt(1 + before.tests) / (1 + before.wins));
    const trials: Record<VariantId, Trial> = {};
    const resting = { ...before.resting };
    let { tests, retries } = before;
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
        // once proven, it deserves another try when it has rested for long: the incident may last
        if (trial.isRetry && verdict.kind === "worse") {
          retries = { ...retries, [variant]: trial.parameters };
          resting[variant] = this.turn.input.cycle + REST_EQUIVALENT_CYCLES;
        }
        continue;
      }
      trials[variant] = counted;
      if (verdict.kind === "going-on" && counted.windows > 0)
        this.undecided.push({
          variant,
          reason: undecidedReason(variant, counted, this.view.difference(counted.parameters), threshold),
        });
      if (verdict.kind === "blocked") this.refused.push({ variant, reason: verdict.reason });
      if (verdict.kind === "better" && (winner === undefined || verdict.logE > winner.verdict.logE))
        winner = { variant, trial: counted, verdict };
    }
    for (const [variant, { parameters, windows }] of Object.entries(trials)) {
      if (winner === undefined || variant === winner.variant || this.refused.some((each) => each.variant === variant))
        continue;
      const numbers = describeDifference(this.view.difference(parameters));
      const sentence = `${variant}: ${numbers} after ${windows} windows, while ${winner.variant} is proven.`;
      this.refused.push({ variant, reason: { code: "LESS_PROMISING", sentence } });
    }
    const memory: TrialMemory = { ...before, trials, resting, retries, tests };
    return winner === undefined ? { memory: this.makeRoom(memory), winner } : { memory, winner };
  }

  private makeRoom(before: TrialMemory): TrialMemory {
    const { incumbent, barred } = this.observation;
    const { near } = this.turn.neighbourhoodOf(incumbent);
    const { view, limits } = this;
    const until = this.turn.input.cycle + REST_WORSE_CYCLES;
    const { memory, refused } = makeRoom(before, { near, barred, view, limits, until });
    this.refused.push(...refused);
    return memory;
  }

  /** A context with few calls may take what the others have proven, without having run it. */
  private inheritUntried(memory: TrialMemory): Winner | undefined {
    if (!this.isSparse(memory) || !this.mayInherit) return undefined;
    const { barred, incumbent } = this.observation;
    const { all } = this.turn.neighbourhoodOf(incumbent);
    let best: { readonly setting: Setting; readonly mean: number } | undefined;
    for (const setting of all) {
      const mean = this.view.mean(setting.parameters);
      if (best !== undefined && mean <= best.mean) continue; // the mean costs least to know, and most settings fail by it
      if (barred.has(setting.id) || Object.hasOwn(memory.resting, setting.id) || !mayTry(setting, this.limits))
        continue;
      best = { setting, mean };
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
    const weighed = reweigh(filled.trials, this.view, this.limits, this.random, this.isSparse(before));
    const trials = Object.entries(weighed).map(([variant, trial]) => {
      const { mean, deviation } = this.callsView.difference(trial.parameters);
      return [variant, { ...trial, drift: expectNext(trial.drift, mean, deviation) }] as const;
    });
    const toBaseline = this.callsView.difference(baseline.parameters);
    const watched =
      incumbent.id === baseline.id ? null : expectNext(before.watch, toBaseline.mean, toBaseline.deviation);
    const memory: TrialMemory = { ...filled, trials: Object.fromEntries(trials), watch: watched };
    const names = Object.values(weighed).map((trial) => describeSetting(trial.parameters));
    const beside = `beside ${describeSetting(incumbent.parameters)}`;
    const isNew = Object.keys(weighed).some((variant) => !Object.hasOwn(before.trials, variant));
    const unknown = this.observation.limitLevels.includes(null);
    const reason: Reason = isNew
      ? { code: "TRYING", sentence: `Tried ${beside}: ${names.join("; ")}.` }
      : unknown && names.length === 0
        ? {
            code: "LIMIT_UNKNOWN",
            sentence: "Nothing is tried before it is known how the base values stand against every limit.",
          }
        : {
            code: "NOTHING_PROVEN",
            sentence:
              names.length === 0
                ? `Nothing is likely to be better than ${describeSetting(incumbent.parameters)}.`
                : `Not decided yet ${beside}: ${names.join("; ")}.`,
          };
    const undecided = this.undecided.filter(({ variant }) => Object.hasOwn(weighed, variant));
    return {
      memory: memory as unknown as Json,
      reason,
      refused: this.refused,
      undecided,
      challengers: sharesOf(weighed),
    };
  }

  /** Without an incumbent there is one variant less to compare with, so one more may run. */
  private slots(incumbent: Setting): number {
    return this.turn.options.challengers + (incumbent.id === this.observation.baseline.id ? 1 : 0);
  }

  private fill(memory: TrialMemory, incumbent: Setting, view: SurfaceView): TrialMemory {
    const { barred } = this.observation;
    const { barredSomewhere } = this.turn;
    return fillSlots(memory, {
      neighbourhood: this.turn.neighbourhoodOf(incumbent),
      view,
      random: this.random,
      slots: this.slots(incumbent),
      minimumEffect: this.turn.options.minimumEffect,
      // what breaks a limit elsewhere is not tried here while it rests there
      isForbidden: ({ id }) =>
        id === incumbent.id || barred.has(id) || (barredSomewhere.has(id) && !Object.hasOwn(memory.retries, id)),
      limits: this.limits,
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
      limitProbability: this.limits.probability({ id: variant, parameters }),
      mayInherit: this.mayInherit,
      needsRatings: this.turn.input.policy.objective.feedback !== undefined,
      isSparse: this.isSparse(memory),
    };
  }

  private isSparse(memory: TrialMemory): boolean {
    return memory.callsPerCycle < SPARSE_CALLS_PER_CYCLE;
  }
}
