/** Answers of what is served, as ready bytes on node:http: the same ones in every front. */
import type { ServerResponse } from "node:http";
import { type Context, canonicalContext, type ParameterValues } from "@trimtab/conventions";
import type { ServedDocument } from "@trimtab/engine";
import { type ServedReason, type ServedVariant, servedOperations } from "../serving/served-variant.ts";
import { namesTag } from "./entity-tag.ts";
import { type HeaderList, sendAtOnce } from "./quick-answer.ts";
import type { Serving } from "./serving.ts";

/** Resolved parameters for one call. */
export interface WireParameters {
  readonly component: string;
  readonly operation: string;
  readonly parameters: ParameterValues;
  readonly variant: string;
  readonly role: "baseline" | "incumbent" | "challenger";
  readonly revision: string;
  /** The context whose allocation decided; empty for the one that holds everything. */
  readonly context: Context;
  /** The decision that set the shares; absent before the first. */
  readonly decision?: string | undefined;
  readonly reason: ServedReason;
}

const OF_DOCUMENT: HeaderList = ["Cache-Control", "no-cache", "Vary", "Accept"];
const OF_JSON: HeaderList = ["Content-Type", "application/json; charset=utf-8"];

/**
 * Sends a component's document, or that the caller has it.
 *
 * @param requestId As of `sendAtOnce`.
 */
export function sendDocument(
  response: ServerResponse,
  { etag, bytes }: ServedDocument,
  ifNoneMatch: string | undefined,
  requestId?: string,
): void {
  if (namesTag(ifNoneMatch, etag)) sendAtOnce(response, requestId, 304, ["ETag", etag, ...OF_DOCUMENT]);
  else sendAtOnce(response, requestId, 200, ["ETag", etag, ...OF_DOCUMENT, ...OF_JSON], bytes);
}

/** The parameters of one call, as JSON; undefined where the operation is not served. */
export function parametersText(
  { watch, chance }: Serving,
  component: string,
  operation: string,
  given: Context,
  key: string | undefined,
): string | undefined {
  const document = watch.document(component)?.document;
  const served = document === undefined ? undefined : servedOperations(document).get(operation);
  const allocation = served?.find(canonicalContext(given, served.contextKeys));
  return allocation?.assign(key === undefined ? { chance: chance() } : { key }).text("parameters", wireText);
}

/** Sends them. @param requestId As of `sendAtOnce`. */
export function sendParameters(response: ServerResponse, text: string, requestId?: string): void {
  sendAtOnce(response, requestId, 200, ["Cache-Control", "no-store", ...OF_JSON], text);
}

function wireText({ id, role, values, allocation }: ServedVariant): string {
  const { operation, context, decision, reason } = allocation;
  const answer: WireParameters = {
    component: operation.key.component,
    operation: operation.key.operation,
    parameters: values,
    variant: id,
    role,
    revision: operation.revision,
    context,
    decision,
    reason,
  };
  return JSON.stringify(answer);
}
