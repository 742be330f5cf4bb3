/**
 * Thompson sampling by context: a setting gets calls as often as it may be the best of what runs.
 *
 *     share of a challenger = P(it is the best of those that run), from draws of the posterior
 *     posterior: independent priors N(0, scale²), and the differences inside each window (strategies/arm-evidence.ts)
 *     adopted when e = 2Φ(m/s) · (s/s₀) · exp(m²/2s²) ≥ √(1 + tests)/α             (statistics/e-value.ts)
 *
 * Only differences between variants of the same window count, so growing shares and a day that gets better do not mix (Simpson). Old
 * windows count less, so it follows a drift. Shares follow chance at once; the incumbent changes only on a test that may be read
 * at any time, because draws that are read after every window would adopt something in the end whatever is true.
 *
 * Wrong where settings are many: each is learnt by itself, and in each context anew. `response-surface` shares what neighbouring
 * settings and sibling contexts show.
 * Reference: Thompson (1933); Russo et al. (2018), A Tutorial on Thompson Sampling.
 */
import type { Json, ParameterValues, VariantId } from "@trimtab/conventions";
import type { Reason } from "../decision/decision.ts";
import { summarizeVariant } from "../decision/variant-summary.ts";
import { DEFAULT_WINDOW_RULE } from "../evidence/windows.ts";
import { baselineOf, describeSetting, type Setting, settingOf, tooLargeStep } from "../policy/setting.ts";
import { logSavageDickey, probabilityAbove } from "../statistics/e-value.ts";
import { type Random, randomFromSeed } from "../statistics/random.ts";
import { ArmBelief, type ArmEvidence, discountArms, learnArms, NO_ARMS } from "./arm-evidence.ts";
import { limitRefusal } from "./limit-proof.ts";
import { candidateSettings, type Neighbourhood, neighbourhoodOf } from "./neighbourhood.ts";
import { type OptionValues, optionValues } from "./options.ts";
import type { ContextObservation, ContextProposal, ProposedChange, Strategy, StrategyInput } from "./strategy.ts";
import type { StrategyDefinition } from "./strategy-definition.ts";
import { describeDifference } from "./trial.ts";

/** The options of `thompson-sampling`. */
const THOMPSON_SAMPLING_OPTIONS = {
  alpha: { type: "number", default: 0.05, min: 0.0001, max: 0.5 },
  challengers: { type: "number", default: 2, min: 1, max: 4, isWhole: true },
  minimumCalls: { type: "number", default: 30, min: 1, max: 1e6, isWhole: true },
  minimumEffect: { type: "number", default: 0.002, min: 0, max: 0.5 },
  scale: { type: "number", default: 0.05, min: 0.001, max: 1 },
  halfLifeCycles: { type: "number", default: 300, min: 1, max: 1e6 },
} as const;

type Options = OptionValues<typeof THOMPSON_SAMPLING_OPTIONS>;

/** One challenger; JSON. */
type Running = { readonly parameters: ParameterValues; readonly weight: number; readonly decisions: number };

/** The memory of one context; JSON. */
type Memory = {
  readonly evidence: ArmEvidence;
  readonly running: Readonly<Record<VariantId, Running>>;
  /** Challengers that were given up: more looks ask for more proof. */
  readonly tests: number;
};

const FIRST_SHARE = 0.2;
const UNSURE_SHARE = 0.1;
const SMALLEST_SHARE = 0.05;
const LARGEST_SHARE = 0.5;
const DRAWS = 100;
/** A challenger that is the best in fewer draws makes room. */
const HOPELESS = 0.03;
/** After so many decisions one that runs makes room for one that is the best this many times as often. */
const ROOM_DECISIONS = 4;
const OUTSHINES = 2;
const SURE_OF_LIMITS = 0.9;
/** A change of shares closes the window, so it has to be worth one. */
const WORTHWHILE_CHANGE = 1.4;
const MOST_ARMS = 24;
const AFTER_ROLL_BACK = 0.1;
const MOST_CONFIDENT = 0.9999;

/** The strategy as it stands in the list. */
export const THOMPSON_SAMPLING: StrategyDefinition = {
  id: "thompson-sampling",
  options: THOMPSON_SAMPLING_OPTIONS,
  build: thompsonSampling,
};

/** The strategy with these options. */
export function thompsonSampling(given: Readonly<Record<string, unknown>>): Strategy {
  const options = optionValues(THOMPSON_SAMPLING_OPTIONS, given);
  return {
    id: "thompson-sampling",
    windowRule: DEFAULT_WINDOW_RULE,
    propose(input) {
      const near = neighbourhoods(input);
      const proposals = input.contexts.map(
        (observation) => [observation.id, new ThompsonTurn(observation, input, options, near).decide()] as const,
      );
      return { shared: null, contexts: new Map(proposals) };
    },
  };
}

