/**
 * The demonstration: starts service, controller and load as processes of their own (and Prometheus, if asked), shows what the
 * controller's API tells, ends them all, and sums up.
 */
import { writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { ControllerApi, type ListedAdaptation, type OperationState } from "./controller-api.ts";
import { introduction } from "./introduction.ts";
import type { LoadCounts } from "./load-counts.ts";
import type { DemoOptions } from "./options.ts";
import { type Death, isPortFree, ProcessGroup } from "./processes.ts";
import { draw, openScreen } from "./screen.ts";
import { StartError } from "./start-error.ts";
import { type Started, startProcesses } from "./start-processes.ts";
import { prepareStateFolder } from "./state-folder.ts";
import { type DemoSummary, formatSummary, summarise } from "./summary.ts";

/** Why the demonstration ends. */
export type Ending =
  | { readonly kind: "time" }
  | { readonly kind: "signal"; readonly signal: NodeJS.Signals }
  | { readonly kind: "death"; readonly death: Death };

const BLOCK_MILLISECONDS = 10_000;

/** How long the last questions may take: somebody who wants to go does not want to wait. */
const PATIENCE_MILLISECONDS = { time: 10_000, signal: 800, death: 800 } as const;

/** The load ends first, so that nothing is asked of a service that is gone; what asks for metrics ends before what has them. */
const STOP_ORDER = ["load", "controller", "prometheus", "service"];

/** One run. */
export class Demonstration {
  readonly #options: DemoOptions;
  readonly #output: NodeJS.WriteStream;
  readonly #ended = new AbortController();
  #ending: Ending | undefined;
  #group: ProcessGroup | undefined;

  #started: Started | undefined;
  #startedAt = 0;
  #load: LoadCounts = { answered: 0, failed: 0, leftOut: 0, verified: 0 };
  #operation: OperationState | undefined;
  #adaptations: readonly ListedAdaptation[] = [];
  #countedCalls: number | undefined;

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
        `Port ${port} on 127.0.0.1 is taken, perhaps by another "npm start". End that one, or take another port: npm start -- --port ${port < 65_535 ? port + 1 : 4700}`,
      );
    }
    const state = prepareStateFolder(stateFolder, fresh);
    const group = new ProcessGroup(state.logs, (death) => this.end({ kind: "death", death }));
    this.#group = group;
    try {
      this.#say("Starting the service: it reads its documents from the installed packages ...");
      const started = await startProcesses(this.#options, state, group, this.#ended.signal);
      this.#started = started;
      this.#startedAt = Date.now();
      started.load.on("message", (counts: LoadCounts) => (this.#load = counts));
      this.#say(...introduction(started, state));
      const api = new ControllerApi(started.controllerUrl);
      await this.#watch(api);
      await this.#readLast(api);
    } catch (error) {
      if (this.#ending === undefined) throw error; // what fails while everything ends is no news
    } finally {
      await group.stop(STOP_ORDER);
      state.release();
    }
    const ending = this.#ending ?? { kind: "time" };
    if (ending.kind === "death") this.#tellDeath(ending.death);
    return { ending, summary: this.#summary() };
  }

  async #watch(api: ControllerApi): Promise<void> {
    const { forMilliseconds } = this.#options;
    const { signal } = this.#ended;
    const screen = openScreen(this.#output);
    const period = screen.isLive ? 1000 : BLOCK_MILLISECONDS;
    const end = forMilliseconds === undefined ? Number.POSITIVE_INFINITY : this.#startedAt + forMilliseconds;
    for (;;) {
      const now = Date.now();
      if (now >= end) this.end({ kind: "time" });
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
    const patience = AbortSignal.timeout(PATIENCE_MILLISECONDS[this.#ending?.kind ?? "time"]);
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
    this.#say("", ...formatSummary(summary), "");
    this.#say("What was learnt is kept: the next npm start goes on from here (--fresh forgets).");
    this.#say("While it runs, npm run --silent trimtab -- explain last tells why it changed what.");
    const { json } = this.#options;
    const text = `${JSON.stringify(summary, undefined, 2)}\n`;
    if (json === "-") process.stdout.write(text);
    else if (json !== undefined) writeFileSync(json, text);
    return summary;
  }

  #tellDeath({ name, how, logFile, lastLines }: Death): void {
    this.#say("", `The ${name} ended unexpectedly (${how}), so the demonstration ends too. Its log is ${logFile}:`);
    this.#say(...lastLines.map((line) => `  | ${line}`));
  }

  #say(...lines: readonly string[]): void {
    this.#output.write(`${lines.join("\n")}\n`);
  }
}
