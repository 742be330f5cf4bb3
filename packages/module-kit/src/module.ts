/** A self-learning module, as its users have it. */
import type { ContextInput, ParameterSpace, ParameterValue } from "@trimtab/conventions";
import type { PerformanceSummary } from "@trimtab/instrumentation";
import type { ModuleSettings } from "./configuration.ts";
import type { ModuleFeedback } from "./module-feedback.ts";
import type { AnyModuleOperation, ChunksOf, InputOf, ResultOf, ValuesOfOperation } from "./module-operation.ts";
import type { ModuleStream, ProcessOptions } from "./module-result.ts";
import type { LearningReport, ModuleAdaptation, OperationRecord } from "./ports.ts";

/** One operation of a module. */
export interface ModuleOperation<Definition extends AnyModuleOperation = AnyModuleOperation> {
  /** What its parameters may be; their base values are those that the configuration says. */
  readonly parameters: ParameterSpace;
  /** The keys of its context, in the order that decides between equally specific adaptations. */
  readonly context: readonly string[];
  /**
   * Does the work with the parameters in force, and records it.
   *
   * @throws {ModuleProcessingError} (as a rejection) where the work fails or the input does not fit; `cause` says why. Nothing else.
   */
  process(
    input: InputOf<Definition>,
    options?: ProcessOptions<ValuesOfOperation<Definition>>,
  ): Promise<ResultOf<Definition>>;
  /** The same, chunk by chunk, of a work that is an async generator; of any other there are no chunks, and the result is the same. */
  stream(
    input: InputOf<Definition>,
    options?: ProcessOptions<ValuesOfOperation<Definition>>,
  ): ModuleStream<ChunksOf<Definition>, ResultOf<Definition>>;
}

/** What became of feedback. */
export interface FeedbackReceipt {
  /**
   * `added`: it is kept; with a controller, it waits in this process and is sent until the controller has it, so a process that is
   * killed loses what waits. `known`: it was given before, and counts no more.
   */
  readonly recorded: "added" | "known";
  /** `scheduled`: it is learnt from in its turn. `elsewhere`: at the controller. `off`: it is recorded only. */
  readonly learning: "scheduled" | "elsewhere" | "off";
}

/** An adaptation that somebody proposes. */
export interface AdaptationProposal {
  /** May be left out where the module has one operation. */
  readonly operation?: string;
  /** Served in this context and in every context below it. Default: everywhere. */
  readonly context?: ContextInput;
  readonly parameter: string;
  readonly value: ParameterValue;
  /** 0 to 1. Where it reaches the threshold the value is served, and stays until another proposal; else it is a suggestion. */
  readonly confidence: number;
  /** Why, in a sentence. */
  readonly reason: string;
  /** What it rests on: ids of feedback or metrics. */
  readonly evidence?: readonly string[];
}

/** What every module can do, whatever its operations are. */
export interface SelfLearningModule<Config = ModuleSettings> {
  /** The component, as it stands in labels. */
  readonly name: string;
  readonly config: Config;
  /** `process`: learnt here. `controller`: learnt there. */
  readonly learning: "process" | "controller" | "injected";
  readonly operations: Readonly<Record<string, ModuleOperation>>;
  /**
   * Records feedback about a result, once; then it is learnt from, where adaptation is enabled. Learning is not waited for.
   *
   * @throws {ModuleError} where the result is none of this module or the feedback is none; {ModuleMetricsError} where it cannot be kept.
   */
  applyFeedback(resultId: string, feedback: ModuleFeedback): Promise<FeedbackReceipt>;
  /** A person's rating, 1 to 5; its fifth is the score. @throws As `applyFeedback`. */
  processUserFeedback(resultId: string, rating: number, comments?: string): Promise<FeedbackReceipt>;
  /** An automated report; what the error rate, 0 to 1, leaves to 1 is the score. @throws As `applyFeedback`. */
  processPerformanceFeedback(
    resultId: string,
    report: { readonly errorRate?: number; readonly [name: string]: number | string | boolean | undefined },
  ): Promise<FeedbackReceipt>;
  /**
   * What was done in the last `1h`, `24h` (the default), `7d`, `30d` or any duration to 30 days. What nobody measured is undefined, never 0.
   *
   * @throws {ModuleMetricsError} on a period that is none.
   */
  getPerformanceMetrics(period?: string): Promise<PerformanceSummary>;
  /** The last runs whose context has these values, newest first. @param limit 1 to 1,000. Default 100. */
  recentOperations(contextFilter?: ContextInput, limit?: number): Promise<readonly OperationRecord[]>;
  /**
   * Learns now, of every operation, from what has come since the last time.
   *
   * @throws {ModuleAdaptationError} where that fails; what is in force stays.
   */
  triggerLearningCycle(): Promise<LearningReport>;
  /** @throws {ModuleAdaptationError} where the value cannot be set, or the proposal not be kept. */
  suggestAdaptation(proposal: AdaptationProposal): Promise<ModuleAdaptation>;
  /** Every adaptation, newest first. @param limit 1 to 1,000. Default 100. @throws {ModuleAdaptationError} */
  adaptations(limit?: number): Promise<readonly ModuleAdaptation[]>;
  /**
   * Resolves when what was learnt before is in force; with a controller at once, whose values come when they come. Never rejects, and
   * the work need not wait for it.
   */
  ready(): Promise<void>;
  /** Ends learning; what waits is sent and kept. Runs go on with base values. Never rejects. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A module with several operations. */
export interface ModuleOf<Config, Operations extends Readonly<Record<string, AnyModuleOperation>>>
  extends SelfLearningModule<Config> {
  readonly operations: { readonly [Name in keyof Operations & string]: ModuleOperation<Operations[Name]> };
}

/** A module with one operation: `process` and `stream` are its own. */
export interface SingleOperationModule<Config, Name extends string, Definition extends AnyModuleOperation>
  extends SelfLearningModule<Config>,
    Pick<ModuleOperation<Definition>, "process" | "stream"> {
  readonly operations: { readonly [Operation in Name]: ModuleOperation<Definition> };
}
