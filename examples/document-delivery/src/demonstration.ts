/**
 * The demonstration: starts service, controller and load as processes of their own (and Prometheus, if asked), shows what the
 * controller's API tells, ends them all, and sums up.
 */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { COMPONENT, DURATION_BOUNDARIES_SECONDS, OPERATION, writeControllerConfiguration } from "./configuration.ts";
import { ControllerApi, type ListedAdaptation, type OperationState } from "./controller-api.ts";
import type { LoadCounts } from "./load-counts.ts";
import type { DemoOptions } from "./options.ts";
import { type Death, freePort, isPortFree, lastLines, ProcessGroup } from "./processes.ts";
import { findPrometheus, prometheusCommand } from "./prometheus.ts";
import { draw, openScreen } from "./screen.ts";
import type { ServiceReady } from "./service-ready.ts";
import { StartError } from "./start-error.ts";
import { prepareStateFolder, type StateFolder } from "./state-folder.ts";
import { type DemoSummary, formatSummary, type RunFacts, summarise } from "./summary.ts";

/** Why the demonstration ends. */
export type Ending =
  | { readonly kind: "time" }
  | { readonly kind: "signal"; readonly signal: NodeJS.Signals }
  | { readonly kind: "death"; readonly death: Death };

/** Processes need a second each; on a machine that does a lot else, longer. */
const START_MILLISECONDS = 90_000;
const BLOCK_MILLISECONDS = 10_000;

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const CONTROLLER = file("../../../packages/controller/src/cli/cli.ts");

/** The load ends first, so that nothing is asked of a service that is gone; the service's last metrics are still scraped. */
const STOP_ORDER = ["load", "controller", "prometheus", "service"];

/** One run. */
export class Demonstration {
  readonly #options: DemoOptions;
  readonly #output: NodeJS.WriteStream;
  readonly #ended = new AbortController();
  #ending: Ending | undefined;
  #group: ProcessGroup | undefined;

  #ready: ServiceReady | undefined;
  #load: LoadCounts | undefined;
  #operation: OperationState | undefined;
  #adaptations: readonly ListedAdaptation[] = [];
  #countedCalls: number | undefined;
  #startedAt = 0;

  constructor(options: DemoOptions, output: NodeJS.WriteStream) {
    this.#options = options;
    this.#output = output;
  }

  /** Ends the run; the first reason counts. A second one does not wait for anybody. */
  end(ending: Ending): void {
    if (this.#ending !== undefined) {
      if (ending.kind === "signal") void this.#group?.kill();
      return;
    }
    this.#ending = ending;
    this.#ended.abort();
  }

