/** An invented service: what is true of it per setting, context and time, and the traffic that meets it. */
import {
  type Context,
  DURATION_BOUNDARIES_SECONDS,
  type ParameterValues,
  RATIO_BOUNDARIES,
} from "@trimtab/conventions";
import {
  type Histogram,
  latencyUtility,
  type Measurements,
  type MissingKind,
  type OperationPolicy,
  type Random,
} from "@trimtab/learning";

/** What is true of one setting in one context at one time. */
export interface Behaviour {
  /** 0 to 1. */
  readonly successRate: number;
  /** Mean quality, 0 to 1; scores lie evenly around it, as far as 0.2 where that fits. */
  readonly quality: number;
  readonly medianSeconds: number;
  /** Standard deviation of the logarithm of the duration. Default 0.4. */
  readonly durationSpread?: number;
  /** Cost per call in the objective's unit. */
  readonly cost?: number;
}

/** Traffic of one context. */
export interface ContextTraffic {
  readonly context: Context;
  readonly callsPerSecond: number;
}

/** A whole invented service. */
export interface World {
  readonly name: string;
  readonly policy: OperationPolicy;
  readonly traffic: readonly ContextTraffic[];
  readonly behaviour: (parameters: ParameterValues, context: Context, seconds: number) => Behaviour;
  /** Why nothing can be read at this time; by default everything can. */
  readonly missing?: (seconds: number) => MissingKind | undefined;
  /** Bounds of the duration buckets in seconds; by default those of the telemetry contract. */
  readonly durationBounds?: readonly number[];
}

const NORMAL_POINTS = 199;

/** The expected utility of one call, 0 to 1. */
export function trueUtility({ policy }: World, behaviour: Behaviour): number {
  const { quality, success, latency, cost } = policy.objective;
  let utility = (quality?.weight ?? 0) * behaviour.quality + (success?.weight ?? 0) * behaviour.successRate;
  if (latency !== undefined)
    utility += latency.weight * meanOver(behaviour, (seconds) => latencyUtility(latency, seconds));
  if (cost !== undefined) utility += cost.weight * (1 - Math.min(1, (behaviour.cost ?? 0) / cost.reference));
  return utility;
}

/** Is a limit of the operation broken, in truth? `baseline` is the behaviour of the base values at the same time. */
export function breaksLimit({ policy }: World, behaviour: Behaviour, baseline: Behaviour): boolean {
  return policy.constraints.some((constraint) => {
    if (constraint.kind === "success-rate") return behaviour.successRate < constraint.minimum;
    const limit =
      constraint.kind === "p95-latency" ? constraint.maximumSeconds : constraint.maximumRatio * p95(baseline);
    return p95(behaviour) > limit;
  });
}

/** Measures so many calls. */
export function measure(
  { policy, durationBounds }: World,
  behaviour: Behaviour,
  calls: number,
  random: Random,
): Measurements {
  const durations = emptyHistogram(durationBounds ?? DURATION_BOUNDARIES_SECONDS);
  const scores = emptyHistogram(RATIO_BOUNDARIES);
  const width = Math.min(0.2, behaviour.quality, 1 - behaviour.quality);
  let success = 0;
  for (let call = 0; call < calls; call++) {
    if (random.uniform() < behaviour.successRate) success += 1;
    record(durations, behaviour.medianSeconds * Math.exp(spreadOf(behaviour) * random.gaussian()));
    record(scores, behaviour.quality + width * (2 * random.uniform() - 1));
  }
  const { cost } = policy.objective;
  return {
    success,
    failure: calls - success,
    partial: 0,
    duration: durations,
    quality: scores,
    ...(cost === undefined ? {} : { cost: { [cost.unit]: { sum: calls * (behaviour.cost ?? 0) } } }),
  };
}

type MutableHistogram = { -readonly [Field in keyof Histogram]: Histogram[Field] } & { counts: number[] };

function emptyHistogram(bounds: readonly number[]): MutableHistogram {
  return { bounds, counts: Array.from({ length: bounds.length + 1 }, () => 0), sum: 0, count: 0 };
}

function record(histogram: MutableHistogram, value: number): void {
  let low = 0;
  let high = histogram.bounds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= (histogram.bounds[middle] ?? 0)) high = middle;
    else low = middle + 1;
  }
  histogram.counts[low] = (histogram.counts[low] ?? 0) + 1;
  histogram.sum += value;
  histogram.count += 1;
}

function spreadOf({ durationSpread = 0.4 }: Behaviour): number {
  return durationSpread;
}

function p95(behaviour: Behaviour): number {
  return behaviour.medianSeconds * Math.exp(1.6448536269514722 * spreadOf(behaviour));
}

/** The mean of a function of the duration, over evenly spread points of the normal distribution up to ±4 deviations. */
function meanOver(behaviour: Behaviour, valueOf: (seconds: number) => number): number {
  let sum = 0;
  let weight = 0;
  for (let index = 0; index < NORMAL_POINTS; index++) {
    const z = -4 + (8 * index) / (NORMAL_POINTS - 1);
    const density = Math.exp((-z * z) / 2);
    sum += density * valueOf(behaviour.medianSeconds * Math.exp(spreadOf(behaviour) * z));
    weight += density;
  }
  return sum / weight;
}
