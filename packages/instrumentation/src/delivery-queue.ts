/**
 * Items on their way to the controller: kept in a bounded queue, sent in batches, sent again after a failure. Nobody waits for them.
 *
 *     2xx                            taken
 *     other 4xx than those below     the batch is refused for good: it would be refused again
 *     401 403 404 408 425 429, 5xx,  sent again, after a delay with full jitter that doubles up to a minute, or after what
 *     no answer                      `Retry-After` says
 *
 * When the queue is full the oldest items go, and are counted.
 */
import { askController, type ControllerAnswer, controllerPlace } from "./controller-request.ts";
import { describeError, reportOwnFailure, warn, warnOnce } from "./own-failure.ts";

/** Where the controller is. */
export interface DeliveryTarget {
  readonly controllerUrl: string;
  readonly token: string | undefined;
  readonly requestTimeoutMilliseconds: number;
}

/** What is delivered, and how. */
export interface DeliverySettings<Item> {
  /** As people call the items. */
  readonly what: string;
  /** Of the route, without a slash at its beginning; it may depend on what is sent. */
  readonly path: string | ((items: readonly Item[]) => string);
  /** Default: POST. */
  readonly method?: "POST" | "PUT";
  readonly maximumItems: number;
  readonly maximumBatch: number;
  /** How long an item may wait for others to share a request. */
  readonly lingerMilliseconds: number;
  /** Undefined as long as there is no controller. */
  readonly target: () => DeliveryTarget | undefined;
  readonly toBody: (items: readonly Item[]) => unknown;
  /** How many of a batch that was answered with 2xx were not taken. */
  readonly refusedOf: (answer: unknown) => number;
}

/** What became of items so far. */
export interface Delivered {
  accepted: number;
  refused: number;
  dropped: number;
}

const MAXIMUM_BACK_OFF_MILLISECONDS = 60_000;
const FIRST_BACK_OFF_MILLISECONDS = 500;
/** What the controller takes is twice as much; servers in front of it may take less. */
const MAXIMUM_BODY_BYTES = 512 * 1024;
/** Of clients' errors: those that a person or time may repair without the items being others. */
const TRANSIENT: ReadonlySet<number> = new Set([401, 403, 404, 408, 425, 429]);

interface Batch<Item> {
  readonly batch: readonly Item[];
  readonly body: string;
}

/** A queue for one route. */
export class DeliveryQueue<Item> {
  readonly delivered: Delivered = { accepted: 0, refused: 0, dropped: 0 };
  readonly #settings: DeliverySettings<Item>;
  #waiting: Item[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<boolean> | undefined;
  #failures = 0;

  constructor(settings: DeliverySettings<Item>) {
    this.#settings = settings;
  }

  /** Does anything wait, or is under way? */
  get isBusy(): boolean {
    return this.#waiting.length > 0 || this.#sending !== undefined;
  }

