/** What the example programs share: their processes, their state folder, the terminal, and what they read of the controller. */
export {
  type ParsedCommand,
  type RunOptions,
  readCommand,
  readDuration,
  readNumber,
  readPort,
  readPositive,
  readWholeNumber,
  runCommand,
} from "./command-line.ts";
export {
  type ContextState,
  ControllerApi,
  type FeedbackEntry,
  type LiftReading,
  type ListedAdaptation,
  type OperationState,
} from "./controller-api.ts";
export { describeLift, toneOfLift } from "./lift-line.ts";
export { count, counted, signed } from "./numbers.ts";
export { type Command, type Death, freePort, GUARD, lastLines, PARENT, ProcessGroup } from "./processes.ts";
export { findPrometheus, type PrometheusPlaces, prometheusCommand } from "./prometheus.ts";
export { answers, inTime } from "./readiness.ts";
export { type Ending, exitCodeOf, Run, type Stage } from "./run.ts";
export { serviceEnvironment } from "./service-environment.ts";
export { StartError } from "./start-error.ts";
export { prepareStateFolder, type StateFolder } from "./state-folder.ts";
export { cut, type Line, openScreen, type Screen, type Tone } from "./terminal-screen.ts";
export { columns } from "./text-table.ts";
