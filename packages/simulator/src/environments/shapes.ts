/** What the built-in services have in common. */
import type { OutsideSetting } from "@trimtab/learning";
import type { ServiceBehaviour, ServiceObjective, ServiceParameters } from "../service/service.ts";

/** A model and a temperature: 27 settings. */
export const MODEL_AND_TEMPERATURE: ServiceParameters = {
  model: { base: "small", choices: ["small", "medium", "large"] },
  temperature: { base: 0.5, min: 0.1, max: 0.9, step: 0.1 },
};

/** Mostly quality, some success and latency. */
export const MOSTLY_QUALITY: ServiceObjective = {
  quality: 0.6,
  success: 0.2,
  latency: { weight: 0.2, good: 0.1, bad: 10 },
};

/** A service in good health. */
export const HEALTHY: ServiceBehaviour = { success: 0.94, partial: 0.02, quality: 0.6, medianSeconds: 0.8 };

/** Contexts `genre=g0` and so on with these calls per cycle. */
export function genres(...callsPerCycle: readonly number[]): Record<string, number> {
  return Object.fromEntries(callsPerCycle.map((calls, index) => [`genre=g${index}`, calls]));
}

/** The number of a context's `key`, e.g. 3 of `genre=g3,size=s1` for `genre`. */
export function numberOf(context: string, key: string): number {
  return Number(new RegExp(`${key}=[a-z]+(\\d+)`).exec(context)?.[1] ?? 0);
}

/** 1 at the optimum, falling with the square of the distance, 0 at a distance of `reach`; below 0 beyond. */
export function hill(value: number, optimum: number, reach: number): number {
  return 1 - ((value - optimum) / reach) ** 2;
}

/** The same on the log scale; `reach` is a factor. */
export function logHill(value: number, optimum: number, reach: number): number {
  return hill(Math.log(value), Math.log(optimum), Math.log(reach));
}

/** A setting's number. */
export function number(setting: OutsideSetting, name: string): number {
  return Number(setting[name]);
}
