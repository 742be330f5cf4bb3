/** Starts what the demonstration consists of, one process after the other, each once the one that it needs is ready. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import {
  answers,
  findPrometheus,
  freePort,
  inTime,
  PARENT,
  type ProcessGroup,
  prometheusCommand,
  type StateFolder,
  serviceEnvironment,
} from "@trimtab/example-demonstration";
import {
  COMPONENT,
  type ControllerPlaces,
  DURATION_BOUNDARIES_SECONDS,
  writeControllerConfiguration,
} from "./configuration.ts";
import type { DemoOptions } from "./options.ts";
import type { ServiceReady } from "./service-ready.ts";

/** Everything runs. */
export interface Started {
  readonly service: ServiceReady;
  /** It tells its counts as messages. */
  readonly load: ChildProcess;
  readonly metricsPage: string;
  readonly prometheusUrl?: string;
  readonly controllerUrl: string;
}

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const CONTROLLER = file("../../../packages/controller/src/cli/cli.ts");

/**
 * Service, Prometheus if it was asked for, controller, load.
 *
 * @param signal Aborted when the end has come: nothing more is started then.
 * @throws {StartError} when one of them does not get ready; an AbortError when the end came first.
 */
export async function startProcesses(
  options: DemoOptions,
  state: StateFolder,
  group: ProcessGroup,
  signal: AbortSignal,
): Promise<Started> {
  const binary = options.prometheus ? await findPrometheus(signal) : undefined;
  const port = options.port === 0 ? await freePort() : options.port;
  const metricsPort = options.metricsPort === 0 ? await freePort() : options.metricsPort;
  const controllerUrl = `http://127.0.0.1:${port}`;
  const metricsPage = `http://127.0.0.1:${metricsPort}/metrics`;

  const serviceProcess = group.start({
    name: "service",
    args: ["--import", "@trimtab/instrumentation/register", file("service.ts")],
    environment: {
      PORT: String(options.servicePort),
      ...serviceEnvironment({ component: COMPONENT, metricsPort, controllerUrl, cacheFolder: state.parameters }),
      TRIMTAB_DURATION_BOUNDARIES: DURATION_BOUNDARIES_SECONDS.join(","),
    },
  });
  const hello = once(serviceProcess, "message", { signal });
  const [service] = (await inTime(group.logFile("service"), hello, signal)) as [ServiceReady];

  let metrics: ControllerPlaces["metrics"] = { source: "embedded", page: metricsPage };
  if (binary !== undefined) {
    const prometheusPort = await freePort();
    group.start(prometheusCommand(binary, state, { port: prometheusPort, jobs: { [COMPONENT]: metricsPort } }));
    metrics = { source: "prometheus", url: `http://127.0.0.1:${prometheusPort}` };
    await inTime(group.logFile("prometheus"), answers(`${metrics.url}/-/ready`, signal), signal);
  }

  const listen = `127.0.0.1:${port}`;
  writeControllerConfiguration(state.controllerConfiguration, { listen, storePath: state.store, metrics });
  const serve = [CONTROLLER, "serve", "--config", state.controllerConfiguration];
  group.start({ name: "controller", args: ["--import", PARENT, ...serve] });
  await inTime(group.logFile("controller"), answers(`${controllerUrl}/readyz`, signal), signal);

  const rate = String(options.rate);
  const load = group.start({ name: "load", args: [file("load.ts"), "--url", service.url, "--rate", rate] });
  const prometheusUrl = metrics.source === "prometheus" ? { prometheusUrl: metrics.url } : {};
  return { service, load, metricsPage, controllerUrl, ...prometheusUrl };
}
