/** Feedback as a simulated service would get it: what is true of a setting there, with the noise of people. */
import { contextId } from "@trimtab/conventions";
import type { Environment } from "@trimtab/simulator";
import type { FeedbackScenario } from "./feedback-scenario.ts";

/** How people are. */
export interface Raters {
  /** Share of the results that anybody says something about, 0 to 1. Default 1. */
  readonly share?: number;
  /** Standard deviation of a score around the truth. Default 0.1. */
  readonly spread?: number;
  /** Names the run of the environment. Default 1. */
  readonly seed?: number;
}

/**
 * What people say of results whose truth an environment of @trimtab/simulator knows: a built-in one, or one of your own. The module has
 * the parameters and context keys of the environment; a round of the scenario is a cycle there, so that drift and breakdowns come
 * with it.
 */
export function truthfulFeedback(
  environment: Environment,
  { share = 1, spread = 0.1, seed = 1 }: Raters = {},
): FeedbackScenario["feedback"] {
  const { truth } = environment.create(seed);
  return ({ context, parameters }, { random, round }) => {
    if (random.uniform() >= share) return undefined;
    const score = truth.utility(contextId(context), parameters, round) + spread * random.gaussian();
    return { score: Math.min(1, Math.max(0, score)) };
  };
}
