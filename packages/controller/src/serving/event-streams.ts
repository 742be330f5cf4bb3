/** All streams of the controller: who hears of which change, how many there may be, and their end. */
import type { ServerResponse } from "node:http";
import type { BoardWatch } from "./board-watch.ts";
import { EventStream, STREAM_HEADERS, type StreamSubject } from "./event-stream.ts";

/** What the streams need. */
export interface EventStreamsOptions {
  readonly watch: BoardWatch;
  /** So many at once. */
  readonly most: () => number;
  readonly onCount: (kind: StreamSubject["kind"], change: 1 | -1) => void;
  readonly onEvent: (kind: StreamSubject["kind"]) => void;
}

/** The most that passes between two signs of life on a stream. */
export const HEARTBEAT_MILLISECONDS = 10_000;
/** Operations that are decided in one pass change a document one after the other: their readers hear of it once. */
const GATHER_MILLISECONDS = 20;

/** The streams that are open. */
export class EventStreams {
  readonly #options: EventStreamsOptions;
  readonly #streams = new Set<EventStream>();
  readonly #changed = new Set<string>();
  #hasAllChanged = false;
  #gathering: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #stopListening: (() => void) | undefined;

  constructor(options: EventStreamsOptions) {
    this.#options = options;
  }

  /** Is there room for one more? */
  get hasRoom(): boolean {
    return this.#streams.size < this.#options.most();
  }

  /** Begins a stream as the answer to a request; one that asks for the headers alone gets them, and no stream. */
  open(response: ServerResponse, subject: StreamSubject, knownId: string | undefined): void {
    if (response.req.method === "HEAD") return void response.writeHead(200, STREAM_HEADERS).end();
    const { onCount, onEvent } = this.#options;
    this.#start();
    const stream = new EventStream(response, subject, knownId, {
      now: () => performance.now(),
      onEvent: () => onEvent(subject.kind),
    });
    this.#streams.add(stream);
    onCount(subject.kind, 1);
    response.once("close", () => {
      this.#streams.delete(stream);
      onCount(subject.kind, -1);
      if (this.#streams.size === 0) this.#stop();
    });
  }

  /** Another configuration is in force: tokens may have ended, components may be gone. */
  recheck(): void {
    this.#options.watch.check();
    for (const stream of this.#streams) {
      if (stream.subject.mayGoOn()) stream.offer();
      else stream.end();
    }
  }

  /** Ends all of them; their readers come back, or turn to another replica. */
  close(): void {
    for (const stream of this.#streams) stream.end();
  }

  #start(): void {
    if (this.#stopListening !== undefined) return;
    this.#stopListening = this.#options.watch.listen((component) => this.#gather(component));
    this.#heartbeat = setInterval(() => {
      for (const stream of this.#streams) stream.beat();
    }, HEARTBEAT_MILLISECONDS).unref();
  }

  #stop(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
    clearInterval(this.#heartbeat);
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#changed.clear();
  }

  #gather(component: string | undefined): void {
    if (component === undefined) this.#hasAllChanged = true;
    else this.#changed.add(component);
    this.#gathering ??= setTimeout(() => this.#tell(), GATHER_MILLISECONDS);
  }

  #tell(): void {
    this.#gathering = undefined;
    const changed = [...this.#changed];
    const isForAll = this.#hasAllChanged;
    this.#changed.clear();
    this.#hasAllChanged = false;
    for (const stream of this.#streams) {
      if (isForAll || changed.some((component) => stream.subject.concerns(component))) stream.offer();
    }
  }
}