/** The settings around an incumbent; most contexts have one of a few incumbents. */
function neighbourhoods({ policy: { parameters }, seed }: StrategyInput): (incumbent: Setting) => Neighbourhood {
  const found = new Map<VariantId, Neighbourhood>();
  const baseline = baselineOf(parameters);
  const candidates = candidateSettings(parameters, baseline, randomFromSeed(`${seed} grid`));
  return (incumbent) => {
    let near = found.get(incumbent.id);
    if (near === undefined) {
      near = neighbourhoodOf(parameters, incumbent, baseline, candidates);
      found.set(incumbent.id, near);
    }
    return near;
  };
}

/** One turn of one context. */
class ThompsonTurn {
  private readonly observation: ContextObservation;
  private readonly input: StrategyInput;
  private readonly options: Options;
  private readonly near: (incumbent: Setting) => Neighbourhood;
  private readonly random: Random;
  private readonly refused: { variant: VariantId; reason: Reason }[] = [];

  constructor(
    observation: ContextObservation,
    input: StrategyInput,
    options: Options,
    near: (incumbent: Setting) => Neighbourhood,
  ) {
    this.observation = observation;
    this.input = input;
    this.options = options;
    this.near = near;
    this.random = randomFromSeed(`${input.seed} ${observation.id}`);
  }

  decide(): ContextProposal {
    const { windows, takenBack, incumbent } = this.observation;
    const memory = this.learnt();
    if (takenBack.length > 0 || windows.length === 0) {
      const sentence = "The window of the context is not full yet.";
      return { memory: memory as unknown as Json, reason: { code: "COLLECTING", sentence }, refused: [] };
    }
    const belief = new ArmBelief(memory.evidence, this.options.scale);
    const threshold = Math.sqrt(1 + memory.tests) / this.options.alpha;
    const retreat = this.retreat(belief);
    if (retreat !== undefined) {
      const stopped: Memory = { ...memory, running: {} };
      return {
        memory: stopped as unknown as Json,
        reason: retreat.reason,
        refused: [],
        change: retreat,
        challengers: [],
      };
    }
    const winner = this.winner(memory, belief, threshold);
    if (winner === undefined) return this.share(memory, belief, incumbent);
    const change = this.changeTo(winner, memory, belief, threshold);
    if (!this.input.mayApply(change.confidence))
      return { memory: memory as unknown as Json, reason: change.reason, refused: this.refused, change };
    const { [winner]: _, ...others } = memory.running;
    const next = this.share({ ...memory, running: others }, belief, {
      id: winner,
      parameters: (memory.running[winner] as Running).parameters,
    });
    return { ...next, reason: change.reason, change };
  }

  private learnt(): Memory {
    const { memory, windows, takenBack, known } = this.observation;
    const before = memory as unknown as Memory | undefined;
    const { halfLifeCycles } = this.options;
    let evidence = before?.evidence ?? NO_ARMS;
    for (const window of windows)
      evidence = learnArms(evidence, window, known, { cycle: this.input.cycle, halfLifeCycles, mostArms: MOST_ARMS });
    if (takenBack.length > 0) evidence = discountArms(evidence, AFTER_ROLL_BACK);
    const running = Object.entries(before?.running ?? {}).filter(([variant]) => !takenBack.includes(variant));
    return { evidence, running: Object.fromEntries(running), tests: before?.tests ?? 0 };
  }

  /** Back to the base values, when they are proven better than what is served. */
  private retreat(belief: ArmBelief): ProposedChange | undefined {
    const { baseline, incumbent } = this.observation;
    if (baseline.id === incumbent.id) return undefined;
    const difference = belief.difference(baseline.id, incumbent.id);
    const logE = logSavageDickey(difference.mean, difference.deviation, difference.prior);
    if (difference.mean <= this.options.minimumEffect || logE < -Math.log(this.options.alpha)) return undefined;
    const sentence = `The base values are better than ${describeSetting(incumbent.parameters)}: ${describeDifference(difference)}.`;
    return {
      to: baseline.parameters,
      confidence: Math.min(MOST_CONFIDENT, 1 - Math.exp(-logE)),
      reason: { code: "HOLDOUT_IS_BETTER", sentence },
      basis: this.basisOf(baseline, logE, 1 / this.options.alpha),
    };
  }

