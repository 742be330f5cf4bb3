/**
 * One step at a time, for numbers: the neighbour of the incumbent in one parameter runs beside it, and becomes the incumbent when
 * it is proven better.
 *
 *     S = Σ d/v     V = Σ 1/v     over the windows in which both ran        d: difference in utility, v: its variance
 *     e = 2Φ(τS/√(1+τ²V)) · exp(τ²S²/(2(1+τ²V))) / √(1+τ²V)                 (statistics/e-value.ts; τ: a typical effect)
 *
 * Adopted when e ≥ 1/α, given up when the same test with the sign turned is as sure, when the always-valid interval ends below the
 * smallest effect that matters, or after `patience` windows. A step that won is followed by another in its direction; one that
 * lost by the opposite direction, then by the next parameter. When all have lost the search rests, because the world may change.
 *
 * Wrong where parameters are choices, where they interact (a ridge needs two to move together), where there are several hills, and
 * where contexts are many and small: nothing is learnt from other contexts.
 * Reference: coordinate search; the test is that of the other strategies (Ville 1939, Howard et al. 2021).
 */
import {
  type Json,
  type ParameterSpace,
  type ParameterValues,
  type Problem,
  type VariantId,
  valuesOf,
} from "@trimtab/conventions";
import type { Reason } from "../decision/decision.ts";
import { summarizeVariant } from "../decision/variant-summary.ts";
import { DEFAULT_WINDOW_RULE } from "../evidence/windows.ts";
import { describeSetting, type Setting, settingOf } from "../policy/setting.ts";
import { logEValue, posteriorOf, probabilityAbove } from "../statistics/e-value.ts";
import { limitRefusal } from "./limit-proof.ts";
import { numericParameter, numericParameterProblems } from "./numeric-parameter.ts";
import { type OptionValues, optionValues } from "./options.ts";
import type { ContextObservation, ContextProposal, Strategy, StrategyInput } from "./strategy.ts";
import type { StrategyDefinition } from "./strategy-definition.ts";
import { describeDifference, intervalOf, learnTrial, newTrial, type Trial } from "./trial.ts";

/** The options of `hill-climbing`. */
const HILL_CLIMBING_OPTIONS = {
  parameter: { type: "text", default: "" },
  alpha: { type: "number", default: 0.05, min: 0.0001, max: 0.5 },
  share: { type: "number", default: 0.3, min: 0.01, max: 0.7 },
  steps: { type: "number", default: 1, min: 1, max: 10_000, isWhole: true },
  minimumCalls: { type: "number", default: 20, min: 1, max: 1e6, isWhole: true },
  patience: { type: "number", default: 60, min: 2, max: 1e6, isWhole: true },
  minimumEffect: { type: "number", default: 0.002, min: 0, max: 0.5 },
  typicalEffect: { type: "number", default: 0.05, min: 0.001, max: 1 },
  restCycles: { type: "number", default: 60, min: 1, max: 1e6, isWhole: true },
} as const;

type Options = OptionValues<typeof HILL_CLIMBING_OPTIONS>;

/** Where the search of a context stands; JSON. */
type Search = {
  readonly incumbent: VariantId;
  /** The incumbent before the last step: it was left because this one is better. */
  readonly cameFrom: VariantId | null;
  /** The next direction, an index into the list of parameters times two: even is up, odd is down. */
  readonly direction: number;
  /** Directions that were tried from this incumbent without success. */
  readonly failures: number;
  readonly running: VariantId | null;
  readonly trial: Trial | null;
  /** The cycle in which the search goes on. */
  readonly restUntil: number;
};

/** Decisions without calls of the neighbour before it is given up. */
const MOST_IDLE = 20;
const MOST_CONFIDENT = 0.9999;

/** The strategy as it stands in the list. */
export const HILL_CLIMBING: StrategyDefinition = {
  id: "hill-climbing",
  options: HILL_CLIMBING_OPTIONS,
  build: hillClimbing,
  spaceProblems,
};

/** The strategy with these options. */
export function hillClimbing(given: Readonly<Record<string, unknown>>): Strategy {
  const options = optionValues(HILL_CLIMBING_OPTIONS, given);
  return {
    id: "hill-climbing",
    windowRule: DEFAULT_WINDOW_RULE,
    propose(input) {
      const proposals = input.contexts.map(
        (observation) => [observation.id, new Climb(observation, input, options).decide()] as const,
      );
      return { shared: null, contexts: new Map(proposals) };
    },
  };
}

/** One turn of one context. */
class Climb {
  private readonly observation: ContextObservation;
  private readonly input: StrategyInput;
  private readonly options: Options;
  private readonly names: readonly string[];
  private readonly refused: { variant: VariantId; reason: Reason }[] = [];

