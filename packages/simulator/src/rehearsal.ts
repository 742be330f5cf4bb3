/**
 * A rehearsal: somebody's own operation in invented services, to see how long learning takes at its traffic and what it risks.
 *
 * What is true of the operation nobody knows, so each seed invents another truth: one setting of the grid is best, by a gain that is
 * given, and utility falls with the square of the distance from it; contexts differ a little. Where the operation has limits, one end of
 * one parameter breaks them. The gain is an assumption: half of it takes about four times the calls.
 */
import {
  type Context,
  canonicalJson,
  contextId,
  type Json,
  type ParameterSpecification,
  type ParameterValue,
  shortDigest,
  valuesOf,
} from "@trimtab/conventions";
import {
  type LearnerSpecification,
  type OperationPolicy,
  type OutsideSetting,
  type Random,
  randomFromSeed,
} from "@trimtab/learning";
import type { Environment } from "./environment.ts";
import { SCORE_BOUNDS, type Service, type ServiceBehaviour } from "./service/service.ts";
import { simulatedService } from "./service/simulated-service.ts";

/** An operation and what is assumed of it. Plain data. */
export interface Rehearsal {
  readonly policy: OperationPolicy;
  /** Of all contexts together; the first context has the most, by Zipf's law with the exponent 0.8. */
  readonly callsPerCycle: number;
  readonly contexts: number;
  /** Utility per call, 0 to 1, by which the best setting beats the base values. */
  readonly gain: number;
}

/**
 * Names what a rehearsal is about by its content: another parameter, objective, limit or strategy has another name. The mode has no part
 * in it, nor has what is rehearsed apart.
 */
export function rehearsalSubject({
  component,
  operation,
  context,
  parameters,
  objective,
  constraints,
  confidence,
  holdout,
  strategy,
}: OperationPolicy): string {
  const { kind, options, module } = strategy;
  return shortDigest(
    canonicalJson(
      JSON.parse(
        JSON.stringify([
          { component, operation, context, parameters, objective, constraints, confidence, holdout },
          { kind, options, module: module?.digest },
        ]),
      ) as Json,
    ),
  );
}

/** The environment of a rehearsal. */
export function rehearsalEnvironment(rehearsal: Rehearsal): Environment {
  const { policy } = rehearsal;
  return {
    name: `${policy.component}.${policy.operation}`,
    summary: "An operation of one's own with an invented truth.",
    specification: specificationOf(policy),
    create: (seed) => simulatedService(inventedService(rehearsal, seed)).create(seed),
  };
}

/** What a learner is told of an operation. */
function specificationOf(policy: OperationPolicy): LearnerSpecification {
  const { quality, success, latency, cost, feedback } = policy.objective;
  return {
    name: `${policy.component}.${policy.operation}`,
    contextKeys: policy.context,
    parameters: Object.entries(policy.parameters).map(([name, specification]) => ({ name, ...specification })),
    objective: {
      ...(quality === undefined ? {} : { quality: quality.weight }),
      ...(success === undefined ? {} : { success: success.weight }),
      ...(latency === undefined
        ? {}
        : { latency: { weight: latency.weight, good: latency.goodSeconds, bad: latency.badSeconds } }),
      ...(cost === undefined ? {} : { cost: { weight: cost.weight, reference: cost.reference } }),
      ...(feedback === undefined ? {} : { feedback: feedback.weight }),
    },
    constraints: policy.constraints,
    holdout: policy.holdout,
    confidence: policy.confidence,
    bounds: { duration: durationBounds(policy), quality: SCORE_BOUNDS, feedback: SCORE_BOUNDS },
  };
}