  /** The challenger that is proven better than the incumbent; of several the surest. */
  private winner({ evidence, running }: Memory, belief: ArmBelief, threshold: number): VariantId | undefined {
    const { incumbent, limits } = this.observation;
    let best: { readonly variant: VariantId; readonly logE: number } | undefined;
    for (const variant of Object.keys(running).sort()) {
      const difference = belief.difference(variant, incumbent.id);
      const logE = logSavageDickey(difference.mean, difference.deviation, difference.prior);
      const calls = evidence.arms[variant]?.calls ?? 0;
      if (
        calls < this.options.minimumCalls ||
        logE < Math.log(threshold) ||
        difference.mean <= this.options.minimumEffect
      )
        continue;
      const refusal = limitRefusal(variant, limits(variant), describeDifference(difference));
      if (refusal !== undefined) this.refused.push({ variant, reason: refusal });
      else if (best === undefined || logE > best.logE) best = { variant, logE };
    }
    return best?.variant;
  }

  private changeTo(
    variant: VariantId,
    { evidence, running }: Memory,
    belief: ArmBelief,
    threshold: number,
  ): ProposedChange {
    const { incumbent, baseline } = this.observation;
    const { parameters } = running[variant] as Running;
    const difference = belief.difference(variant, incumbent.id);
    const logE = logSavageDickey(difference.mean, difference.deviation, difference.prior);
    const better = probabilityAbove(0, difference.mean, difference.deviation);
    const calls = Math.round(evidence.arms[variant]?.calls ?? 0);
    const sentence =
      `${describeSetting(incumbent.parameters)} to ${describeSetting(parameters)}: ${describeDifference(difference)}, ` +
      `${calls} recent calls, better with a probability of ${better.toFixed(3)}; e-value ${Math.exp(Math.min(60, logE)).toPrecision(3)}.`;
    return {
      to: parameters,
      confidence: Math.min(MOST_CONFIDENT, 1 - Math.exp(-logE), better),
      reason: { code: "PROVEN_BETTER", sentence },
      basis: this.basisOf(settingOf(parameters, baseline), logE, threshold),
    };
  }

  /** The last window's numbers beside the test, which rests on all of them. */
  private basisOf(to: Setting, logE: number, threshold: number): ProposedChange["basis"] {
    const { incumbent, windows } = this.observation;
    const { objective } = this.input.policy;
    const last = windows.at(-1);
    const side = (setting: Setting) =>
      summarizeVariant(
        setting,
        last?.arms.find(({ variant }) => variant === setting.id)?.measurements ?? NOTHING,
        objective,
      );
    return {
      window: { from: last?.from ?? 0, to: last?.to ?? 0 },
      windows: windows.length,
      from: side(incumbent),
      to: side(to),
      test: { name: "e-value", value: Math.exp(Math.min(700, logE)), threshold },
    };
  }

  /** Shares by draws: what is hopeless makes room, and free slots go to what a draw says is best. */
  private share(before: Memory, belief: ArmBelief, incumbent: Setting): ContextProposal {
    const isChanging = incumbent.id !== this.observation.incumbent.id;
    if (!isChanging && !this.observation.windows.some(({ isCurrent }) => isCurrent)) {
      const reason: Reason = { code: "COLLECTING", sentence: "The evidence is older than the last change of shares." };
      return { memory: before as unknown as Json, reason, refused: this.refused };
    }
    const chances = this.chances(incumbent, belief);
    const kept = this.reweighed(before, chances, belief, incumbent);
    const filled = this.filled(kept.running, chances, incumbent);
    const memory: Memory = { ...before, running: filled, tests: before.tests + kept.dropped };
    const names = Object.values(filled).map(({ parameters }) => describeSetting(parameters));
    const beside = `beside ${describeSetting(incumbent.parameters)}`;
    const isNew = Object.keys(filled).some((variant) => !Object.hasOwn(before.running, variant));
    const reason: Reason = isNew
      ? { code: "TRYING", sentence: `Tried ${beside}: ${names.join("; ")}.` }
      : {
          code: "NOTHING_PROVEN",
          sentence: `Not decided yet ${beside}: ${names.length === 0 ? "nothing is tried" : names.join("; ")}.`,
        };
    const challengers = Object.keys(filled)
      .sort()
      .map((variant) => filled[variant] as Running)
      .map(({ parameters, weight }) => ({ parameters, weight }));
    return { memory: memory as unknown as Json, reason, refused: this.refused, challengers };
  }

