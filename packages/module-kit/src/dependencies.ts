/** What may be handed to a module: a controller, stores of one's own, a log, a clock. Nothing is needed. */
import type { ModuleFeedbackStore, ModuleLog, ModuleMetricsStore, ModuleParameterStore } from "./ports.ts";

/** How a module learns in its own process. */
export interface LocalLearningOptions {
  /** A SQLite file that keeps what was learnt over restarts; one process at a time. Default: in memory, gone with the module. */
  readonly store?: string;
  /** Between two cycles of an operation, 1,000 to 3,600,000. Default 30,000. */
  readonly intervalMilliseconds?: number;
  /** So many scored entries of feedback that wait start a cycle out of turn, at most one a second. Default 20. */
  readonly feedbackPerCycle?: number;
}

/** A controller that learns for the module. */
export interface ModuleController {
  /** Its address, `http://127.0.0.1:4600` say. */
  readonly url: string;
  /** Bearer token with the role `evaluate`; with `feedback`, `read` and `operate` where they are used. */
  readonly token?: string;
  /** Tells it of the operations, so that it registers those that its file lacks, where that is allowed. Default true. */
  readonly registerOperations?: boolean;
}

/** What a module is made with beside its configuration. */
export interface ModuleDependencies {
  /**
   * The controller that learns; false: none, whatever the environment says. Default: `TRIMTAB_CONTROLLER_URL` with `TRIMTAB_TOKEN`;
   * without either it learns in its process.
   */
  readonly controller?: ModuleController | false;
  /** Of learning in the process. With a controller it means nothing. */
  readonly learning?: LocalLearningOptions;
  /** Another name for this one, in labels and at the controller. Default: the module's. */
  readonly component?: string;
  readonly metrics?: ModuleMetricsStore;
  readonly parameters?: ModuleParameterStore;
  readonly feedback?: ModuleFeedbackStore;
  /** Default: warnings and errors to the console. */
  readonly log?: ModuleLog;
  /** Milliseconds since 1970. Default: the machine's clock. */
  readonly now?: () => number;
  /** Uniform in [0, 1): which variant a run without a key has. Default: chance; a test brings a seeded one. */
  readonly chance?: () => number;
}
