/**
 * The example's run: stand-in, controller and orchestrator as processes of their own, live in the terminal from the controller's
 * HTTP API, and a summary at the end.
 */
import { writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ParameterValues } from "@trimtab/conventions";
import {
  ControllerApi,
  type Ending,
  type FeedbackEntry,
  type ListedAdaptation,
  type OperationState,
  openScreen,
  Run,
  type StateFolder,
} from "@trimtab/example-demonstration";
import { COMPONENT, OPERATIONS, type OperationName } from "./configuration.ts";
import { checkFeedback, formOf } from "./feedback-check.ts";
import type { LoadCounts, LoadMessage } from "./load-counts.ts";
import { COMMAND, type DemoOptions } from "./options.ts";
import { PARAMETERS } from "./parameters.ts";
import { draw } from "./screen.ts";
import { type Started, startProcesses } from "./start-processes.ts";
import { formatSummary, type OperationFacts, type RunSummary, summarise } from "./summary.ts";

const BLOCK_MILLISECONDS = 10_000;

/** Who asks ends before who is asked; the orchestrator has the metrics that the controller reads. */
const STOP_ORDER = ["controller", "orchestrator", "stand-in"];

/** Ratings that were given at the very end are learnt from within some cycles of a second. */
const FEEDBACK_PATIENCE_MILLISECONDS = 30_000;

const EXAMPLE_FOLDER = fileURLToPath(new URL("..", import.meta.url));
const NAMES = Object.keys(OPERATIONS) as OperationName[];

const NOTHING: LoadCounts = {
  songs: 0,
  streamed: 0,
  recovered: 0,
  failed: 0,
  leftOut: 0,
  tokens: 0,
  costUsd: 0,
  ratings: 0,
  ratingsRepeated: 0,
  ratingsRun: "",
};

/** One run. */
export class Demonstration {
  readonly #options: DemoOptions;
  readonly #run: Run;