  /** Takes an item. Never throws, never waits. */
  add(item: Item): void {
    this.#waiting.push(item);
    this.#trim();
    const isFull = this.#waiting.length >= this.#settings.maximumBatch;
    if (this.#failures === 0) this.#schedule(isFull ? 0 : this.#settings.lingerMilliseconds);
  }

  /** There is a controller now, or another one. */
  wake(): void {
    this.#failures = 0;
    this.#stopTimer();
    if (this.#waiting.length > 0) this.#schedule(0);
  }

  /** Sends what waits, each item once at most: after the first failure the rest stays. Aborted, it gives up. */
  async flush(signal: AbortSignal): Promise<void> {
    this.#stopTimer();
    await Promise.race([this.#sending, aborted(signal)]);
    while (this.#waiting.length > 0 && !signal.aborted) {
      this.#stopTimer();
      if (!(await this.#send(signal))) return;
    }
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(delayMilliseconds: number): void {
    if (this.#timer !== undefined || this.#sending !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#send(undefined);
    }, delayMilliseconds).unref();
  }

  /** @returns Whether to go on at once. */
  #send(signal: AbortSignal | undefined): Promise<boolean> {
    const target = this.#settings.target();
    if (target === undefined || this.#sending !== undefined) return Promise.resolve(false);
    const next = this.#nextBatch();
    if (next === undefined) return Promise.resolve(false);
    const { batch } = next;
    this.#sending = this.#deliver(next, target, signal).then((delayMilliseconds) => {
      this.#sending = undefined;
      if (delayMilliseconds === undefined) {
        if (this.#failures > 0)
          warn(`the controller at ${controllerPlace(target.controllerUrl)} takes ${this.#settings.what} again`);
        this.#failures = 0;
      } else {
        this.#waiting = [...batch, ...this.#waiting];
        this.#trim();
      }
      if (this.#waiting.length > 0) this.#schedule(delayMilliseconds ?? 0);
      return delayMilliseconds === undefined;
    });
    return this.#sending;
  }

  /** The oldest items, and no more of them than one request may hold. */
  #nextBatch(): Batch<Item> | undefined {
    const { what, toBody, maximumBatch } = this.#settings;
    let length = Math.min(this.#waiting.length, maximumBatch);
    try {
      for (; length > 0; length = Math.floor(length / 2)) {
        const body = JSON.stringify(toBody(this.#waiting.slice(0, length)));
        if (length > 1 && Buffer.byteLength(body) > MAXIMUM_BODY_BYTES) continue;
        return { batch: this.#waiting.splice(0, length), body };
      }
    } catch (error) {
      this.#waiting.splice(0, length);
      this.delivered.dropped += length;
      reportOwnFailure(`writing ${what}`, error);
    }
    return undefined;
  }

  /** @returns After how many milliseconds to send the batch again; undefined where that is not needed. */
  async #deliver(
    { batch, body }: Batch<Item>,
    target: DeliveryTarget,
    signal: AbortSignal | undefined,
  ): Promise<number | undefined> {
    const { path: place, method = "POST" } = this.#settings;
    const path = typeof place === "string" ? place : place(batch);
    const { controllerUrl, token, requestTimeoutMilliseconds: timeoutMilliseconds } = target;
    try {
      const asked = { controllerUrl, path, method, body, token, timeoutMilliseconds };
      return this.#judge(batch, await askController(signal === undefined ? asked : { ...asked, signal }));
    } catch (error) {
      return this.#fail(describeError(error));
    }
  }

  #judge(batch: readonly Item[], { status, body, retryAfterMilliseconds }: ControllerAnswer): number | undefined {
    const { what, refusedOf } = this.#settings;
    if (status >= 200 && status < 300) {
      const refused = Math.min(batch.length, refusedOf(parseJson(body)));
      this.delivered.accepted += batch.length - refused;
      this.delivered.refused += refused;
      return undefined;
    }
    if (status < 400 || status >= 500 || TRANSIENT.has(status))
      return this.#fail(`it answered with status ${status}`, retryAfterMilliseconds);
    this.delivered.refused += batch.length;
    warnOnce(
      `refused:${what}:${status}`,
      `the controller refuses ${what} with status ${status}: ${body.slice(0, 500)}`,
    );
    return undefined;
  }

  #fail(problem: string, retryAfterMilliseconds = 0): number {
    if (this.#failures++ === 0) {
      const { what } = this.#settings;
      const url = this.#settings.target()?.controllerUrl ?? "";
      warn(`the controller at ${controllerPlace(url)} takes no ${what}; it is kept and sent again: ${problem}`);
    }
    const longest = Math.min(
      MAXIMUM_BACK_OFF_MILLISECONDS,
      FIRST_BACK_OFF_MILLISECONDS * 2 ** Math.min(this.#failures, 20),
    );
    return Math.max(Math.random() * longest, retryAfterMilliseconds);
  }

  #trim(): void {
    const { maximumItems, what } = this.#settings;
    const over = this.#waiting.length - maximumItems;
    if (over <= 0) return;
    this.#waiting.splice(0, over);
    this.delivered.dropped += over;
    warnOnce(
      `dropped:${what}`,
      `more than ${maximumItems} items of ${what} wait for the controller; the oldest are dropped`,
    );
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
