/**
 * One stream of server-sent events to one reader. It tells the newest state, never the way to it: a reader that is slow gets fewer
 * events, and what waits for it in memory is one of them.
 */
import type { ServerResponse } from "node:http";

/** What a stream tells of. */
export interface StreamSubject {
  /** For metrics. */
  readonly kind: "allocations" | "flags";
  /** Does a change of this component's document concern it? */
  concerns(component: string): boolean;
  /** As of now, with the event that tells it; undefined where there is nothing to tell any more. */
  state(): { readonly id: string; readonly event: Uint8Array | string } | undefined;
  /** What is sent now and then, so that both sides know that the other is there. */
  unchanged(): string;
  /** May the reader still have it? Asked again and again. */
  mayGoOn(): boolean;
}

/** A reader that takes nothing for so long is gone. */
const LONGEST_BLOCKED_MILLISECONDS = 60_000;

/** The headers of every stream. */
export const STREAM_HEADERS: Readonly<Record<string, string>> = {
  "Content-Type": "text/event-stream; charset=utf-8",
  "Cache-Control": "no-store",
  "X-Accel-Buffering": "no", // proxies that collect answers would hold every event back
};

/** A stream that has begun. */
export class EventStream {
  readonly subject: StreamSubject;
  readonly #response: ServerResponse;
  readonly #now: () => number;
  readonly #onEvent: () => void;
  #sentId: string | undefined;
  #blockedSince: number | undefined;

  /**
   * Begins the answer.
   *
   * @param knownId The id of the state that the reader has.
   * @param now Milliseconds on a monotonic clock.
   */
  constructor(
    response: ServerResponse,
    subject: StreamSubject,
    knownId: string | undefined,
    { now, onEvent }: { readonly now: () => number; readonly onEvent: () => void },
  ) {
    this.subject = subject;
    this.#response = response;
    this.#now = now;
    this.#onEvent = onEvent;
    response.writeHead(200, STREAM_HEADERS);
    // Readers that are cut off together shall not come back together.
    this.#write(`retry: ${1000 + Math.floor(Math.random() * 4000)}\n\n`);
    const state = subject.state();
    if (state !== undefined && state.id === knownId) {
      this.#sentId = state.id;
      this.#write(`id: ${state.id}\n${subject.unchanged()}`);
    }
    this.offer();
  }

  /** Tells the state if the reader has another one. */
  offer(): void {
    if (this.#blockedSince !== undefined || this.#response.writableEnded) return;
    const state = this.subject.state();
    if (state === undefined) return this.end();
    if (state.id === this.#sentId) return;
    this.#sentId = state.id;
    this.#onEvent();
    this.#write(state.event);
  }

  /** Now and then: is the reader still there, and may it still read? */
  beat(): void {
    if (!this.subject.mayGoOn()) return this.end();
    if (this.#blockedSince === undefined) this.#write(this.subject.unchanged());
    else if (this.#now() - this.#blockedSince > LONGEST_BLOCKED_MILLISECONDS) this.#response.destroy();
  }

  /** Ends the answer in an orderly way. */
  end(): void {
    this.#response.end();
    // What a slow reader has not taken would keep the connection open.
    if (this.#blockedSince !== undefined) this.#response.destroy();
  }

  #write(chunk: Uint8Array | string): void {
    if (this.#response.writableEnded || this.#response.destroyed || this.#response.write(chunk)) return;
    if (this.#blockedSince !== undefined) return;
    this.#blockedSince = this.#now();
    this.#response.once("drain", () => {
      this.#blockedSince = undefined;
      this.offer();
    });
  }
}