  constructor(observation: ContextObservation, input: StrategyInput, options: Options) {
    this.observation = observation;
    this.input = input;
    this.options = options;
    this.names = movedParameters(options.parameter, input.policy.parameters);
  }

  decide(): ContextProposal {
    const { windows, takenBack } = this.observation;
    const before = this.opened();
    if (takenBack.length > 0 || windows.length === 0) {
      const sentence = "The window of the context is not full yet.";
      return this.holding(before, { code: "COLLECTING", sentence });
    }
    const learnt = this.learnt(before);
    const { trial, running } = learnt;
    if (trial === null || running === null) return this.step(learnt);
    const numbers = this.describe(trial);
    const logE = logEValue(trial, this.options.typicalEffect);
    const isBetter = trial.calls >= this.options.minimumCalls && logE >= -Math.log(this.options.alpha);
    if (isBetter && trial.score > this.options.minimumEffect * trial.information) {
      const refusal = limitRefusal(running, this.observation.limits(running), numbers);
      if (refusal === undefined) return this.adopt(learnt, running, trial, logE);
      this.refused.push({ variant: running, reason: refusal });
      return this.goOn(learnt, running, trial);
    }
    const end = this.endOf(running, trial, numbers);
    if (end === undefined) return this.goOn(learnt, running, trial);
    this.refused.push({ variant: running, reason: end });
    return this.step(withFailure(learnt));
  }

  /** The search as it was, or begun anew where something else became the incumbent. */
  private opened(): Search {
    const { memory, incumbent, takenBack } = this.observation;
    const before = memory as unknown as Search | undefined;
    if (before === undefined || before.incumbent !== incumbent.id) {
      const direction = before?.direction ?? 0;
      return {
        incumbent: incumbent.id,
        cameFrom: null,
        direction,
        failures: 0,
        running: null,
        trial: null,
        restUntil: 0,
      };
    }
    return before.running !== null && takenBack.includes(before.running) ? withFailure(before) : before;
  }

  private learnt(before: Search): Search {
    const { running } = before;
    if (running === null || before.trial === null) return before;
    const { windows } = before.trial;
    let { trial } = before;
    for (const window of this.observation.windows) trial = learnTrial(trial, window, running, before.incumbent);
    return { ...before, trial: trial.windows > windows ? trial : { ...trial, idle: trial.idle + 1 } };
  }

  /** Why the neighbour is given up, or undefined. */
  private endOf(variant: VariantId, trial: Trial, numbers: string): Reason | undefined {
    const { alpha, typicalEffect, patience, minimumEffect } = this.options;
    if (trial.idle >= MOST_IDLE)
      return { code: "TOO_FEW_CALLS", sentence: `${variant} had no calls in ${trial.idle} windows.` };
    const logWorse = logEValue({ score: -trial.score, information: trial.information }, typicalEffect);
    const sentence = `${variant}: ${numbers} after ${trial.windows} windows.`;
    if (trial.calls >= this.options.minimumCalls && logWorse >= -Math.log(alpha))
      return { code: "PROVEN_WORSE", sentence };
    const upper = intervalOf(trial, alpha)?.upper ?? Number.POSITIVE_INFINITY;
    return trial.windows >= patience || upper < minimumEffect ? { code: "EQUIVALENT", sentence } : undefined;
  }

  private adopt(search: Search, variant: VariantId, trial: Trial, logE: number): ContextProposal {
    const { incumbent, baseline } = this.observation;
    const { objective } = this.input.policy;
    const { mean, deviation } = posteriorOf(trial, this.options.typicalEffect);
    const difference = intervalOf(trial, this.options.alpha);
    const sentence =
      `${describeSetting(incumbent.parameters)} to ${describeSetting(trial.parameters)}: ${this.describe(trial)}, ` +
      `${Math.round(trial.calls)} calls in ${trial.windows} windows; e-value ${Math.exp(Math.min(60, logE)).toPrecision(3)}.`;
    const reason: Reason = { code: "PROVEN_BETTER", sentence };
    const change = {
      to: trial.parameters,
      confidence: Math.min(MOST_CONFIDENT, 1 - Math.exp(-logE), probabilityAbove(0, mean, deviation)),
      reason,
      basis: {
        window: { from: trial.from, to: trial.to },
        windows: trial.windows,
        from: summarizeVariant(incumbent, trial.incumbent ?? NOTHING, objective),
        to: summarizeVariant(settingOf(trial.parameters, baseline), trial.challenger ?? NOTHING, objective),
        ...(difference === undefined ? {} : { difference }),
        test: { name: "e-value", value: Math.exp(Math.min(700, logE)), threshold: 1 / this.options.alpha },
      },
    };
    if (!this.input.mayApply(change.confidence))
      return { memory: search as unknown as Json, reason, refused: this.refused, change };
    const next = this.started(
      {
        ...search,
        incumbent: variant,
        cameFrom: incumbent.id,
        failures: 0,
        running: null,
        trial: null,
      },
      { id: variant, parameters: trial.parameters },
    );
    return {
      memory: next as unknown as Json,
      reason,
      refused: this.refused,
      change,
      challengers: this.challengersOf(next),
    };
  }