  #started: Started | undefined;
  #startedAt = 0;
  #seconds = 0;
  #load = NOTHING;
  readonly #states: Record<OperationName, OperationState | undefined> = {
    generate_lyrics: undefined,
    recover: undefined,
    call_provider: undefined,
  };
  readonly #adaptations: Record<OperationName, readonly ListedAdaptation[]> = {
    generate_lyrics: [],
    recover: [],
    call_provider: [],
  };
  #feedback: readonly FeedbackEntry[] | undefined;

  constructor(options: DemoOptions, output: NodeJS.WriteStream) {
    this.#options = options;
    this.#run = new Run(output);
  }

  /**
   * Runs until time or money is up, somebody ends it, or a process dies. None of its processes is left when it resolves or throws.
   *
   * @throws {StartError} when it cannot begin.
   */
  async run(): Promise<{ readonly ending: Ending; readonly summary: RunSummary | undefined }> {
    const { port, fresh, stateFolder } = this.#options;
    const stage = { command: COMMAND, port, fresh, stateFolder, exampleFolder: EXAMPLE_FOLDER, stopOrder: STOP_ORDER };
    await this.#run.perform(stage, async (state, group) => {
      this.#run.say("Starting stand-in, controller and orchestrator ...");
      const started = await startProcesses(this.#options, state, group, this.#run.signal);
      this.#started = started;
      this.#startedAt = Date.now();
      started.load.on("message", (message: LoadMessage) => {
        if (message.kind !== "ready") this.#load = message.counts;
      });
      this.#run.say(...introduction(started, state));
      const apis = Object.fromEntries(
        NAMES.map((operation) => [
          operation,
          new ControllerApi(started.controllerUrl, { component: COMPONENT, operation }),
        ]),
      ) as Record<OperationName, ControllerApi>;
      await this.#watch(apis);
      this.#seconds = (Date.now() - this.#startedAt) / 1000;
      if (this.#run.ending.kind === "time") await this.#settleFeedback(started, apis.generate_lyrics);
      await this.#readLast(apis);
    });
    return { ending: this.#run.ending, summary: this.#summary() };
  }

  async #watch(apis: Record<OperationName, ControllerApi>): Promise<void> {
    const { forMilliseconds } = this.#options;
    const { signal } = this.#run;
    const screen = openScreen(this.#run.output);
    const period = screen.isLive ? 1000 : BLOCK_MILLISECONDS;
    const end = forMilliseconds === undefined ? Number.POSITIVE_INFINITY : this.#startedAt + forMilliseconds;
    for (;;) {
      if (Date.now() >= end || this.#load.isBudgetSpent === true) this.#run.end({ kind: "time" });
      if (signal.aborted) break;
      await this.#readStates(apis, AbortSignal.any([signal, AbortSignal.timeout(5000)]));
      screen.show(
        draw({
          elapsedSeconds: (Date.now() - this.#startedAt) / 1000,
          forSeconds: forMilliseconds === undefined ? undefined : forMilliseconds / 1000,
          operations: this.#states,
          load: this.#load,
        }),
      );
      await wait(Math.min(period, Math.max(0, end - Date.now())), undefined, { signal }).catch(() => {});
    }
    screen.close();
    if (this.#load.isBudgetSpent === true) this.#run.say("", "The budget is spent.");
  }

  /** The load ends, everything that is to be rated is rated, and the controller learns from it while metrics are still there. */
  async #settleFeedback({ load }: Started, api: ControllerApi): Promise<void> {
    this.#run.say("", "Ending the load, and waiting until the last ratings are processed ...");
    const end = Date.now() + FEEDBACK_PATIENCE_MILLISECONDS;
    const finished = new Promise<void>((resolve) => {
      load.on("message", ({ kind }: LoadMessage) => kind === "finished" && resolve());
      load.once("exit", () => resolve());
    });
    load.send("finish");
    await Promise.race([finished, wait(FEEDBACK_PATIENCE_MILLISECONDS, undefined, { ref: false })]); // it must not keep us from ending
    while (Date.now() < end && load.exitCode === null) {
      const entries = await this.#readFeedback(api, AbortSignal.timeout(5000));
      if (entries !== undefined && checkFeedback(this.#load, entries).isExactlyOnce) return;
      await wait(500);
    }
  }

  async #readStates(apis: Record<OperationName, ControllerApi>, patience: AbortSignal): Promise<void> {
    const answers = await Promise.allSettled(NAMES.map((name) => apis[name].readOperation(patience)));
    for (const [index, answer] of answers.entries()) {
      const name = NAMES[index];
      if (name !== undefined && answer.status === "fulfilled") this.#states[name] = answer.value;
    }
  }

  /** The entries of this run: an earlier one's ratings are told apart by their forms. */
  async #readFeedback(api: ControllerApi, patience: AbortSignal): Promise<readonly FeedbackEntry[] | undefined> {
    const entries = await api.listFeedback(patience).catch(() => undefined);
    return entries?.filter((entry) => formOf(entry).startsWith(`${this.#load.ratingsRun}-`));
  }

  /** The last reading, for the summary. Where a question is not answered any more, the answer before it stands. */
  async #readLast(apis: Record<OperationName, ControllerApi>): Promise<void> {
    const patience = this.#run.lastPatience();
    const [, feedback, ...adaptations] = await Promise.all([
      this.#readStates(apis, patience),
      this.#readFeedback(apis.generate_lyrics, patience),
      ...NAMES.map((name) => apis[name].listAdaptations(patience).catch(() => [])),
    ]);
    this.#feedback = feedback;
    for (const [index, list] of adaptations.entries()) {
      const name = NAMES[index];
      if (name !== undefined) this.#adaptations[name] = list;
    }
  }

  /** Undefined where the end came before the beginning. */
  #summary(): RunSummary | undefined {
    if (this.#started === undefined) return undefined;
    const operations = Object.fromEntries(
      NAMES.map((name): [OperationName, OperationFacts] => [
        name,
        { state: this.#states[name], adaptations: this.#adaptations[name], base: baseOf(name) },
      ]),
    ) as Record<OperationName, OperationFacts>;
    const summary = summarise({
      seconds: this.#seconds,
      operations,
      feedback: this.#feedback,
      load: this.#load,
      startedAt: this.#startedAt,
    });
    this.#run.say("", ...formatSummary(summary), "");
    this.#run.say(`What was learnt is kept: the next run goes on from here (${COMMAND} --fresh forgets).`);
    const { json } = this.#options;
    const text = `${JSON.stringify(summary, undefined, 2)}\n`;
    if (json === "-") process.stdout.write(text);
    else if (json !== undefined) writeFileSync(json, text);
    return summary;
  }
}

/** The base values of an operation. */
function baseOf(operation: OperationName): ParameterValues {
  return Object.fromEntries(Object.entries(PARAMETERS[operation]).map(([name, { base }]) => [name, base]));
}

function introduction(
  { standInUrl, controllerUrl, metricsPage, rate }: Started,
  { path, logs }: StateFolder,
): string[] {
  const address = controllerUrl === "http://127.0.0.1:4600" ? "" : ` --url ${controllerUrl}`;
  return [
    "",
    standInUrl === undefined
      ? "  endpoint    the one in the environment: songs are real, and so is their price"
      : `  stand-in    ${standInUrl}/aurora/v1 (and borealis, cirrus): its songs, delays and errors are invented`,
    `  controller  ${controllerUrl} (console and API)`,
    `  metrics     ${metricsPage}`,
    `  state       ${path}`,
    `  logs        ${logs}`,
    "",
    `${rate} songs a second are asked for in each genre. A tenth of the songs keeps the base values for ever: the holdout.`,
    "",
    "In another terminal:",
    `  npm run --silent trimtab -- explain last${address}`,
    `  npm run --silent trimtab -- status${address}`,
    "",
  ];
}