  /** How often each setting around the incumbent is the best of them and the incumbent; 0 to 1. */
  private chances(incumbent: Setting, belief: ArmBelief): Map<VariantId, number> {
    const variants = [incumbent.id, ...this.near(incumbent).near.map(({ id }) => id)];
    const wins = new Map<VariantId, number>();
    for (let number = 0; number < DRAWS; number++) {
      const draw = belief.draw(this.random);
      let best: VariantId | undefined;
      let highest = Number.NEGATIVE_INFINITY;
      for (const variant of variants) {
        const value = draw(variant);
        if (value <= highest) continue;
        highest = value;
        best = variant;
      }
      if (best !== undefined) wins.set(best, (wins.get(best) ?? 0) + 1 / DRAWS);
    }
    return wins;
  }

  /** The shares of what goes on; what is hopeless ends, and so does what is much less promising than something that does not run. */
  private reweighed(
    { running }: Memory,
    chances: ReadonlyMap<VariantId, number>,
    belief: ArmBelief,
    incumbent: Setting,
  ): { readonly running: Record<VariantId, Running>; readonly dropped: number } {
    const { barred } = this.observation;
    const hope = Math.max(0, ...this.free(running, incumbent).map(({ id }) => chances.get(id) ?? 0));
    const next: Record<VariantId, Running> = {};
    let dropped = 0;
    for (const variant of Object.keys(running).sort()) {
      const { parameters, weight, decisions } = running[variant] as Running;
      if (barred.has(variant) || !this.isReachable(incumbent, parameters)) continue;
      const chance = chances.get(variant) ?? 0;
      const isHopeless = decisions >= 2 && chance < HOPELESS;
      if (isHopeless || (decisions >= ROOM_DECISIONS && chance * OUTSHINES < hope)) {
        dropped += 1;
        const numbers = describeDifference(belief.difference(variant, incumbent.id));
        const share = `the best in ${(100 * chance).toFixed(0)} % of the draws`;
        const reason: Reason = isHopeless
          ? { code: "PROVEN_WORSE", sentence: `${variant}: ${numbers}, ${share}.` }
          : {
              code: "LESS_PROMISING",
              sentence: `${variant}: ${numbers}, ${share}; another in ${(100 * hope).toFixed(0)} %.`,
            };
        this.refused.push({ variant, reason });
        continue;
      }
      // nobody would see it break a limit that is not measured
      const most = this.observation.limits(variant).verdict === "unknown" ? UNSURE_SHARE : LARGEST_SHARE;
      const goal = Math.min(most, 2 * weight, Math.max(SMALLEST_SHARE, chance));
      const isWorthIt = goal > weight * WORTHWHILE_CHANGE || goal < weight / WORTHWHILE_CHANGE;
      next[variant] = { parameters, weight: isWorthIt ? goal : weight, decisions: decisions + 1 };
    }
    return { running: next, dropped };
  }

  /** The free slots go to what is the best most often. */
  private filled(
    running: Readonly<Record<VariantId, Running>>,
    chances: ReadonlyMap<VariantId, number>,
    incumbent: Setting,
  ): Record<VariantId, Running> {
    const { limits } = this.observation;
    const { constraints } = this.input.policy;
    const next: Record<VariantId, Running> = { ...running };
    const chanceOf = ({ id }: Setting): number => chances.get(id) ?? 0;
    const promising = this.free(running, incumbent)
      .filter((setting) => chanceOf(setting) >= HOPELESS && !this.refused.some(({ variant }) => variant === setting.id))
      .sort((left, right) => chanceOf(right) - chanceOf(left) || (left.id < right.id ? -1 : 1));
    for (const { id, parameters } of promising.slice(
      0,
      Math.max(0, this.options.challengers - Object.keys(next).length),
    )) {
      const isUnsure = constraints.length > 0 && limits(id).probability < SURE_OF_LIMITS;
      next[id] = { parameters, weight: isUnsure ? UNSURE_SHARE : FIRST_SHARE, decisions: 0 };
    }
    return next;
  }

  /** Settings around the incumbent that may run and do not. */
  private free(running: Readonly<Record<VariantId, Running>>, incumbent: Setting): Setting[] {
    const { barred } = this.observation;
    return this.near(incumbent).near.filter(({ id }) => !Object.hasOwn(running, id) && !barred.has(id));
  }

  private isReachable(incumbent: Setting, parameters: ParameterValues): boolean {
    return tooLargeStep(this.input.policy.parameters, incumbent.parameters, parameters) === undefined;
  }
}

const NOTHING = { success: 0, failure: 0, partial: 0 };
