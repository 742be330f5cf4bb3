/** The same decisions as in production, against invented services whose truth is known. */
export { BUILT_IN_ENVIRONMENTS } from "./built-in-environments.ts";
export {
  DEFAULT_CYCLES,
  type Environment,
  type EnvironmentEvent,
  type EnvironmentRun,
  environmentProblem,
  type Truth,
} from "./environment.ts";
export { type EnvironmentScore, scoreEnvironment } from "./judge/environment-score.ts";
export { type Estimate, estimateOf, type MedianEstimate } from "./judge/estimate.ts";
export { type RunKind, type RunScores, scoresOf } from "./judge/run-scores.ts";
export {
  type CalibrationRow,
  type ScoreBoard,
  scoreBoardOf,
  type TargetRow,
  type Verdict,
} from "./judge/score-board.ts";
export { type SettingTruth, type Stakes, TruthBook } from "./judge/truth-book.ts";
export { plainThompsonLearner } from "./plain-thompson.ts";
export { baseLearner, oracleLearner, uniformLearner } from "./reference-learners.ts";
export type { ReplayedContext, ReplayTotals } from "./replay/context-tally.ts";
export type { RecordedCycle } from "./replay/recorded-cycle.ts";
export type { SettingShare } from "./replay/share-segment.ts";
export { type StrategyReplay, StrategyReplayer } from "./replay/strategy-replay.ts";
export { replayText } from "./report/replay-text.ts";
export {
  type CreateLearner,
  type CycleLedger,
  type EnvironmentTrace,
  type JudgedChange,
  type RunOptions,
  runEnvironment,
  type WatchedCycle,
} from "./run-environment.ts";
export type {
  Service,
  ServiceBehaviour,
  ServiceLimits,
  ServiceObjective,
  ServiceParameters,
  Weather,
} from "./service/service.ts";
export { simulatedService } from "./service/simulated-service.ts";
