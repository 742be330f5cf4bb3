/** Pure: the bytes of a stream of server-sent events to events, as they come (HTML standard, section 9.2). */
import { StringDecoder } from "node:string_decoder";

/** One event. */
export interface ServerEvent {
  /** `message` where the sender does not tell. */
  readonly event: string;
  readonly data: string;
  /** The last id that was told, with this event or before it. */
  readonly id: string | undefined;
}

/** Takes chunks in and gives events out. */
export class EventParser {
  readonly #decoder = new StringDecoder("utf8");
  readonly #mostCharacters: number;
  /** What came since the last end of a line; in parts, because a large event comes in hundreds of chunks. */
  #rest: string[] = [];
  #characters = 0;
  #event = "";
  #data: string[] = [];
  #id: string | undefined;
  #endedWithReturn = false;

  /** @param mostCharacters Of one event; a longer one is an error. */
  constructor(mostCharacters: number) {
    this.#mostCharacters = mostCharacters;
  }

  /**
   * The events that this chunk has completed.
   *
   * @throws {RangeError} when an event is too long.
   */
  push(chunk: Uint8Array): readonly ServerEvent[] {
    const events: ServerEvent[] = [];
    let text = this.#decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    // A line may end with both, and they may come in two chunks.
    if (this.#endedWithReturn && text.startsWith("\n")) text = text.slice(1);
    this.#endedWithReturn = text.endsWith("\r");
    const lines = text.split(/\r\n|\n|\r/);
    for (const [at, line] of lines.entries()) {
      this.#characters += line.length;
      if (this.#characters > this.#mostCharacters) throw new RangeError("an event is too long");
      this.#rest.push(line);
      if (at === lines.length - 1) break;
      const event = this.#line(this.#rest.join(""));
      this.#rest = [];
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  #line(line: string): ServerEvent | undefined {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "event") this.#event = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    return undefined;
  }

  #dispatch(): ServerEvent | undefined {
    const event = { event: this.#event || "message", data: this.#data.join("\n"), id: this.#id };
    const hasData = this.#data.length > 0;
    this.#event = "";
    this.#data = [];
    this.#characters = 0;
    return hasData ? event : undefined;
  }
}