  /**
   * Runs until time is up, somebody ends it, or a process dies. None of its processes is left when it resolves or throws.
   *
   * @throws {StartError} when it cannot begin.
   */
  async run(): Promise<{ readonly ending: Ending; readonly summary: DemoSummary | undefined }> {
    const { port, fresh, stateFolder } = this.#options;
    if (port !== 0 && !(await isPortFree(port))) {
      throw new StartError(
        `Port ${port} on 127.0.0.1 is taken, perhaps by another "npm start". End that one, or take another port: npm start -- --port ${port === 65_535 ? 4700 : port + 1}`,
      );
    }
    const state = prepareStateFolder(stateFolder, fresh);
    const group = new ProcessGroup(state.logs, (death) => this.end({ kind: "death", death }));
    this.#group = group;
    try {
      const api = await this.#startAll(state, group);
      await this.#watch(api);
      await this.#read(api);
    } catch (error) {
      if (this.#ending === undefined) throw error; // what fails while everything ends is no news
    } finally {
      await group.stop(STOP_ORDER);
    }
    const ending = this.#ending ?? { kind: "time" };
    if (ending.kind === "death") this.#tellDeath(ending.death);
    return { ending, summary: this.#summary() };
  }

  /** @throws {DOMException} an AbortError, when the end came first. */
  async #startAll(state: StateFolder, group: ProcessGroup): Promise<ControllerApi> {
    const { prometheus, rate } = this.#options;
    const { signal } = this.#ended;
    const binary = prometheus ? await findPrometheus(signal) : undefined;
    const port = this.#options.port === 0 ? await freePort() : this.#options.port;
    const metricsPort = this.#options.metricsPort === 0 ? await freePort() : this.#options.metricsPort;
    const controllerUrl = `http://127.0.0.1:${port}`;

    this.#say("Starting the service: it reads its documents from the installed packages ...");
    const service = group.start({
      name: "service",
      args: ["--import", "@trimtab/instrumentation/register", file("service.ts")],
      environment: {
        PORT: String(this.#options.servicePort),
        OTEL_SERVICE_NAME: COMPONENT,
        OTEL_EXPORTER_PROMETHEUS_HOST: "127.0.0.1",
        OTEL_EXPORTER_PROMETHEUS_PORT: String(metricsPort),
        TRIMTAB_CONTROLLER_URL: controllerUrl,
        TRIMTAB_POLL_INTERVAL: "1s",
        TRIMTAB_CACHE_DIRECTORY: state.parameters,
        TRIMTAB_DURATION_BOUNDARIES: DURATION_BOUNDARIES_SECONDS.join(","),
      },
    });
    const [ready] = (await this.#started("service", once(service, "message", { signal }))) as [ServiceReady];
    this.#ready = ready;

    let metrics: Parameters<typeof writeControllerConfiguration>[1]["metrics"] = {
      source: "embedded",
      page: `http://127.0.0.1:${metricsPort}/metrics`,
    };
    if (binary !== undefined) {
      const prometheusPort = await freePort();
      group.start(prometheusCommand(binary, state, prometheusPort, metricsPort));
      metrics = { source: "prometheus", url: `http://127.0.0.1:${prometheusPort}` };
      await this.#started("prometheus", waitFor(`${metrics.url}/-/ready`, signal));
    }

    writeControllerConfiguration(state.controllerConfiguration, {
      listen: `127.0.0.1:${port}`,
      storePath: state.store,
      metrics,
    });
    group.start({
      name: "controller",
      args: [
        "--import",
        new URL("parent.ts", import.meta.url).href,
        CONTROLLER,
        "serve",
        "--config",
        state.controllerConfiguration,
      ],
    });
    await this.#started("controller", waitFor(`${controllerUrl}/readyz`, signal));

    this.#startedAt = Date.now();
    const load = group.start({ name: "load", args: [file("load.ts"), "--url", ready.url, "--rate", String(rate)] });
    load.on("message", (counts: LoadCounts) => (this.#load = counts));
    this.#introduce(ready.url, metricsPort, metrics, controllerUrl, state);
    return new ControllerApi(controllerUrl);
  }

  /** What was started has to answer in time; the one who waits is told where to look. */
  async #started<Result>(name: string, answer: Promise<Result>): Promise<Result> {
    const late = new AbortController();
    const timeout = wait(START_MILLISECONDS, undefined, { signal: late.signal, ref: false }).then(() => {
      const log = this.#group?.logFile(name) ?? "";
      throw new StartError(
        [
          `The ${name} did not get ready within ${START_MILLISECONDS / 1000} s. Its log is ${log}:`,
          ...lastLines(log, 15),
        ].join("\n"),
      );
    });
    try {
      const result = await Promise.race([answer, timeout]);
      this.#ended.signal.throwIfAborted(); // nothing more is started once the end has come
      return result;
    } finally {
      late.abort();
      timeout.catch(() => {}); // aborted, as it should be
    }
  }

  async #watch(api: ControllerApi): Promise<void> {
    const { forMilliseconds } = this.#options;
    const screen = openScreen(this.#output);
    const period = screen.isLive ? 1000 : BLOCK_MILLISECONDS;
    const end = forMilliseconds === undefined ? Number.POSITIVE_INFINITY : this.#startedAt + forMilliseconds;
    for (;;) {
      const now = Date.now();
      if (now >= end) this.end({ kind: "time" });
      if (this.#ended.signal.aborted) break;
      this.#operation = await api.readOperation().catch(() => this.#operation); // it may be busy; a dead one is told elsewhere
      screen.show(
        draw({
          elapsedSeconds: (now - this.#startedAt) / 1000,
          forSeconds: forMilliseconds === undefined ? undefined : forMilliseconds / 1000,
          operation: this.#operation,
          load: this.#load,
          now,
        }),
      );
      await wait(Math.min(period, Math.max(0, end - Date.now())), undefined, { signal: this.#ended.signal }).catch(
        () => {},
      );
    }
    screen.close();
  }

  /** The last reading, for the summary. Where a question is not answered any more, the answer before it stands. */
  async #read(api: ControllerApi): Promise<void> {
    if (this.#ending?.kind === "death" && this.#ending.death.name === "controller") return;
    const [operation, adaptations, calls] = await Promise.allSettled([
      api.readOperation(),
      api.listAdaptations(),
      api.countCalls(Date.now() - this.#startedAt),
    ]);
    if (operation.status === "fulfilled") this.#operation = operation.value;
    if (adaptations.status === "fulfilled") this.#adaptations = adaptations.value;
    if (calls.status === "fulfilled") this.#countedCalls = calls.value;
  }

  #summary(): DemoSummary | undefined {
    if (this.#startedAt === 0 || this.#ready === undefined) return undefined;
    const facts: RunFacts = {
      seconds: (Date.now() - this.#startedAt) / 1000,
      operation: this.#operation,
      adaptations: this.#adaptations,
      countedCalls: this.#countedCalls,
      load: this.#load ?? { answered: 0, failed: 0, leftOut: 0, verified: 0 },
      documents: this.#ready.documents,
      startedAt: this.#startedAt,
    };
    const summary = summarise(facts);
    this.#say(
      "",
      ...formatSummary(summary),
      "",
      "What was learnt is kept: the next npm start goes on from here (--fresh forgets).",
    );
    if (this.#options.json !== undefined) this.#writeJson(summary, this.#options.json);
    return summary;
  }

  #writeJson(summary: DemoSummary, place: string): void {
    const text = `${JSON.stringify(summary, undefined, 2)}\n`;
    if (place === "-") process.stdout.write(text);
    else writeFileSync(place, text);
  }

  #introduce(
    service: string,
    metricsPort: number,
    metrics: { readonly source: string; readonly url?: string },
    controller: string,
    state: StateFolder,
  ): void {
    const address = controller === "http://127.0.0.1:4600" ? "" : ` --url ${controller}`;
    this.#say(
      "",
      `  service     ${service}/documents`,
      `  metrics     http://127.0.0.1:${metricsPort}/metrics`,
      ...(metrics.url === undefined ? [] : [`  prometheus  ${metrics.url}`]),
      `  controller  ${controller}/v1/operations/${COMPONENT}/${OPERATION}`,
      `  state       ${state.path}`,
      `  logs        ${state.logs}`,
      "",
      "Each content type learns its own algorithm and level. Utility is 0 to 1: half of",
      "it is the share of bytes saved, most of the rest is speed (trimtab.yaml in",
      "examples/document-delivery). The holdout: 10 % of calls keep gzip 6 for ever.",
      "",
      "In another terminal:",
      `  npm run --silent trimtab -- explain last${address}`,
      `  curl -s '${controller}/v1/adaptations?limit=3'`,
      "",
    );
  }

  #tellDeath({ name, how, logFile, lastLines: lines }: Death): void {
    this.#say(
      "",
      `The ${name} ended unexpectedly (${how}), so the demonstration ends too. Its log is ${logFile}:`,
      ...lines.map((line) => `  | ${line}`),
    );
  }

  #say(...lines: readonly string[]): void {
    this.#output.write(`${lines.join("\n")}\n`);
  }
}

/** Asks until the answer is 200; ends without one when `signal` is aborted. */
async function waitFor(url: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
    if (response?.ok === true) return;
    await wait(100, undefined, { signal }).catch(() => {});
  }
}
