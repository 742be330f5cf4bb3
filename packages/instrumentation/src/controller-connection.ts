/**
 * Asks the controller for the allocations of this component, again and again. Each question offers to listen to a stream instead: a
 * controller that can answers with one, and is asked anew when it ends; any other answers with the document, as ever.
 *
 * - A conditional GET with a time-out; after a failure a delay with full jitter that doubles up to a minute, or what `Retry-After` says.
 * - Nothing here keeps the process alive: timers and sockets are unref'd, so that a service ends when its own work ends.
 */
import { followStream, type StreamEnd } from "./allocation-stream.ts";
import { askController, type ControllerAnswer, controllerPlace, MAXIMUM_BODY_BYTES } from "./controller-request.ts";
import { describeError, warn } from "./own-failure.ts";
import type { Confirmation } from "./parameters/parameter-client.ts";

/** Where and how to ask. */
export interface ConnectionSettings {
  readonly controllerUrl: string;
  readonly component: string;
  readonly token: string | undefined;
  readonly pollIntervalMilliseconds: number;
  readonly requestTimeoutMilliseconds: number;
  /** Is a stream offered? */
  readonly stream: boolean;
}

/** What is done with the answers. */
export interface ConnectionEvents {
  /** A new document. Returns what is wrong with it, or undefined; one that is wrong is asked for again. */
  readonly onDocument: (document: unknown, etag: string | undefined, confirmation: Confirmation) => string | undefined;
  /** The document that was sent last is still the newest. */
  readonly onUnchanged: (confirmation: Confirmation) => void;
}

const MAXIMUM_BACK_OFF_MILLISECONDS = 60_000;
const MINIMUM_DELAY_MILLISECONDS = 50;
/** After the end of a stream. */
const LONGEST_RETURN_MILLISECONDS = 5_000;
/** Where a stream was mute, none is offered for so long. */
const WITHOUT_STREAM_MILLISECONDS = 600_000;

/** One poller. `start` begins it, `stop` ends it for good. */
export class ControllerConnection {
  readonly settings: ConnectionSettings;
  readonly #events: ConnectionEvents;
  #etag: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  /** On the monotonic clock. */
  #noStreamBefore = 0;
  readonly #stopping = new AbortController();

  /** @param etag Of a document that is held already. */
  constructor(settings: ConnectionSettings, events: ConnectionEvents, etag: string | undefined) {
    this.settings = settings;
    this.#events = events;
    this.#etag = etag;
  }

  /** Asks at once, and from then on at intervals. */
  start(): void {
    this.#schedule(0);
  }

  /** Ends a request that is under way, and asks no more. */
  stop(): void {
    this.#stopping.abort();
    clearTimeout(this.#timer);
  }

  #schedule(delayMilliseconds: number): void {
    if (this.#stopping.signal.aborted) return;
    this.#timer = setTimeout(() => void this.#poll(), delayMilliseconds).unref();
  }

  async #poll(): Promise<void> {
    let delay: number;
    try {
      const answer = await this.#ask();
      delay = answer.events === undefined ? this.#receive(answer) : await this.#follow(answer, answer.events);
    } catch (error) {
      delay = this.#fail(describeError(error));
    }
    this.#schedule(delay);
  }

  /** @returns How long to wait, in milliseconds. */
  #receive(answer: ControllerAnswer): number {
    if (this.#stopping.signal.aborted) return 0;
    if (answer.status === 304) this.#events.onUnchanged(answer);
    else if (answer.status === 200) {
      const problem = this.#events.onDocument(parseJson(answer.body), answer.etag, answer);
      if (problem !== undefined) return this.#fail(problem);
      this.#etag = answer.etag;
    } else return this.#fail(`it answered with status ${answer.status}`, answer.retryAfterMilliseconds);
    this.#succeed();
    // A tenth of jitter: a hundred processes that started together shall not ask together for ever.
    return this.settings.pollIntervalMilliseconds * (0.95 + Math.random() * 0.1);
  }

  #succeed(): void {
    if (this.#failures > 0) warn(`the controller at ${controllerPlace(this.settings.controllerUrl)} answers again`);
    this.#failures = 0;
  }

  /** @returns How long to wait when the stream has ended, in milliseconds. */
  async #follow(
    { controllerTime }: ControllerAnswer,
    events: NonNullable<ControllerAnswer["events"]>,
  ): Promise<number> {
    const { requestTimeoutMilliseconds, pollIntervalMilliseconds } = this.settings;
    const end: StreamEnd = await followStream(
      events,
      {
        controllerTime,
        firstEventWithinMilliseconds: requestTimeoutMilliseconds,
        mostCharacters: MAXIMUM_BODY_BYTES,
      },
      {
        onDocument: (text, revision, confirmation) => {
          if (this.#stopping.signal.aborted) return undefined;
          const etag = `"${revision}"`;
          const problem = this.#events.onDocument(parseJson(text), etag, confirmation);
          if (problem !== undefined) return problem;
          this.#etag = etag;
          this.#succeed();
          return undefined;
        },
        onUnchanged: (revision, confirmation) => {
          if (this.#stopping.signal.aborted) return undefined;
          if (this.#etag !== `"${revision}"`) return "its stream tells of another document than it sent";
          this.#events.onUnchanged(confirmation);
          this.#succeed();
          return undefined;
        },
      },
    );
    if (end.kind === "failed") return this.#fail(end.problem);
    if (end.kind === "mute") {
      this.#noStreamBefore = performance.now() + WITHOUT_STREAM_MILLISECONDS;
      return 0;
    }
    // The controller restarts, perhaps with hundreds that listened: they shall not come back together.
    const longest = Math.min(pollIntervalMilliseconds, LONGEST_RETURN_MILLISECONDS);
    return Math.max(MINIMUM_DELAY_MILLISECONDS, Math.random() * longest);
  }

  #fail(problem: string, retryAfterMilliseconds = 0): number {
    if (this.#failures++ === 0 && !this.#stopping.signal.aborted) {
      warn(
        `the controller at ${controllerPlace(this.settings.controllerUrl)} gives no parameters; the last known good or base values serve: ${problem}`,
      );
    }
    const { pollIntervalMilliseconds } = this.settings;
    const doubled = pollIntervalMilliseconds * 2 ** Math.min(this.#failures, 20);
    const longest = Math.max(pollIntervalMilliseconds, Math.min(doubled, MAXIMUM_BACK_OFF_MILLISECONDS));
    return Math.max(MINIMUM_DELAY_MILLISECONDS, Math.random() * longest, retryAfterMilliseconds);
  }

  #ask(): Promise<ControllerAnswer> {
    const { controllerUrl, component, token, requestTimeoutMilliseconds } = this.settings;
    return askController({
      controllerUrl,
      path: `v1/allocations?component=${encodeURIComponent(component)}`,
      token,
      headers: {
        ...(this.#etag === undefined ? {} : { "if-none-match": this.#etag }),
        ...(this.settings.stream && performance.now() >= this.#noStreamBefore ? { accept: OFFERS_STREAM } : {}),
      },
      timeoutMilliseconds: requestTimeoutMilliseconds,
      signal: this.#stopping.signal,
    });
  }
}

const OFFERS_STREAM = "text/event-stream, application/json;q=0.9";

/** What is no JSON is refused by the one place that refuses documents. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
