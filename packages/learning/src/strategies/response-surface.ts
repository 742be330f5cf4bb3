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
import type { Json } from "@trimtab/conventions";
import { maximumContextsOf } from "../policy/maximum-contexts.ts";
import { baselineOf } from "../policy/setting.ts";
import { randomFromSeed } from "../statistics/random.ts";
import { type FeatureMap, featureMapOf } from "../surface/features.ts";
import { FIRST_LEVELS, PooledSurface, type SurfaceLevels } from "../surface/pooled-surface.ts";
import { noEvidence } from "../surface/surface-evidence.ts";
import { ContextTurn, type SharedTurn } from "./context-turn.ts";
import { candidateSettings, type Neighbourhood, neighbourhoodOf } from "./neighbourhood.ts";
import { optionValues } from "./options.ts";
import type { ContextObservation, ContextProposal, Strategy, StrategyInput } from "./strategy.ts";
import { type Channel, channelsOf } from "./surface-channels.ts";
import { learnWindows, withLearnt } from "./surface-learning.ts";
import { openShared, openTrials, type SharedMemory } from "./surface-memory.ts";
import { RESPONSE_SURFACE_OPTIONS, type SurfaceOptions } from "./surface-options.ts";
import { weakenSurface } from "./surface-reset.ts";

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
    weaken: weakenSurface,
  };
}

/** One turn: learns from every context's windows first, then decides the contexts where one closed. */
class SurfaceTurn {
  private readonly input: StrategyInput;
  private readonly options: SurfaceOptions;
  private readonly features: FeatureMap;
  private readonly channels: readonly Channel[];
  private readonly observations: readonly ContextObservation[];

  constructor(input: StrategyInput, options: SurfaceOptions) {
    this.input = input;
    this.options = options;
    this.features = featureMapOf(input.policy.parameters);
    this.channels = channelsOf(input.policy);
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
          learnWindows(
            observation,
            opened,
            before.contexts[observation.id]?.evidence,
            this.channels,
            this.features,
            cycle,
          ),
        ] as const;
      }),
    );
    const found = new Map(this.observations.map(({ id, context }) => [id, context]));
    let shared = withLearnt(before, learnt, found, cycle, maximumContextsOf(this.input.policy));
    const deciding = this.observations.filter(({ windows, takenBack }) => takenBack.length === 0 && windows.length > 0);
    const contexts = new Map<string, ContextProposal>();
    for (const observation of this.observations) {
      const memory = learnt.get(observation.id)?.memory;
      if (memory !== undefined) contexts.set(observation.id, { ...COLLECTING, memory: memory as unknown as Json });
    }
    if (deciding.length > 0) {
      const surfaces = this.surfacesOf(shared);
      const turn = this.sharedTurn(surfaces, shared.alarms, deciding);
      for (const observation of deciding) {
        const memory = learnt.get(observation.id)?.memory;
        if (memory !== undefined) contexts.set(observation.id, new ContextTurn(observation, turn).decide(memory));
      }
      const turns = shared.turns + 1;
      const levels: Record<string, SurfaceLevels> = {};
      for (const [name, surface] of surfaces) levels[name] = surface.nextLevels(turns % LEARN_VARIANCES_EVERY === 0);
      shared = { ...shared, turns, levels };
    }
    return { shared: shared as unknown as Json, contexts };
  }

  private surfacesOf({ contexts, levels }: SharedMemory): Map<string, PooledSurface> {
    const { variances, size } = this.features;
    return new Map(
      this.channels.map(({ name, amplitude }) => {
        const nothing = noEvidence(size, this.input.cycle); // one for all: what it passes up is computed once
        const members = Object.entries(contexts).map(
          ([id, { context, evidence }]) => [id, { context, evidence: evidence[name] ?? nothing }] as const,
        );
        return [name, new PooledSurface(variances, amplitude, levels[name] ?? FIRST_LEVELS, new Map(members))];
      }),
    );
  }

  private sharedTurn(
    surfaces: ReadonlyMap<string, PooledSurface>,
    alarms: SharedTurn["alarms"],
    deciding: readonly ContextObservation[],
  ): SharedTurn {
    const { input, options, features } = this;
    const { parameters } = input.policy;
    const baseline = deciding[0]?.baseline ?? baselineOf(parameters);
    const candidates = candidateSettings(parameters, baseline, randomFromSeed(`${input.seed} grid`));
    const neighbourhoods = new Map<string, Neighbourhood>(); // most contexts have one of a few incumbents
    return {
      input,
      options,
      features,
      surfaces,
      alarms,
      barredSomewhere: new Set(input.contexts.flatMap(({ barred }) => [...barred])),
      neighbourhoodOf(incumbent) {
        let found = neighbourhoods.get(incumbent.id);
        if (found === undefined) {
          found = neighbourhoodOf(parameters, incumbent, baseline, candidates);
          neighbourhoods.set(incumbent.id, found);
        }
        return found;
      },
    };
  }
}

const COLLECTING: Omit<ContextProposal, "memory"> = {
  reason: { code: "COLLECTING", sentence: "The window of the context is not full yet." },
  refused: [],
};