function inventedService({ policy, callsPerCycle, contexts, gain }: Rehearsal, seed: number): Service {
  const { latency, cost, quality = { weight: 0 }, success = { weight: 0 }, feedback } = policy.objective;
  const random = randomFromSeed(`rehearsal ${seed}`);
  const ids = contextIds(policy.context, contexts);
  const zipf = ids.map((_, rank) => (rank + 1) ** -0.8);
  const total = zipf.reduce((sum, weight) => sum + weight, 0);
  const landscape = new Landscape(policy, ids, random);
  return {
    name: `${policy.component}.${policy.operation}`,
    summary: "",
    contextKeys: policy.context,
    traffic: Object.fromEntries(ids.map((id, rank) => [id, (callsPerCycle * (zipf[rank] ?? 0)) / total])),
    parameters: Object.fromEntries(
      Object.entries(policy.parameters).map(([name, { base }]) => [name, { base, choices: [] }]),
    ),
    objective: {
      quality: quality.weight,
      success: success.weight,
      ...(latency === undefined
        ? {}
        : { latency: { weight: latency.weight, good: latency.goodSeconds, bad: latency.badSeconds } }),
      ...(cost === undefined ? {} : { cost: { weight: cost.weight, reference: cost.reference } }),
      ...(feedback === undefined ? {} : { feedback: feedback.weight }),
    },
    durationBounds: durationBounds(policy),
    ...(feedback === undefined ? {} : { ratings: { share: 0.2, delayCycles: 10 } }),
    ...(policy.constraints.length === 0 ? {} : { limits: limitsOf(policy) }),
    behaviour: (setting, context) =>
      behaviourOf(policy, gain * landscape.height(setting, context), landscape.isDangerous(setting)),
  };
}

/** Ids such as `genre=a0,mood=a1`: as many values of every key as it takes. */
function contextIds(keys: readonly string[], count: number): string[] {
  if (keys.length === 0) return [""];
  const values = Math.ceil(count ** (1 / keys.length));
  return Array.from({ length: count }, (_, index) => {
    const context: Context = Object.fromEntries(
      keys.map((key, position) => [key, `v${Math.floor(index / values ** position) % values}`]),
    );
    return contextId(context);
  });
}

/** What a difference in utility is in measures: all of it in the part of the objective that has the most room above its usual level. */
function behaviourOf(
  { objective, constraints }: OperationPolicy,
  effect: number,
  isDangerous: boolean,
): ServiceBehaviour {
  const least = constraints.reduce((most, limit) => {
    if (limit.kind === "success-rate") return Math.max(most, limit.minimum);
    return limit.kind === "success-rate-ratio" ? Math.max(most, 0.9 * limit.minimumRatio) : most;
  }, 0);
  const usual = { quality: 0.6, feedback: 0.6, latency: 0.5, cost: 0.6, success: Math.max(0.9, least + 0.03) };
  const rooms = (Object.keys(usual) as (keyof typeof usual)[]).map((part) => {
    const weight = objective[part]?.weight ?? 0;
    return { part, weight, room: weight * (0.99 - usual[part]) };
  });
  const { part: carrier, weight } = rooms.reduce((most, each) => (each.room > most.room ? each : most));
  const of = (part: keyof typeof usual): number =>
    Math.min(0.99, Math.max(0.01, usual[part] + (part === carrier ? effect / weight : 0)));
  const { latency, cost } = objective;
  const scale = latency === undefined ? 0 : Math.log(latency.badSeconds / latency.goodSeconds);
  return {
    success: isDangerous && least > 0 ? least - 0.05 : of("success"),
    quality: of("quality"),
    medianSeconds: (isDangerous ? 2 : 1) * medianOf(objective, constraints) * Math.exp((0.5 - of("latency")) * scale),
    cost: (cost?.reference ?? 0) * (1 - of("cost")),
    rating: of("feedback"),
  };
}

/** In the middle of the scale of the objective, and a third below the limit. */
function medianOf({ latency }: OperationPolicy["objective"], constraints: OperationPolicy["constraints"]): number {
  const middle = latency === undefined ? 0.5 : Math.sqrt(latency.goodSeconds * latency.badSeconds);
  const p95 = Math.exp(1.645 * 0.4);
  return constraints.reduce(
    (least, limit) => (limit.kind === "p95-latency" ? Math.min(least, limit.maximumSeconds / p95 / 1.5) : least),
    middle,
  );
}

