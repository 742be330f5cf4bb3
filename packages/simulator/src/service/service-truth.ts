/** What is true of a service, from its facts. */
import type { OutsideSetting } from "@trimtab/learning";
import type { Truth } from "../environment.ts";
import type { Service, ServiceBehaviour, ServiceObjective } from "./service.ts";

const Z95 = 1.6448536269514722;
const DEFAULT_SPREAD = 0.4;
const POINTS = 81;

/** The truth of a service. Weather is left out: it hits all settings alike. */
export function truthOf(service: Service): Truth {
  const { limits, objective, traffic, behaviour, isBroken, load, epoch } = service;
  const base = Object.fromEntries(Object.entries(service.parameters).map(([name, { base: value }]) => [name, value]));
  return {
    utility: (context, setting, cycle) => utilityOf(behaviour(setting, context, cycle), objective),
    traffic: (context, cycle) => (traffic[context] ?? 0) * (load?.(cycle) ?? 1),
    epoch: (_context, cycle) => epoch?.(cycle) ?? 0,
    ...(limits === undefined
      ? {}
      : {
          breaksLimit(context: string, setting: OutsideSetting, cycle: number): boolean {
            const own = behaviour(setting, context, cycle);
            const usual = behaviour(base, context, cycle);
            const least = Math.max(limits.successRate ?? 0, (limits.successRatio ?? 0) * successRate(usual));
            if (successRate(own) < least * (1 - 1e-9)) return true;
            const relative = (limits.p95Ratio ?? Number.POSITIVE_INFINITY) * p95Of(usual);
            // the slack is for sums of doubles: a setting that is exactly at the limit keeps it
            return p95Of(own) > Math.min(limits.p95Seconds ?? Number.POSITIVE_INFINITY, relative) * (1 + 1e-9);
          },
        }),
    ...(isBroken === undefined
      ? {}
      : { isBroken: (_context: string, setting: OutsideSetting, cycle: number) => isBroken(setting, cycle) }),
  };
}

/** The expected utility of one call, 0 to 1. */
function utilityOf(behaviour: ServiceBehaviour, objective: ServiceObjective): number {
  const { quality = 0, success = 0, latency, cost, feedback = 0 } = objective;
  const parts = [
    quality * behaviour.quality,
    success * successRate(behaviour),
    feedback * (behaviour.rating ?? behaviour.quality),
    latency === undefined ? 0 : latency.weight * meanLatencyUtility(behaviour, latency),
    cost === undefined ? 0 : cost.weight * (1 - Math.min(1, (behaviour.cost ?? 0) / cost.reference)),
  ];
  return parts.reduce((sum, part) => sum + part, 0);
}

function successRate({ success, partial = 0 }: ServiceBehaviour): number {
  return success + partial / 2;
}

function p95Of({ medianSeconds, durationSpread = DEFAULT_SPREAD }: ServiceBehaviour): number {
  return medianSeconds * Math.exp(Z95 * durationSpread);
}

/** The mean of ℓ over the log-normal duration, at evenly spread points of ±4 deviations. */
function meanLatencyUtility(
  { medianSeconds, durationSpread = DEFAULT_SPREAD }: ServiceBehaviour,
  { good, bad }: { readonly good: number; readonly bad: number },
): number {
  let sum = 0;
  let weight = 0;
  for (let point = 0; point < POINTS; point++) {
    const z = -4 + (8 * point) / (POINTS - 1);
    const density = Math.exp((-z * z) / 2);
    const logSeconds = Math.log(medianSeconds) + durationSpread * z;
    const utility = (Math.log(bad) - logSeconds) / (Math.log(bad) - Math.log(good));
    sum += density * Math.min(1, Math.max(0, utility));
    weight += density;
  }
  return sum / weight;
}
