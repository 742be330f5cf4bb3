/** What a person may set of `response-surface`. */
import type { OptionValues } from "./options.ts";

/** The options of `response-surface`, with their defaults and ranges. */
export const RESPONSE_SURFACE_OPTIONS = {
  /** Probability, per challenger, of ever adopting one that is no better. */
  alpha: { type: "number", default: 0.05, min: 0.0001, max: 0.5 },
  /** How many run beside baseline and incumbent; one more while the baseline is the best that is known. */
  challengers: { type: "number", default: 2, min: 1, max: 4, isWhole: true },
  /** A window closes with so many calls and cycles. */
  windowCalls: { type: "number", default: 60, min: 6, max: 1e6, isWhole: true },
  windowCycles: { type: "number", default: 1, min: 1, max: 1000, isWhole: true },
  /** A smaller improvement of the utility is none. */
  minimumEffect: { type: "number", default: 0.002, min: 0, max: 0.5 },
} as const;

/** The options with their values. */
export type SurfaceOptions = OptionValues<typeof RESPONSE_SURFACE_OPTIONS>;
