/** The built-in environments, in the order in which they are reported. Each asks one question of a learner. */
import type { Environment } from "./environment.ts";
import { costTradeOff, interaction, numericOptimum, numericPair } from "./environments/landscapes.ts";
import { latencyLimit, successLimit } from "./environments/limited.ts";
import { counterReset, delayedRatings, silence } from "./environments/measured-badly.ts";
import { commonDrop, dayAndNight, drift, outage } from "./environments/moving.ts";
import { baselineBest, clearWinner, perContextOptimum, sparseContexts, tie } from "./environments/steady.ts";
import { simulatedService } from "./service/simulated-service.ts";

/** Every built-in environment. */
export const BUILT_IN_ENVIRONMENTS: readonly Environment[] = [
  tie,
  baselineBest,
  clearWinner,
  perContextOptimum,
  numericOptimum,
  numericPair,
  interaction,
  costTradeOff,
  sparseContexts,
  drift,
  outage,
  commonDrop,
  dayAndNight,
  successLimit,
  latencyLimit,
  delayedRatings,
  silence,
  counterReset,
].map(simulatedService);
