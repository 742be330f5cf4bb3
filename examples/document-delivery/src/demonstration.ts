/**
 * The demonstration: starts service, controller and load as processes of their own (and Prometheus, if asked), shows what the
 * controller's API tells, ends them all, and sums up.
 */
import { writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  ControllerApi,
  type Ending,
  type ListedAdaptation,
  type OperationState,
  openScreen,
  Run,
} from "@trimtab/example-demonstration";
import { COMPONENT, OPERATION } from "./configuration.ts";
import { introduction } from "./introduction.ts";
import type { LoadCounts } from "./load-counts.ts";
import type { DemoOptions } from "./options.ts";
import { draw } from "./screen.ts";
import { type Started, startProcesses } from "./start-processes.ts";
import { type DemoSummary, formatSummary, summarise } from "./summary.ts";

const BLOCK_MILLISECONDS = 10_000;

/** The load ends first, so that nothing is asked of a service that is gone; what asks for metrics ends before what has them. */
const STOP_ORDER = ["load", "controller", "prometheus", "service"];

const EXAMPLE_FOLDER = fileURLToPath(new URL("..", import.meta.url));

/** One run. */
export class Demonstration {
  readonly #options: DemoOptions;
  readonly #run: Run;

  #started: Started | undefined;
  #startedAt = 0;
  #load: LoadCounts = { answered: 0, failed: 0, leftOut: 0, verified: 0 };
  #operation: OperationState | undefined;
  #adaptations: readonly ListedAdaptation[] = [];
  #countedCalls: number | undefined;

  constructor(options: DemoOptions, output: NodeJS.WriteStream) {
    this.#options = options;
    this.#run = new Run(output);
  }

  /**
   * Runs until time is up, somebody ends it, or a process dies. None of its processes is left when it resolves or throws.
   *
   * @throws {StartError} when it cannot begin.
   */
  async run(): Promise<{ readonly ending: Ending; readonly summary: DemoSummary | undefined }> {
    const { port, fresh, stateFolder } = this.#options;
    const stage = {
      command: "npm start --",
      port,
      fresh,
      stateFolder,
      exampleFolder: EXAMPLE_FOLDER,
      stopOrder: STOP_ORDER,
    };
    await this.#run.perform(stage, async (state, group) => {
      this.#run.say("Starting the service: it reads its documents from the installed packages ...");
      const started = await startProcesses(this.#options, state, group, this.#run.signal);
      this.#started = started;
      this.#startedAt = Date.now();
      started.load.on("message", (counts: LoadCounts) => (this.#load = counts));
      this.#run.say(...introduction(started, state));
      const api = new ControllerApi(started.controllerUrl, { component: COMPONENT, operation: OPERATION });
      await this.#watch(api);
      await this.#readLast(api);
    });
    return { ending: this.#run.ending, summary: this.#summary() };
  }

  async #watch(api: ControllerApi): Promise<void> {
    const { forMilliseconds } = this.#options;
    const { signal } = this.#run;
    const screen = openScreen(this.#run.output);
    const period = screen.isLive ? 1000 : BLOCK_MILLISECONDS;
    const end = forMilliseconds === undefined ? Number.POSITIVE_INFINITY : this.#startedAt + forMilliseconds;
    for (;;) {
      const now = Date.now();
      if (now >= end) this.#run.end({ kind: "time" });
      if (signal.aborted) break;
      const patience = AbortSignal.any([signal, AbortSignal.timeout(5000)]);
      this.#operation = await api.readOperation(patience).catch(() => this.#operation); // busy; a dead one is told elsewhere
      const picture = draw({
        elapsedSeconds: (now - this.#startedAt) / 1000,
        forSeconds: forMilliseconds === undefined ? undefined : forMilliseconds / 1000,
        operation: this.#operation,
        load: this.#load,
        now,
      });
      screen.show(picture);
      await wait(Math.min(period, Math.max(0, end - Date.now())), undefined, { signal }).catch(() => {});
    }
    screen.close();
  }

  /** The last reading, for the summary. Where a question is not answered any more, the answer before it stands. */
  async #readLast(api: ControllerApi): Promise<void> {
    const patience = this.#run.lastPatience();
    const [operation, adaptations, calls] = await Promise.allSettled([
      api.readOperation(patience),
      api.listAdaptations(patience),
      api.countCalls(Date.now() - this.#startedAt, patience),
    ]);
    if (operation.status === "fulfilled") this.#operation = operation.value;
    if (adaptations.status === "fulfilled") this.#adaptations = adaptations.value;
    if (calls.status === "fulfilled") this.#countedCalls = calls.value;
  }

  /** Undefined where the end came before the beginning. */
  #summary(): DemoSummary | undefined {
    if (this.#started === undefined) return undefined;
    const summary = summarise({
      seconds: (Date.now() - this.#startedAt) / 1000,
      operation: this.#operation,
      adaptations: this.#adaptations,
      countedCalls: this.#countedCalls,
      load: this.#load,
      documents: this.#started.service.documents,
      startedAt: this.#startedAt,
    });
    this.#run.say("", ...formatSummary(summary), "");
    this.#run.say("What was learnt is kept: the next npm start goes on from here (--fresh forgets).");
    this.#run.say("While it runs, npm run --silent trimtab -- explain last tells why it changed what.");
    const { json } = this.#options;
    const text = `${JSON.stringify(summary, undefined, 2)}\n`;
    if (json === "-") process.stdout.write(text);
    else if (json !== undefined) writeFileSync(json, text);
    return summary;
  }
}
