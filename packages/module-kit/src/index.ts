/** For people who build self-learning modules. */
export type { MetricsCollectionLevel, ModuleSettings } from "./configuration.ts";
export { type DefinedModule, defineModule } from "./define-module.ts";
export type { LocalLearningOptions, ModuleController, ModuleDependencies } from "./dependencies.ts";
export {
  type ErrorPlace,
  ModuleAdaptationError,
  ModuleConfigurationError,
  ModuleError,
  ModuleMetricsError,
  ModuleProcessingError,
} from "./errors.ts";
export type {
  AdaptationProposal,
  FeedbackReceipt,
  ModuleOf,
  ModuleOperation,
  SelfLearningModule,
  SingleOperationModule,
} from "./module.ts";
export type { ModuleFeedback } from "./module-feedback.ts";
export { consoleLog, type LogLevel } from "./module-log.ts";
export {
  type ChunksOf,
  type ConfigOf,
  defineModuleOperation,
  type InputOf,
  type LearningDeclaration,
  type ModuleOperationDefinition,
  type ModuleRun,
  type QualityQuestion,
  type ResultOf,
} from "./module-operation.ts";
export type { ModuleResult, ModuleStream, ProcessOptions } from "./module-result.ts";
export type {
  LearnedOperation,
  LearningReport,
  MeasuredOperation,
  ModuleAdaptation,
  ModuleFeedbackStore,
  ModuleLog,
  ModuleMetricsStore,
  ModuleParameterStore,
  ModuleSuggestion,
  OperationRecord,
  ProposedAdaptation,
  StoredModuleFeedback,
} from "./ports.ts";
