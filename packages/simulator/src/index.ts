/** The same decisions as in production, against invented services whose truth is known. */
export {
  baselineBest,
  clearWinner,
  commonWaves,
  drift,
  manySparseContexts,
  outage,
  perContextOptimum,
  silence,
  tie,
  tooSlow,
} from "./scenarios.ts";
export { gridOf, type Scorecard, score } from "./scorecard.ts";
export {
  lastAllocations,
  type ServedVariant,
  type SimulatedCycle,
  type Simulation,
  type SimulationOptions,
  simulate,
} from "./simulate.ts";
export {
  type Behaviour,
  breaksLimit,
  type ContextTraffic,
  measure,
  poisson,
  trueUtility,
  type World,
} from "./world.ts";
