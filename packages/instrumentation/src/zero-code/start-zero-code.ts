/** Everything that is tracked without a change of the service's code. Nothing in here throws or waits. */
import { describeError } from "../own-failure.ts";
import { HttpOperations } from "./http-operations.ts";
import { trackHttpServers } from "./http-server.ts";
import { readConfiguration } from "./read-configuration.ts";

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
}
