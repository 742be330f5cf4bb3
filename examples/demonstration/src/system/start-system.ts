/** Starts a system, one process after the other, each once the one that it needs is ready. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, PARENT, type ProcessGroup } from "../processes.ts";
import { findPrometheus, prometheusCommand } from "../prometheus.ts";
import { answers, inTime } from "../readiness.ts";
import { serviceEnvironment } from "../service-environment.ts";
import type { ServiceAddress } from "../service-process.ts";
import type { PeopleCounts } from "../simulated-people.ts";
import type { StateFolder } from "../state-folder.ts";
import type { System, SystemPlaces, SystemService } from "./system.ts";
import { type SystemControllerPlaces, writeSystemConfiguration } from "./system-configuration.ts";
import type { SystemOptions } from "./system-options.ts";

/** Everything runs. */
export interface StartedSystem {
  readonly places: SystemPlaces;
  readonly metricsPages: Readonly<Record<string, string>>;
  readonly prometheusUrl?: string;
  readonly people: readonly { readonly name: string; readonly child: ChildProcess; counts: PeopleCounts }[];
  /** Starts the controller, again after a crash; resolves when it is ready. */
  readonly startController: () => Promise<void>;
}

const CONTROLLER = fileURLToPath(new URL("../../../../packages/controller/src/cli/cli.ts", import.meta.url));

const NOTHING_YET: PeopleCounts = {
  done: 0,
  failed: 0,
  leftOut: 0,
  reports: 0,
  taken: 0,
  repeated: 0,
  isFinished: false,
};

/**
 * Helpers, services, Prometheus if it was asked for, controller, people.
 *
 * @param signal Aborted when the end has come: nothing more is started then.
 * @throws {StartError} when one of them does not get ready; an AbortError when the end came first.
 */
export async function startSystem(
  system: System,
  options: SystemOptions,
  state: StateFolder,
  group: ProcessGroup,
  signal: AbortSignal,
): Promise<StartedSystem> {
  const binary = options.prometheus ? await findPrometheus(signal) : undefined;
  const port = options.port === 0 ? await freePort() : options.port;
  const ports = new Map<string, number>();
  const metricsPorts = new Map<string, number>();
  for (const { name } of [...(system.helpers ?? []), ...system.services, ...system.people])
    ports.set(name, await freePort());
  for (const { name } of system.services) metricsPorts.set(name, await freePort());
  const places: SystemPlaces = {
    controllerUrl: `http://127.0.0.1:${port}`,
    urls: Object.fromEntries([...ports].map(([name, each]) => [name, `http://127.0.0.1:${each}`])),
    seed: options.seed,
    rate: options.rate,
  };

  for (const { name, folder, program, args } of system.helpers ?? []) {
    const helper = group.start({ name, folder, args: [program, ...args(places, ports.get(name) ?? 0)] });
    await inTime(group.logFile(name), once(helper, "message", { signal }), signal);
  }
  for (const service of system.services) {
    const child = startService(service, { port: ports.get(service.name), metricsPort: metricsPorts.get(service.name) });
    const [{ url }] = (await inTime(group.logFile(service.name), once(child, "message", { signal }), signal)) as [
      ServiceAddress,
    ];
    if (url !== places.urls[service.name]) throw new Error(`${service.name} listens at ${url}`);
  }
  function startService(
    { name, component, folder, program, environment }: SystemService,
    own: { readonly port: number | undefined; readonly metricsPort: number | undefined },
  ): ChildProcess {
    const stateFolder = join(state.path, "services", name);
    rmSync(stateFolder, { recursive: true, force: true });
    mkdirSync(stateFolder, { recursive: true });
    return group.start({
      name,
      folder,
      args: ["--import", "@trimtab/instrumentation/register", program],
      environment: {
        PORT: String(own.port),
        ...serviceEnvironment({
          component,
          metricsPort: own.metricsPort ?? 0,
          controllerUrl: places.controllerUrl,
          cacheFolder: stateFolder,
        }),
        ...environment(places, stateFolder),
      },
    });
  }

  const metricsPages = Object.fromEntries(
    system.services.map(({ name }) => [name, `http://127.0.0.1:${metricsPorts.get(name)}/metrics`]),
  );
  let metrics: SystemControllerPlaces["metrics"] = { source: "embedded", pages: Object.values(metricsPages) };
  if (binary !== undefined) {
    const prometheusPort = await freePort();
    const jobs = Object.fromEntries(system.services.map(({ name }) => [name, metricsPorts.get(name) ?? 0]));
    group.start(prometheusCommand(binary, state, { port: prometheusPort, jobs }));
    metrics = { source: "prometheus", url: `http://127.0.0.1:${prometheusPort}` };
    await inTime(group.logFile("prometheus"), answers(`${metrics.url}/-/ready`, signal), signal);
  }

  writeSystemConfiguration(state.controllerConfiguration, system.configurations, {
    listen: `127.0.0.1:${port}`,
    storePath: state.store,
    metrics,
  });
  const startController = async (): Promise<void> => {
    const serve = [CONTROLLER, "serve", "--config", state.controllerConfiguration];
    group.start({ name: "controller", args: ["--import", PARENT, ...serve] });
    await inTime(group.logFile("controller"), answers(`${places.controllerUrl}/readyz`, signal), signal);
  };
  await startController();

  const people = system.people.map(({ name, folder, program, args }) => {
    const child = group.start({ name, folder, args: [program, ...args(places, ports.get(name) ?? 0)] });
    const told = { name, child, counts: NOTHING_YET };
    child.on("message", (counts: PeopleCounts) => (told.counts = counts));
    return told;
  });
  return {
    places,
    metricsPages,
    people,
    startController,
    ...(metrics.source === "prometheus" ? { prometheusUrl: metrics.url } : {}),
  };
}
