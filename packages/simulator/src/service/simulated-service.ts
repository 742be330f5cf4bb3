/** A service as an environment: calls by the Poisson distribution, users in a row, late ratings, lost cycles. */
import {
  type CycleStatistics,
  type LearnerAllocation,
  type LearnerAllocations,
  type LearnerSpecification,
  type OutsideSetting,
  type Random,
  randomFromSeed,
  type VariantStatistics,
} from "@trimtab/learning";
import type { Environment, EnvironmentRun } from "../environment.ts";
import { poisson } from "../poisson.ts";
import { DURATION_BOUNDS, SCORE_BOUNDS, type Service, type ServiceBehaviour, type Weather } from "./service.ts";
import { truthOf } from "./service-truth.ts";
import { Tally, type Taste } from "./tally.ts";

/** The environment of a service. */
export function simulatedService(service: Service): Environment {
  const { name, summary, events = [] } = service;
  return {
    name,
    summary,
    events,
    specification: specificationOf(service),
    create: (seed) => new ServiceRun(service, seed),
  };
}

function specificationOf(service: Service): LearnerSpecification {
  const { name, contextKeys, parameters, objective, limits = {} } = service;
  return {
    name,
    contextKeys,
    parameters: Object.entries(parameters).map(([parameter, fields]) => ({
      name: parameter,
      type: "choices" in fields ? "choice" : "number",
      ...fields,
    })),
    objective: Object.fromEntries(Object.entries(objective).filter(([, part]) => part !== undefined)),
    constraints: [
      ...(limits.successRate === undefined ? [] : [{ kind: "success-rate", minimum: limits.successRate }]),
      ...(limits.successRatio === undefined ? [] : [{ kind: "success-rate-ratio", minimumRatio: limits.successRatio }]),
      ...(limits.p95Seconds === undefined ? [] : [{ kind: "p95-latency", maximumSeconds: limits.p95Seconds }]),
      ...(limits.p95Ratio === undefined ? [] : [{ kind: "p95-latency-ratio", maximumRatio: limits.p95Ratio }]),
    ],
    holdout: 0.05,
    bounds: { duration: service.durationBounds ?? DURATION_BOUNDS, quality: SCORE_BOUNDS, feedback: SCORE_BOUNDS },
  };
}

/** A rating on its way. */
interface PendingRating {
  readonly context: string;
  readonly variant: string;
  readonly mean: number;
}

class ServiceRun implements EnvironmentRun {
  readonly contexts: readonly string[];
  readonly truth: EnvironmentRun["truth"];
  private readonly service: Service;
  private readonly base: OutsideSetting;
  /** The calls have a stream per context, so that what one context is served does not change another's chance. */
  private readonly streams: ReadonlyMap<string, Random>;
  private readonly events: Random;
  private readonly pending = new Map<number, PendingRating[]>();
  private readonly behaviours = new Map<string, ServiceBehaviour>();

  constructor(service: Service, seed: number) {
    this.service = service;
    this.contexts = Object.keys(service.traffic);
    this.truth = truthOf(service);
    this.base = Object.fromEntries(Object.entries(service.parameters).map(([name, { base }]) => [name, base]));
    const stream = (name: string): Random => randomFromSeed(`${service.name} ${seed} ${name}`);
    this.streams = new Map(this.contexts.map((context) => [context, stream(`calls ${context}`)]));
    this.events = stream("events");
  }