/** From a fiftieth to fifty times the usual duration, neighbours a factor of 1.2 apart. */
function durationBounds({ objective, constraints }: OperationPolicy): number[] {
  const least = medianOf(objective, constraints) / 50;
  return Array.from({ length: 44 }, (_, index) => Number((least * 1.2 ** index).toPrecision(3)));
}

function limitsOf({ constraints }: OperationPolicy): NonNullable<Service["limits"]> {
  return Object.assign(
    {},
    ...constraints.map((limit) => {
      if (limit.kind === "success-rate") return { successRate: limit.minimum };
      if (limit.kind === "success-rate-ratio") return { successRatio: limit.minimumRatio };
      return limit.kind === "p95-latency" ? { p95Seconds: limit.maximumSeconds } : { p95Ratio: limit.maximumRatio };
    }),
  ) as NonNullable<Service["limits"]>;
}

/** A hill over the space: 1 at the best setting, 0 at the base values, never below −3. */
class Landscape {
  private readonly policy: OperationPolicy;
  private readonly best: Readonly<Record<string, ParameterValue>>;
  /** How far the best place of a context lies from that of the others, by context and parameter. */
  private readonly shifts: ReadonlyMap<string, Readonly<Record<string, number>>>;
  private readonly danger: { readonly name: string; readonly values: ReadonlySet<ParameterValue> };

  constructor(policy: OperationPolicy, contexts: readonly string[], random: Random) {
    this.policy = policy;
    const pick = <Value>(list: readonly Value[]): Value => list[Math.floor(random.uniform() * list.length)] as Value;
    const parameters = Object.entries(policy.parameters);
    this.best = Object.fromEntries(parameters.map(([name, specification]) => [name, pick(valuesOf(specification))]));
    this.shifts = new Map(
      contexts.map((id) => [id, Object.fromEntries(parameters.map(([name]) => [name, 0.08 * random.gaussian()]))]),
    );
    const [name, specification] = pick(parameters);
    this.danger = { name, values: endOf(specification, this.best[name] as ParameterValue) };
  }

  height(setting: OutsideSetting, context: string): number {
    const base = Object.fromEntries(Object.entries(this.policy.parameters).map(([name, each]) => [name, each.base]));
    const far = this.distance(base, context);
    return far < 1e-6 ? -this.distance(setting, context) : Math.max(-3, 1 - this.distance(setting, context) / far);
  }

  isDangerous(setting: OutsideSetting): boolean {
    return this.danger.values.has(setting[this.danger.name] as ParameterValue);
  }

  /** The square of the distance from the best place of the context. */
  private distance(setting: OutsideSetting, context: string): number {
    let sum = 0;
    for (const [name, specification] of Object.entries(this.policy.parameters)) {
      const [value, best] = [setting[name], this.best[name]];
      if (typeof value === "number" && "min" in specification) {
        const shift = this.shifts.get(context)?.[name] ?? 0;
        sum += (unit(specification, value) - Math.min(1, Math.max(0, unit(specification, Number(best)) + shift))) ** 2;
      } else if (value !== best) sum += 0.25;
    }
    return sum;
  }
}

type Numeric = Extract<ParameterSpecification, { readonly min: number }>;

function unit({ min, max, scale }: Numeric, value: number): number {
  return scale === "log" ? Math.log(value / min) / Math.log(max / min) : (value - min) / (max - min);
}

/** The values beyond both the base and the best one, on the longer side; of choices one of the others. */
function endOf(specification: ParameterSpecification, best: ParameterValue): ReadonlySet<ParameterValue> {
  const values = valuesOf(specification);
  if (!("min" in specification)) {
    const other = values.find((value) => value !== specification.base && value !== best);
    return new Set(other === undefined ? [] : [other]);
  }
  const places = [values.indexOf(specification.base), values.indexOf(best)];
  const [first, last] = [Math.min(...places), Math.max(...places)];
  return new Set(values.length - 1 - last >= first ? values.slice(last + 1) : values.slice(0, first));
}
