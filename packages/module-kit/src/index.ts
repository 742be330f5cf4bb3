/** For people who build self-learning modules. */
export {
  type ErrorPlace,
  ModuleAdaptationError,
  ModuleConfigurationError,
  ModuleError,
  ModuleMetricsError,
  ModuleProcessingError,
} from "./errors.ts";
