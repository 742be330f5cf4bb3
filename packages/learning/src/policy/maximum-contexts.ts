import type { OperationPolicy } from "./policy.ts";

/**
 * So many contexts of an operation are remembered where its policy says nothing else, the empty one among them. Beyond it those that were
 * seen longest ago are forgotten, and of those that were seen in the same cycle the last by their ids; a forgotten context begins anew
 * when it is seen again.
 */
export const MAXIMUM_CONTEXTS = 10_000;

/** The most that a policy may ask for: with one parameter some 250 MB of state. */
export const MOST_CONTEXTS = 50_000;

/** So many contexts are remembered under a policy. */
export function maximumContextsOf({ maximumContexts = MAXIMUM_CONTEXTS }: OperationPolicy): number {
  return maximumContexts;
}
