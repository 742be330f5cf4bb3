/** Follows the controller's stream of documents to its end: what it says is handed on, and silence ends it. */
import type { IncomingMessage } from "node:http";
import { EventParser } from "./event-parser.ts";
import { describeError } from "./own-failure.ts";
import type { Confirmation } from "./parameters/parameter-client.ts";

/** What is done with what the stream says. Both return what is wrong with it, or undefined; something wrong ends the stream. */
export interface StreamEvents {
  readonly onDocument: (text: string, revision: string, confirmation: Confirmation) => string | undefined;
  readonly onUnchanged: (revision: string, confirmation: Confirmation) => string | undefined;
}

/** How a stream is followed. */
export interface StreamSettings {
  /** When the answer began, the controller's clock said so; in milliseconds since 1970. */
  readonly controllerTime: number | undefined;
  /** The first event must come within this time, in milliseconds: a proxy that collects answers would pass none on. */
  readonly firstEventWithinMilliseconds: number;
  readonly mostCharacters: number;
}

/** How a stream ended. */
export type StreamEnd =
  /** By the controller, by the connection, or by silence after something was heard. */
  | { readonly kind: "ended" }
  /** Nothing was heard at all: something between here and the controller passes no events on. */
  | { readonly kind: "mute" }
  /** What it said cannot be used. */
  | { readonly kind: "failed"; readonly problem: string };

/** The controller lets something be heard every 10 s. */
const LONGEST_SILENCE_MILLISECONDS = 25_000;

/** Follows a stream; resolves with its end. It keeps no process alive. */
export function followStream(
  stream: IncomingMessage,
  settings: StreamSettings,
  { onDocument, onUnchanged }: StreamEvents,
): Promise<StreamEnd> {
  const parser = new EventParser(settings.mostCharacters);
  const startedAt = performance.now();
  const { controllerTime } = settings;
  /** The controller's clock, counted on from the beginning of the answer: an event has no time of its own. */
  const confirmation = (): Confirmation => ({
    controllerTime: controllerTime === undefined ? undefined : controllerTime + performance.now() - startedAt,
  });
  let hasHeard = false;

  return new Promise((resolve) => {
    let silence: NodeJS.Timeout | undefined;
    const finish = (end: StreamEnd): void => {
      clearTimeout(silence);
      stream.destroy();
      resolve(end);
    };
    const waitFor = (milliseconds: number): void => {
      clearTimeout(silence);
      silence = setTimeout(() => {
        finish({ kind: hasHeard ? "ended" : "mute" });
      }, milliseconds).unref();
    };
    waitFor(settings.firstEventWithinMilliseconds);
    stream.on("data", (chunk: Buffer) => {
      try {
        for (const { event, data, id } of parser.push(chunk)) {
          hasHeard = true;
          const problem =
            event === "document"
              ? onDocument(data, id ?? "", confirmation())
              : event === "unchanged"
                ? onUnchanged(...unchanged(data, confirmation()))
                : undefined;
          if (problem !== undefined) return finish({ kind: "failed", problem });
        }
      } catch (error) {
        return finish({ kind: "failed", problem: describeError(error) });
      }
      // A large document may come slowly: every part of it is a sign of life.
      waitFor(hasHeard ? LONGEST_SILENCE_MILLISECONDS : settings.firstEventWithinMilliseconds);
    });
    stream.on("error", () => finish({ kind: "ended" })); // whether the controller is gone, the next question tells
    stream.on("close", () => finish({ kind: "ended" }));
    stream.on("end", () => finish({ kind: "ended" }));
  });
}

/** It tells the controller's time itself, so that a clock that was set does no harm for long. */
function unchanged(data: string, counted: Confirmation): [revision: string, confirmation: Confirmation] {
  const told = JSON.parse(data) as { readonly revision?: unknown; readonly time?: unknown };
  const time = typeof told.time === "string" ? Date.parse(told.time) : Number.NaN;
  return [String(told.revision), Number.isNaN(time) ? counted : { controllerTime: time }];
}
