/** Everything that is tracked without a change of the service's code. Nothing in here throws or waits. */
import { isMainThread } from "node:worker_threads";
import { describeError } from "../own-failure.ts";
import { adaptFetch } from "./clients/fetch-client.ts";
import { modelClientPatches } from "./clients/model-clients.ts";
import { catchCommonJsModules } from "./commonjs-modules.ts";
import type { ZeroCodeConfiguration } from "./configuration.ts";
import { catchEsModules } from "./es-modules.ts";
import { HttpOperations } from "./http-operations.ts";
import { trackHttpServers } from "./http-server.ts";
import { ModulePatches } from "./module-patches.ts";
import { readConfiguration } from "./read-configuration.ts";
import { listenToSpans } from "./span-listener.ts";
import { functionPatch } from "./tracked-function.ts";

const STARTED = Symbol.for("trimtab.zero-code");

/** The rules of this process, before they are applied. */
export interface ZeroCode {
  /** Spans become operations: there must be somebody who makes spans. */
  readonly hasSpanRules: boolean;
  /** @param hasOtherSdk Somebody else has an OpenTelemetry SDK here, and with it perhaps spans of requests. */
  start(hasOtherSdk: boolean): void;
}

/**
 * Reads the rules; once in a process, whoever asks: undefined for the others.
 *
 * @param load The `require` of the entry file.
 */
export function prepareZeroCode(load: NodeJS.Require, tell: (message: string) => void): ZeroCode | undefined {
  const shared = globalThis as { [STARTED]?: boolean };
  if (shared[STARTED] === true) return undefined;
  shared[STARTED] = true;
  const { configuration, warnings } = readConfiguration(process.env, process.cwd());
  for (const warning of warnings) tell(warning);
  const { spans = {} } = configuration;
  const hasRules = [spans.http, spans.database, spans.messaging, spans.genAi].includes(true);
  const hasSpanRules = hasRules || (spans.rules ?? []).length > 0;
  return { hasSpanRules, start: (hasOtherSdk) => start(configuration, { hasOtherSdk, hasSpanRules, load, tell }) };
}

interface Surroundings {
  readonly hasOtherSdk: boolean;
  readonly hasSpanRules: boolean;
  readonly load: NodeJS.Require;
  readonly tell: (message: string) => void;
}

function start(configuration: ZeroCodeConfiguration, { hasOtherSdk, hasSpanRules, load, tell }: Surroundings): void {
  const attempt = (part: string, begin: () => void): void => {
    try {
      begin();
    } catch (error) {
      tell(`${part} could not be started: ${describeError(error)}`);
    }
  };
  const { http = {}, spans = {} } = configuration;
  const requests = new HttpOperations(http, !hasOtherSdk && spans.http !== true && exportsSpans());
  if (http.server !== false && spans.http !== true) {
    attempt("tracking of HTTP requests", () => trackHttpServers(http, requests));
  }
  if (hasSpanRules) attempt("tracking of spans", () => listenToSpans(spans, requests, tell));
  const { functions = [], clients = [] } = configuration;
  attempt("tracking of fetch", () => adaptFetch(clients));
  attempt("tracking of functions and clients", () => {
    const patches = [...functions.map(functionPatch), ...modelClientPatches(clients)];
    patchModules(new ModulePatches(patches, process.cwd(), tell), load, tell);
  });
}

/** Without an exporter nobody would see a span of a request: it is not even asked for. */
function exportsSpans(): boolean {
  return !["", "none"].includes((process.env["OTEL_TRACES_EXPORTER"] ?? "").trim());
}

/** A module may be loaded late; after this time its rule is more likely a mistake. */
const STARTED_MILLISECONDS = 10_000;

function patchModules(patches: ModulePatches, load: NodeJS.Require, tell: (message: string) => void): void {
  if (patches.isEmpty) return;
  catchCommonJsModules(patches);
  if (!catchEsModules(patches, load)) {
    tell(
      `rules for functions and clients hold for CommonJS modules only, because Node ${process.versions.node} has no hooks for ES modules; 20.6 and newer have`,
    );
  }
  if (!isMainThread) return; // it may be for work that needs none of these modules
  setTimeout(() => patches.tellUnmatched("in the first 10 seconds"), STARTED_MILLISECONDS).unref();
  process.once("exit", () => patches.tellUnmatched("before the process ended"));
}
