/** The controller: normally run as a program (`trimtab serve`), here for programs that run it themselves. */

export { ConfigError } from "./config/config-error.ts";
export { configFileJsonSchema } from "./config/file-schema.ts";
export { type Config, loadConfig, parseConfig } from "./config.ts";
export { describeError, ERROR_CODES, type ErrorCode, type ErrorDescription } from "./errors.ts";
export { ListenError } from "./http/listen.ts";
export { type ControllerOptions, ReloadError, type RunningController, startController } from "./main.ts";
