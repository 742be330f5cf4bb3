/**
 * One run of a system: starts it, shows what the controller tells, kills the controller in the middle if asked, waits for what is said
 * late, counts every piece of feedback, and sums up.
 */
import { rmSync, writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { getJson } from "../ask-json.ts";
import type { ProcessGroup } from "../processes.ts";
import { exitCodeOf, Run } from "../run.ts";
import type { StateFolder } from "../state-folder.ts";
import { openScreen } from "../terminal-screen.ts";
import { ControllerClient, type Suggestion } from "./controller-client.ts";
import { accountFor, type FeedbackAccount, type ServiceFeedback } from "./feedback-account.ts";
import { type StartedSystem, startSystem } from "./start-system.ts";
import type { System } from "./system.ts";
import { operationsIn } from "./system-configuration.ts";
import { introductionOf } from "./system-introduction.ts";
import type { SystemOptions } from "./system-options.ts";
import { drawSystem } from "./system-picture.ts";
import {
  type AppliedSuggestion,
  formatSystemSummary,
  type OperationFacts,
  type SystemSummary,
  summariseSystem,
} from "./system-summary.ts";

const BLOCK_MILLISECONDS = 10_000;
/** Late words are said within seconds; on a machine that does a lot else, later. */
const PATIENCE_MILLISECONDS = 90_000;
/** So long the controller is gone when it is killed. */
const GONE_MILLISECONDS = 2000;
/** How long a person who looks at suggestions takes. */
const ACCEPT_AFTER_MILLISECONDS = 2000;

type ServiceCounts = { readonly feedback: ServiceFeedback; readonly suggestions?: readonly AppliedSuggestion[] };

/** One run. */
export class SystemDemonstration {
  readonly #system: System;
  readonly #options: SystemOptions;
  readonly #run: Run;
  #client = new ControllerClient("");
  #started: StartedSystem | undefined;
  #startedAt = 0;
  #kills = 0;
  #phase: string | undefined;
  #operations: readonly OperationFacts[];
  #services: Readonly<Record<string, ServiceFeedback>> = {};
  #applied: readonly AppliedSuggestion[] = [];
  #suggestions: readonly Suggestion[] = [];
  #account: FeedbackAccount | undefined;
  readonly #firstSeen = new Map<string, number>();
  readonly #troubles: string[] = [];

  constructor(system: System, options: SystemOptions) {
    this.#system = system;
    this.#options = options;
    this.#run = new Run(options.json === "-" ? process.stderr : process.stdout);
    this.#operations = operationsIn(system.configurations).map((each) => ({
      ...each,
      state: undefined,
      performance: undefined,
    }));
  }

  /**
   * @returns The exit code.
   * @throws {StartError} when it cannot begin.
   */
  async run(): Promise<number> {
    const { command, folder, services, people, helpers = [] } = this.#system;
    const { port, stateFolder } = this.#options;
    // The people end first, so that nothing is asked of a service that is gone; what asks for metrics ends before what has them.
    const names = (parts: readonly { readonly name: string }[]): string[] => parts.map(({ name }) => name);
    const stopOrder = [...names(people), "controller", "prometheus", ...names(services), ...names(helpers)];
    await this.#run.perform(
      { command, port, stateFolder, fresh: true, exampleFolder: folder, stopOrder },
      (state, group) => this.#perform(state, group),
    );
    const ending = exitCodeOf(this.#run.ending);
    const summary = this.#summary();
    return ending ?? (summary !== undefined && summary.missing.length === 0 ? 0 : 1);
  }

  async #perform(state: StateFolder, group: ProcessGroup): Promise<void> {
    rmSync(state.prometheusData, { recursive: true, force: true });
    this.#run.say("Starting the services, the controller and the people ...");
    const started = await startSystem(this.#system, this.#options, state, group, this.#run.signal);
    this.#started = started;
    this.#client = new ControllerClient(started.places.controllerUrl);
    this.#startedAt = Date.now();
    this.#run.say(...introductionOf(this.#system, started, state, this.#options.accept));
    const screen = openScreen(this.#run.output);
    const killing = this.#options.kill ? this.#killInTheMiddle(started, group) : undefined;
    const end = this.#startedAt + this.#options.forMilliseconds;
    await this.#watch(screen, () => Date.now() >= end);
    await killing;
    for (const { child } of started.people) child.send("finish");
    this.#phase = "waiting for what is said late";
    await this.#watch(screen, () => started.people.every(({ counts }) => counts.isFinished), PATIENCE_MILLISECONDS);
    this.#phase = "waiting for the last feedback to be learnt from";
    await this.#watch(screen, () => this.#isAccounted(), PATIENCE_MILLISECONDS);
    screen.close();
    await this.#readPerformance();
    this.#run.end({ kind: "time" });
  }

  /** Looks and shows again and again, until it is done, the patience is over, or the end has come. */
  async #watch(
    screen: ReturnType<typeof openScreen>,
    isDone: () => boolean | Promise<boolean>,
    patienceMilliseconds = Number.POSITIVE_INFINITY,
  ): Promise<void> {
    const { signal } = this.#run;
    const deadline = Date.now() + patienceMilliseconds;
    let shownAt = 0;
    while (!signal.aborted) {
      await this.#look();
      if (screen.isLive || Date.now() - shownAt >= BLOCK_MILLISECONDS) {
        screen.show(drawSystem(this.#picture()));
        shownAt = Date.now();
      }
      if ((await isDone()) || Date.now() > deadline) return;
      await wait(1000, undefined, { signal }).catch(() => {});
    }
  }

  /** What cannot be asked at the moment stands as it was: the controller may be away on purpose. */
  async #look(): Promise<void> {
    const patience = AbortSignal.any([this.#run.signal, AbortSignal.timeout(5000)]);
    await Promise.allSettled([
      this.#readOperations(patience),
      this.#readServices(patience),
      this.#client.suggestions(patience).then((suggestions) => this.#take(suggestions, patience)),
    ]);
  }

  async #readOperations(patience: AbortSignal): Promise<void> {
    this.#operations = await Promise.all(
      this.#operations.map(async (each) => ({ ...each, state: await this.#client.operation(each, patience) })),
    );
  }

  async #readServices(patience: AbortSignal): Promise<void> {
    const urls: Readonly<Record<string, string>> = this.#started?.places.urls ?? {};
    const services = this.#system.services.filter(({ hasFeedback }) => hasFeedback);
    const counts = await Promise.all(
      services.map(async ({ name }) => ({ name, ...(await getJson<ServiceCounts>(`${urls[name]}/counts`, patience)) })),
    );
    this.#services = Object.fromEntries(counts.map(({ name, feedback }) => [name, feedback]));
    this.#applied = counts.flatMap(({ suggestions = [] }) => suggestions);
  }

  /** Accepts what has been open for a while, where the person has left that to us. */
  async #take(suggestions: readonly Suggestion[], patience: AbortSignal): Promise<void> {
    this.#suggestions = suggestions;
    for (const { id, status, target } of suggestions) {
      if (status !== "open" || !this.#accepts(target)) continue;
      const seenAt = this.#firstSeen.get(id) ?? Date.now();
      this.#firstSeen.set(id, seenAt);
      if (Date.now() - seenAt < ACCEPT_AFTER_MILLISECONDS) continue;
      await this.#client.accept(id, "the demonstration", "in the place of a person", patience);
    }
  }

  #accepts(target: string | undefined): boolean {
    return this.#options.accept && target !== undefined && target === this.#system.suggestionTarget;
  }

  async #killInTheMiddle(started: StartedSystem, group: ProcessGroup): Promise<void> {
    const { signal } = this.#run;
    try {
      await wait(this.#options.forMilliseconds / 2, undefined, { signal });
      await group.crash("controller");
      this.#kills++;
      this.#phase = "the controller was killed";
      await wait(GONE_MILLISECONDS, undefined, { signal });
      await started.startController();
      this.#phase = "the controller is back";
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
  }

  /** Every item that the services have sent is kept and learnt from, as far as that can be seen now; whether once, the account tells. */
  async #isAccounted(): Promise<boolean> {
    const sums = Object.values(this.#services);
    const patience = AbortSignal.any([this.#run.signal, AbortSignal.timeout(30_000)]);
    try {
      const kept = await this.#client.feedback(patience);
      const learnt = await Promise.all(this.#operations.map((each) => this.#client.learntFeedback(each, patience)));
      const reports = this.#started?.people.reduce((sum, { counts }) => sum + counts.reports, 0) ?? 0;
      this.#account = accountFor({ reports, services: this.#services, kept, learnt: learnt.flat() });
    } catch {
      return false; // asked again in a second
    }
    const isWaiting = this.#suggestions.some(
      ({ status, target }) => status === "accepted" || (status === "open" && this.#accepts(target)),
    );
    return sums.length > 0 && this.#account.problems.length === 0 && !isWaiting;
  }

  async #readPerformance(): Promise<void> {
    const patience = this.#run.lastPatience();
    const milliseconds = Date.now() - this.#startedAt;
    this.#operations = await Promise.all(
      this.#operations.map(async (each) => ({
        ...each,
        performance: await this.#client.performance(each, milliseconds, patience).catch(() => undefined),
      })),
    );
  }

  #picture() {
    const people = this.#started?.people ?? [];
    return {
      elapsedSeconds: (Date.now() - this.#startedAt) / 1000,
      forSeconds: this.#options.forMilliseconds / 1000,
      phase: this.#phase,
      operations: this.#operations,
      people: this.#system.people.map(({ name, deeds }) => ({
        deeds,
        counts: people.find((each) => each.name === name)?.counts ?? NOBODY,
      })),
      services: this.#services,
      suggestions: this.#suggestions,
    };
  }

  /** Undefined where the end came before the beginning. */
  #summary(): SystemSummary | undefined {
    if (this.#started === undefined) return undefined;
    for (const { name, counts } of this.#started.people)
      if (counts.failed > 0 && counts.done === 0)
        this.#troubles.push(`nothing that the ${name} tried came about: ${counts.lastFailure ?? "unknown"}`);
    const summary = summariseSystem({
      seconds: Math.round((Date.now() - this.#startedAt) / 1000),
      seed: this.#options.seed,
      operations: this.#operations,
      account: this.#account,
      suggestions: this.#suggestions,
      applied: this.#applied,
      kills: this.#kills,
      troubles: this.#troubles,
    });
    this.#run.say("", ...formatSystemSummary(summary), "");
    const { json } = this.#options;
    const text = `${JSON.stringify(summary, undefined, 2)}\n`;
    if (json === "-") process.stdout.write(text);
    else if (json !== undefined) writeFileSync(json, text);
    return summary;
  }
}

const NOBODY = { done: 0, failed: 0, leftOut: 0, reports: 0, taken: 0, repeated: 0, isFinished: false };
