/** Everything that is tracked without a change of the service's code. Nothing in here throws or waits. */
import { describeError } from "../own-failure.ts";
import { catchCommonJsModules } from "./commonjs-modules.ts";
import { catchEsModules } from "./es-modules.ts";
import { HttpOperations } from "./http-operations.ts";
import { trackHttpServers } from "./http-server.ts";
import { ModulePatches } from "./module-patches.ts";
import { readConfiguration } from "./read-configuration.ts";
import { functionPatch } from "./tracked-function.ts";

const STARTED = Symbol.for("trimtab.zero-code");

/** What `register` knows about this process. */
export interface ZeroCodeStart {
  /** Somebody else has an OpenTelemetry SDK here, and with it perhaps spans of requests. */
  readonly hasOtherSdk: boolean;
  readonly tell: (message: string) => void;
}

/** Reads the rules and applies them; once in a process, whoever asks. */
export function startZeroCode({ hasOtherSdk, tell }: ZeroCodeStart): void {
  const shared = globalThis as { [STARTED]?: boolean };
  if (shared[STARTED] === true) return;
  shared[STARTED] = true;
  const attempt = (part: string, start: () => void): void => {
    try {
      start();
    } catch (error) {
      tell(`${part} could not be started: ${describeError(error)}`);
    }
  };
  const { configuration, warnings } = readConfiguration(process.env, process.cwd());
  for (const warning of warnings) tell(warning);
  const { http = {}, spans = {} } = configuration;
  const requests = new HttpOperations(http, hasOtherSdk);
  if (http.server !== false && spans.http !== true) {
    attempt("tracking of HTTP requests", () => trackHttpServers(http, requests));
  }
  attempt("tracking of functions", () => {
    const patches = (configuration.functions ?? []).map(functionPatch);
    patchModules(new ModulePatches(patches, process.cwd(), tell), tell);
  });
}

/** A module may be loaded late; after this time its rule is more likely a mistake. */
const STARTED_MILLISECONDS = 10_000;

function patchModules(patches: ModulePatches, tell: (message: string) => void): void {
  if (patches.isEmpty) return;
  catchCommonJsModules(patches);
  if (!catchEsModules(patches)) {
    tell(`functions of ES modules are not tracked, because Node ${process.versions.node} has no module.registerHooks`);
  }
  setTimeout(() => patches.tellUnmatched("in the first 10 seconds"), STARTED_MILLISECONDS).unref();
  process.once("exit", () => patches.tellUnmatched("before the process ended"));
}
