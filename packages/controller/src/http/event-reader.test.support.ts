/** For tests: a reader of server-sent events over real HTTP, that can also stop to read. */
import { type ClientRequest, type IncomingMessage, request } from "node:http";

/** One event as it came. */
export interface ReceivedEvent {
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
  readonly retry?: string;
  /** A comment line. */
  readonly comment?: string;
}

/** A stream that is read. */
export interface EventReader {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly events: ReceivedEvent[];
  /** The next event that fits and was not returned before; rejects when the stream ends before, or after 20 s. */
  next(fits?: (event: ReceivedEvent) => boolean): Promise<ReceivedEvent>;
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>;
  /** Takes nothing any more, so that what comes waits in the sender. */
  pause(): void;
  resume(): void;
  /** What was read, in bytes. */
  readonly bytes: () => number;
  close(): void;
}

/** Opens one. */
export async function openEvents(url: string, headers: Record<string, string> = {}): Promise<EventReader> {
  const sent: ClientRequest = request(url, { headers: { accept: "text/event-stream", ...headers }, agent: false });
  sent.end();
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.on("response", resolve);
    sent.on("error", reject);
  });
  const events: ReceivedEvent[] = [];
  let taken = 0;
  let text = "";
  let bytes = 0;
  let wake = (): void => {};
  let isOver = false;
  response.setEncoding("utf8").on("data", (chunk: string) => {
    bytes += chunk.length;
    text += chunk;
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) events.push(parseBlock(block));
    wake();
  });
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      isOver = true;
      wake();
      resolve();
    };
    response.on("end", end);
    response.on("error", end);
    response.on("close", end);
  });
  sent.on("error", () => {});
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    events,
    ended,
    async next(fits = (event) => event.data !== undefined) {
      const deadline = Date.now() + 20_000;
      for (;;) {
        while (taken < events.length) {
          const event = events[taken++];
          if (event !== undefined && fits(event)) return event;
        }
        if (isOver) throw new Error("the stream has ended");
        if (Date.now() > deadline) throw new Error(`no event that fits among ${JSON.stringify(events)}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
          setTimeout(resolve, 1000);
        });
      }
    },
    pause: () => void response.pause(),
    resume: () => void response.resume(),
    bytes: () => bytes,
    close: () => void sent.destroy(),
  };
}

function parseBlock(block: string): ReceivedEvent {
  const event: Record<string, string> = {};
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    event[colon === 0 ? "comment" : line.slice(0, colon)] = line.slice(colon + 1).trimStart();
  }
  return event;
}