  /** Begins with the next neighbour, unless the search rests. */
  private step(search: Search): ContextProposal {
    const next = this.started(search, this.observation.incumbent);
    const beside = describeSetting(this.observation.incumbent.parameters);
    const reason: Reason =
      next.trial === null
        ? {
            code: "SEARCH_RESTS",
            sentence: `No step from ${beside} is better; the search rests until cycle ${next.restUntil}.`,
          }
        : { code: "TRYING", sentence: `Tried beside ${beside}: ${describeSetting(next.trial.parameters)}.` };
    return { memory: next as unknown as Json, reason, refused: this.refused, challengers: this.challengersOf(next) };
  }

  private goOn(search: Search, variant: VariantId, trial: Trial): ContextProposal {
    const sentence = `Not decided yet: ${variant} ${this.describe(trial)} after ${trial.windows} windows.`;
    return this.holding(search, { code: "NOTHING_PROVEN", sentence });
  }

  private holding(search: Search, reason: Reason): ContextProposal {
    return { memory: search as unknown as Json, reason, refused: this.refused };
  }

  /** The search with a neighbour that runs, or at rest where every direction has failed. */
  private started(search: Search, incumbent: Setting): Search {
    const { cycle } = this.input;
    if (cycle < search.restUntil) return search;
    const directions = 2 * this.names.length;
    let { failures } = search;
    let direction = search.direction % directions;
    for (; failures < directions; failures++, direction = (direction + 1) % directions) {
      const setting = this.neighbour(incumbent, direction);
      if (setting === undefined || setting.id === search.cameFrom || this.observation.barred.has(setting.id)) continue;
      const trial = newTrial(setting.parameters, this.options.share, false);
      return { ...search, direction, failures, running: setting.id, trial };
    }
    // what lost may win another day: the next round looks in every direction again
    const restUntil = cycle + this.options.restCycles;
    return { ...search, direction, failures: 0, cameFrom: null, running: null, trial: null, restUntil };
  }

  private neighbour({ parameters }: Setting, direction: number): Setting | undefined {
    const name = this.names[Math.floor(direction / 2)] ?? "";
    const specification = numericParameter(this.input.policy.parameters, name);
    const value = Number(parameters[name]);
    if (specification === undefined) return undefined;
    const reach = (specification.largestStep ?? Number.POSITIVE_INFINITY) * (1 + 1e-9);
    const grid = (valuesOf(specification) as readonly number[]).filter((other) => Math.abs(other - value) <= reach);
    const ahead =
      direction % 2 === 0 ? grid.filter((other) => other > value) : grid.filter((other) => other < value).reverse();
    const moved = ahead[Math.min(this.options.steps, ahead.length) - 1];
    return moved === undefined ? undefined : settingOf({ ...parameters, [name]: moved }, this.observation.baseline);
  }

  private challengersOf({ trial }: Search): { parameters: ParameterValues; weight: number }[] {
    return trial === null ? [] : [{ parameters: trial.parameters, weight: trial.weight }];
  }

  private describe(trial: Trial): string {
    return describeDifference({ ...posteriorOf(trial, this.options.typicalEffect), prior: this.options.typicalEffect });
  }
}

const NOTHING = { success: 0, failure: 0, partial: 0 };

/** The running neighbour has lost: the next direction is tried. */
function withFailure(search: Search): Search {
  return { ...search, direction: search.direction + 1, failures: search.failures + 1, running: null, trial: null };
}

/** Sorted, so that the order of declaration means nothing. */
function movedParameters(name: string, space: ParameterSpace): readonly string[] {
  return name === "" ? Object.keys(space).sort() : [name];
}

function spaceProblems(given: Readonly<Record<string, unknown>>, space: ParameterSpace): Problem[] {
  const { parameter } = optionValues(HILL_CLIMBING_OPTIONS, given);
  if (parameter !== "") return numericParameterProblems(space, parameter);
  const other = Object.keys(space).find((name) => numericParameter(space, name) === undefined);
  if (other === undefined) return [];
  const message =
    `hill-climbing moves numbers and integers only, and "${other}" is a ${space[other]?.type}; ` +
    "name the one parameter that shall move, or take response-surface";
  return [{ path: ["parameter"], message }];
}