  step(allocations: LearnerAllocations, cycle: number): CycleStatistics | null {
    const { service, events } = this;
    const contexts: Record<string, { variants: Record<string, VariantStatistics> }> = {};
    const tallies = new Map<string, Map<string, Tally>>();
    const tallyOf = (context: string, variant: string): Tally => {
      const known = tallies.get(context) ?? new Map<string, Tally>();
      tallies.set(context, known);
      const tally = known.get(variant) ?? new Tally(service.durationBounds ?? DURATION_BOUNDS);
      known.set(variant, tally);
      return tally;
    };
    const share = service.kept?.(cycle, events.uniform()) ?? 1;
    for (const context of this.contexts) this.serve(context, allocations[context], cycle, share, tallyOf);
    for (const { context, variant, mean } of this.pending.get(cycle) ?? [])
      tallyOf(context, variant).rate(mean, events);
    this.pending.delete(cycle);
    if (service.isLost?.(cycle, events.uniform()) === true) return null;
    for (const [context, variants] of tallies)
      contexts[context] = { variants: Object.fromEntries([...variants].map(([id, tally]) => [id, tally.read()])) };
    return { cycle, contexts };
  }

  private serve(
    context: string,
    allocated: readonly LearnerAllocation[] | undefined,
    cycle: number,
    kept: number,
    tallyOf: (context: string, variant: string) => Tally,
  ): void {
    const { service, streams, base } = this;
    const random = streams.get(context) ?? this.events;
    const weather = service.weather?.(cycle, random.gaussian()) ?? {};
    const variants = allocated ?? [{ id: "baseline", role: "baseline", parameters: base, weight: 1 } as const];
    const luck = variants.map(() => (service.dispersion ?? 0.01) * random.gaussian());
    const behaviours = variants.map((variant) => this.behaviourOf(variant.parameters, context, cycle));
    let calls = poisson((service.traffic[context] ?? 0) * (service.load?.(cycle) ?? 1), random);
    while (calls > 0) {
      const index = pick(variants, random.uniform());
      const variant = variants[index];
      const behaviour = behaviours[index];
      if (variant === undefined || behaviour === undefined) return;
      const size = Math.min(calls, callsOfUser(service.callsPerUser ?? 1, random));
      const taste = tasteOf(service, random);
      calls -= size;
      for (let call = 0; call < size; call++) {
        if (kept < 1 && random.uniform() >= kept) continue;
        const shifted: Weather = { ...weather, quality: (weather.quality ?? 0) + (luck[index] ?? 0) };
        tallyOf(context, variant.id).call(behaviour, service, shifted, taste, random);
        this.scheduleRating(context, variant.id, behaviour, cycle, random);
      }
    }
  }

  private scheduleRating(
    context: string,
    variant: string,
    behaviour: ServiceBehaviour,
    cycle: number,
    random: Random,
  ): void {
    const { ratings } = this.service;
    if (ratings === undefined || random.uniform() >= ratings.share) return;
    const delay = 1 - Math.log(1 - random.uniform()) * ratings.delayCycles;
    const at = cycle + Math.ceil(delay);
    const due = this.pending.get(at) ?? [];
    due.push({ context, variant, mean: behaviour.rating ?? behaviour.quality });
    this.pending.set(at, due);
  }

  private behaviourOf(setting: OutsideSetting, context: string, cycle: number): ServiceBehaviour {
    const key = `${context} ${this.service.epoch?.(cycle) ?? 0} ${JSON.stringify(setting)}`;
    const known = this.behaviours.get(key) ?? this.service.behaviour(setting, context, cycle);
    this.behaviours.set(key, known);
    return known;
  }
}

function pick(variants: readonly LearnerAllocation[], uniform: number): number {
  let left = uniform;
  for (let index = 0; index < variants.length - 1; index++) {
    left -= variants[index]?.weight ?? 0;
    if (left < 0) return index;
  }
  return variants.length - 1;
}

/** A geometric number with this mean, at least 1. */
function callsOfUser(mean: number, random: Random): number {
  return mean <= 1 ? 1 : 1 + Math.floor(Math.log(1 - random.uniform()) / Math.log(1 - 1 / mean));
}

const NO_TASTE: Taste = { quality: 0, logSeconds: 0 };

function tasteOf({ callsPerUser = 1 }: Service, random: Random): Taste {
  return callsPerUser <= 1 ? NO_TASTE : { quality: 0.08 * random.gaussian(), logSeconds: 0.2 * random.gaussian() };
}
