/** What a log line, or the service that is called next, may want to know of the call that runs here. */
import { spanAttributes } from "@trimtab/conventions";
import { instrumentation } from "./instance.ts";
import { reportOwnFailure } from "./own-failure.ts";
import type { TrackedCall } from "./tracked-call.ts";

const PARENT = "trimtab.parent.operation";
/** The longest value of the header `baggage` that others must take, in bytes (W3C Baggage 3.3.2). */
const LONGEST_BAGGAGE_BYTES = 8192;

/**
 * Component, operation and variant of the call that runs here, and the operation around it, as fields for a log line; empty outside
 * of any call. The variant is there once it was chosen: asking decides nothing. Never throws.
 */
export function operationFields(): Record<string, string> {
  try {
    const call = instrumentation().currentCall();
    return call === undefined ? {} : fieldsOf(call);
  } catch (error) {
    reportOwnFailure("telling the fields of an operation", error);
    return {};
  }
}

/**
 * The same as the header `baggage` of W3C, for an outgoing request; a `baggage` that is there already stays in front. Nothing is sent
 * unless you pass it on: it goes to whoever you call. Where the service's own OpenTelemetry SDK propagates baggage, set it there.
 *
 * @param headers Of the request that is about to go out, as a plain object.
 * @returns A copy with the header; without a call, a copy as it was. Never throws.
 */
export function operationHeaders(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  try {
    const copy = { ...headers };
    const name = Object.keys(copy).find((key) => key.toLowerCase() === "baggage") ?? "baggage";
    const entries = Object.entries(operationFields()).map(
      ([key, value]) => `${key}=${encodeURIComponent(value.toWellFormed())}`,
    );
    const baggage = [copy[name], ...entries].filter((entry) => entry !== undefined && entry !== "").join(",");
    if (entries.length > 0 && Buffer.byteLength(baggage) <= LONGEST_BAGGAGE_BYTES) copy[name] = baggage;
    return copy;
  } catch (error) {
    reportOwnFailure("adding headers", error);
    return headers; // they cannot be read; whoever sends them will tell
  }
}

function fieldsOf({ tracked, chosenVariant, parent }: TrackedCall): Record<string, string> {
  return {
    [spanAttributes.component]: tracked.component,
    [spanAttributes.operation]: tracked.name,
    ...(chosenVariant === undefined ? {} : { [spanAttributes.variant]: chosenVariant }),
    ...(parent === undefined || parent.isEnded ? {} : { [PARENT]: parent.operation }),
  };
}
