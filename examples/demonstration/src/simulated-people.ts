/**
 * What the simulated people of an example have in common: they do things at a fixed rate, and say later what they thought of them.
 * What they say is sent until it was taken, and now and then again after that: whoever hears it must not count it twice.
 */
import { setTimeout as wait } from "node:timers/promises";
import { stopWithParent } from "./parent.ts";

/** What simulated people have done since their start; they tell the process that started them, every second. */
export interface PeopleCounts {
  /** Things done: requests that were answered. */
  readonly done: number;
  readonly failed: number;
  /** Left out because too much was under way. */
  readonly leftOut: number;
  /** What they have to say, each once; some of it is not due yet. */
  readonly reports: number;
  /** What of that was taken. */
  readonly taken: number;
  /** What was sent again though it was taken already. */
  readonly repeated: number;
  /** Everything that they had to say was taken, and nothing new is begun. */
  readonly isFinished: boolean;
  /** Why the last failure failed. */
  readonly lastFailure?: string;
}

/** What somebody says, with an id of its own. */
type Report = { readonly id: string } & Readonly<Record<string, unknown>>;

const MAXIMUM_IN_FLIGHT = 48;
const REPEATED_RATIO = 0.05;

/** People who act and report. */
export class SimulatedPeople {
  readonly #random: () => number;
  readonly #reportUrl: string;
  readonly #counts = { done: 0, failed: 0, leftOut: 0, reports: 0, taken: 0, repeated: 0 };
  readonly #expected = new Set<string>();
  readonly #early = new Set<string>();
  #lastFailure: string | undefined;
  #inFlight = 0;
  #isFinishing = false;

  /** @param options `reportUrl` takes what they say, by POST. */
  constructor({ random, reportUrl }: { readonly random: () => number; readonly reportUrl: string }) {
    this.#random = random;
    this.#reportUrl = reportUrl;
  }

  /** Does something again and again; the gaps vary by a quarter, so that nothing marches in step. */
  act(deed: () => Promise<void>, gapMilliseconds: number): void {
    const next = gapMilliseconds * (0.75 + this.#random() / 2);
    setTimeout(() => {
      if (this.#isFinishing) return;
      if (this.#inFlight >= MAXIMUM_IN_FLIGHT) this.#counts.leftOut++;
      else void this.#do(deed);
      this.act(deed, gapMilliseconds);
    }, next);
  }

  /** Says something after a time. */
  sayLater(report: Report, afterMilliseconds: number): void {
    this.#counts.reports++;
    setTimeout(() => void this.#say(report), afterMilliseconds);
  }

  /** Something with this id is under way; until it has arrived, nothing is finished. */
  expect(id: string): void {
    if (!this.#early.delete(id)) this.#expected.add(id);
  }

  /** Also before it is expected: two answers may overtake each other. */
  arrived(id: string): void {
    if (!this.#expected.delete(id)) this.#early.add(id);
  }

  /** Tells its counts every second, and begins nothing new after the message "finish". */
  listen(): void {
    process.on("message", (message) => {
      if (message === "finish") this.#isFinishing = true;
    });
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        this.#tell();
        process.exit(0);
      });
    }
    stopWithParent();
    setInterval(() => this.#tell(), 1000);
  }

  async #do(deed: () => Promise<void>): Promise<void> {
    this.#inFlight++;
    try {
      await deed();
      this.#counts.done++;
    } catch (error) {
      this.#counts.failed++;
      this.#lastFailure = describe(error);
    } finally {
      this.#inFlight--;
    }
  }

  async #say(report: Report): Promise<void> {
    while (!(await this.#send(report))) await wait(500);
    this.#counts.taken++;
    if (this.#random() >= REPEATED_RATIO) return;
    this.#counts.repeated++;
    await this.#send(report);
  }

  async #send(report: Report): Promise<boolean> {
    try {
      const response = await fetch(this.#reportUrl, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(report),
        signal: AbortSignal.timeout(10_000),
      });
      await response.arrayBuffer();
      if (response.ok) return true;
      this.#lastFailure = `POST ${this.#reportUrl} was answered with ${response.status}`;
    } catch (error) {
      this.#lastFailure = describe(error);
    }
    return false;
  }

  #tell(): void {
    const { reports, taken } = this.#counts;
    const counts: PeopleCounts = {
      ...this.#counts,
      isFinished: this.#isFinishing && this.#inFlight === 0 && this.#expected.size === 0 && taken === reports,
      ...(this.#lastFailure === undefined ? {} : { lastFailure: this.#lastFailure }),
    };
    if (process.send === undefined) console.log(JSON.stringify(counts));
    else if (process.connected) process.send(counts);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
