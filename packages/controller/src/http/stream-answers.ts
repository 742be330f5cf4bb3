/** Streams as answers to requests: who may have one, and what is said where there is no room. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { ControllerError } from "../errors.ts";
import type { StreamSubject } from "../serving/event-stream.ts";
import { readCapability } from "../serving/stream-capability.ts";
import { allocationsSubject, flagsSubject } from "../serving/stream-subjects.ts";
import type { Serving } from "./serving.ts";

const EVENT_STREAM = /\btext\/event-stream\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i;
const ANYTHING_ELSE = /(?:^|,)\s*(?:application\/(?:json|\*)|\*\/\*)/i;
const RETRY_AFTER_SECONDS = 10;

/** Does the request ask for events? */
export function wantsEventStream({ headers: { accept } }: IncomingMessage): boolean {
  return accept !== undefined && EVENT_STREAM.test(accept);
}

/**
 * Streams a component's documents; false, and nothing is sent, where there is no room and the caller takes the document itself too.
 *
 * @throws {ControllerError} STREAM_LIMIT_REACHED.
 */
export function streamAllocations(
  request: IncomingMessage,
  response: ServerResponse,
  { streams, watch, now }: Serving,
  component: string,
  mayGoOn: () => boolean,
): boolean {
  if (!streams.hasRoom) {
    if (ANYTHING_ELSE.test(request.headers.accept ?? "")) return false;
    throw limitReached();
  }
  const known = lastEventId(request) ?? revisionOf(request.headers["if-none-match"]);
  streams.open(response, allocationsSubject(component, watch, now, mayGoOn), known);
  return true;
}

/**
 * Streams notices that flags have changed.
 *
 * @throws {ControllerError} STREAM_ADDRESS_INVALID, or STREAM_LIMIT_REACHED.
 */
export function streamFlagChanges(
  request: IncomingMessage,
  response: ServerResponse,
  { streams, selections, streamSecret, now }: Serving,
  capabilityText: string,
): void {
  const read = (): ReturnType<typeof readCapability> => readCapability(capabilityText, streamSecret(), now());
  const capability = read();
  if (capability === undefined)
    throw new ControllerError("STREAM_ADDRESS_INVALID", "The address was not made here, or its time is over.");
  if (!streams.hasRoom) throw limitReached();
  const subject: StreamSubject = flagsSubject(capability.components, selections, () => read() !== undefined);
  streams.open(response, subject, lastEventId(request) ?? capability.knownState);
}

function limitReached(): ControllerError {
  return new ControllerError("STREAM_LIMIT_REACHED", "As many streams are open as may be.", {
    headers: { "Retry-After": String(RETRY_AFTER_SECONDS) },
  });
}

function lastEventId({ headers }: IncomingMessage): string | undefined {
  const given = headers["last-event-id"];
  return typeof given === "string" && given !== "" ? given : undefined;
}

/** The tag of a document is its revision in quotes. */
function revisionOf(tag: string | undefined): string | undefined {
  return tag === undefined ? undefined : /^(?:W\/)?"([^"]+)"$/.exec(tag.trim())?.[1];
}
