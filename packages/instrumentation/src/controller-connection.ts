/**
 * Asks the controller for the allocations of this component, again and again: the only network code of this package.
 *
 * - A conditional GET with a time-out; after a failure a delay with full jitter that doubles up to a minute, or what `Retry-After` says.
 * - Nothing here keeps the process alive: timers and sockets are unref'd, so that a service ends when its own work ends.
 */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { describeError, warn } from "./own-failure.ts";
import type { Confirmation } from "./parameters/parameter-client.ts";

/** Where and how to ask. */
export interface ConnectionSettings {
  readonly controllerUrl: string;
  readonly component: string;
  readonly token: string | undefined;
  readonly pollIntervalMilliseconds: number;
  readonly requestTimeoutMilliseconds: number;
}

/** What is done with the answers. */
export interface ConnectionEvents {
  /** A new document. Returns what is wrong with it, or undefined; one that is wrong is asked for again. */
  readonly onDocument: (document: unknown, etag: string | undefined, confirmation: Confirmation) => string | undefined;
  /** The document that was sent last is still the newest. */
  readonly onUnchanged: (confirmation: Confirmation) => void;
}

interface Answer {
  readonly status: number;
  readonly etag: string | undefined;
  readonly retryAfterMilliseconds: number | undefined;
  /** Of its header `Date`, in milliseconds since 1970. */
  readonly controllerTime: number | undefined;
  readonly body: string;
}

const MAXIMUM_BODY_BYTES = 32 * 1024 * 1024;
const MAXIMUM_BACK_OFF_MILLISECONDS = 60_000;
const MAXIMUM_RETRY_AFTER_MILLISECONDS = 3_600_000;
const MINIMUM_DELAY_MILLISECONDS = 50;

/** One poller. `start` begins it, `stop` ends it for good. */
export class ControllerConnection {
  readonly settings: ConnectionSettings;
  readonly #events: ConnectionEvents;
  #etag: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
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
      delay = this.#receive(await this.#ask());
    } catch (error) {
      delay = this.#fail(describeError(error));
    }
    this.#schedule(delay);
  }

  /** @returns How long to wait, in milliseconds. */
  #receive(answer: Answer): number {
    if (this.#stopping.signal.aborted) return 0;
    if (answer.status === 304) this.#events.onUnchanged(answer);
    else if (answer.status === 200) {
      const problem = this.#events.onDocument(parseJson(answer.body), answer.etag, answer);
      if (problem !== undefined) return this.#fail(problem);
      this.#etag = answer.etag;
    } else return this.#fail(`it answered with status ${answer.status}`, answer.retryAfterMilliseconds);
    if (this.#failures > 0) warn(`the controller at ${this.#place()} answers again`);
    this.#failures = 0;
    // A tenth of jitter: a hundred processes that started together shall not ask together for ever.
    return this.settings.pollIntervalMilliseconds * (0.95 + Math.random() * 0.1);
  }

  #fail(problem: string, retryAfterMilliseconds = 0): number {
    if (this.#failures++ === 0 && !this.#stopping.signal.aborted) {
      warn(
        `the controller at ${this.#place()} gives no parameters; the last known good or base values serve: ${problem}`,
      );
    }
    const { pollIntervalMilliseconds } = this.settings;
    const doubled = pollIntervalMilliseconds * 2 ** Math.min(this.#failures, 20);
    const longest = Math.max(pollIntervalMilliseconds, Math.min(doubled, MAXIMUM_BACK_OFF_MILLISECONDS));
    return Math.max(MINIMUM_DELAY_MILLISECONDS, Math.random() * longest, retryAfterMilliseconds);
  }

  /** The address without credentials, for messages. */
  #place(): string {
    return URL.canParse(this.settings.controllerUrl)
      ? new URL(this.settings.controllerUrl).origin
      : "an unreadable address";
  }

  #ask(): Promise<Answer> {
    const { controllerUrl, component, token, requestTimeoutMilliseconds } = this.settings;
    const url = new URL(`v1/allocations?component=${encodeURIComponent(component)}`, withSlash(controllerUrl));
    const headers: Record<string, string> = { accept: "application/json", "user-agent": "trimtab-instrumentation" };
    if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
    if (this.#etag !== undefined) headers["if-none-match"] = this.#etag;
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      // Of its own, not the agent that the application uses: its connections and limits are not ours to touch.
      const request = send(url, { headers, agent: false, signal: this.#stopping.signal });
      // Of the whole exchange: a body that trickles in must not hold the poller for ever.
      const timeout = setTimeout(() => {
        request.destroy(new Error(`no answer within ${requestTimeoutMilliseconds} ms`));
      }, requestTimeoutMilliseconds).unref();
      request.on("socket", (socket) => socket.unref());
      let isAnswering = false;
      request.on("close", () => {
        clearTimeout(timeout);
        // Once there is a response, reading its body tells the end: this event may come before the last bytes were read.
        if (!isAnswering) reject(new Error("the connection was closed"));
      });
      request.on("error", reject);
      request.on("response", (response) => {
        isAnswering = true;
        readBody(response).then(
          (body) => resolve({ status: response.statusCode ?? 0, body, ...readHeaders(response) }),
          (error: unknown) => {
            request.destroy();
            reject(error instanceof Error ? error : new Error(describeError(error)));
          },
        );
      });
      request.end();
    });
  }
}

function readHeaders({ headers }: IncomingMessage): Pick<Answer, "etag" | "retryAfterMilliseconds" | "controllerTime"> {
  const time = Date.parse(headers.date ?? "");
  return {
    etag: headers.etag,
    retryAfterMilliseconds: retryAfter(headers["retry-after"]),
    controllerTime: Number.isNaN(time) ? undefined : time,
  };
}

/** Seconds, or a date; never more than an hour. */
function retryAfter(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const milliseconds = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.min(Math.max(milliseconds, 0), MAXIMUM_RETRY_AFTER_MILLISECONDS);
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAXIMUM_BODY_BYTES) throw new Error(`an answer of more than ${MAXIMUM_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** What is no JSON is refused by the one place that refuses documents. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The controller may live below a path: without the slash `new URL` would cut its last part off. */
function withSlash(url: string): string {
  return url.endsWith("/") ? url : `${url}/`;
}
