/**
 * Evaluations by the OpenFeature Remote Evaluation Protocol 0.3.0, from ready parts: one flag, or all of them with an entity tag that
 * needs no evaluation.
 *
 * A caller without a targeting key is served by chance. Of all flags at once it gets an invented key, which its entity tag carries: as
 * long as it sends the tag back it stays with its variants.
 */
import { hash, randomBytes } from "node:crypto";
import type { Context } from "@trimtab/conventions";
import type { EvaluationContext } from "./evaluation-context.ts";
import { contextFor, EvaluationError } from "./evaluation-context.ts";
import type { FlagSelection, ServedFlag } from "./flag-selection.ts";
import type { ServedOperation, ServedVariant } from "./served-variant.ts";

/** The answer to a question for one flag, as JSON. */
export function evaluateFlag(
  flag: ServedFlag,
  { targetingKey, attributes }: EvaluationContext,
  chance: () => number,
  at: number,
): string {
  const context = contextFor(attributes, flag.served.contextKeys);
  const point = targetingKey === undefined ? { chance: chance() } : { key: targetingKey };
  const variant = flag.served.find(context)?.assign(point);
  if (variant === undefined) throw new EvaluationError("GENERAL", `Nothing is served for "${flag.key}".`);
  return `${beginning(flag, variant)}${handleOf(variant, context, at)}"}}`;
}

/** What all callers of one selection share in an answer with all flags. */
export interface BulkFrame {
  readonly selection: FlagSelection;
  /** Where changes are told, as a path with a query. */
  readonly streamPath: string;
  readonly inactivityDelaySeconds: number;
  /** The time in the result handles of the answer: the same for the whole life of its entity tag. */
  readonly at: number;
}

/** Who asks for all flags, and by which tag the answer is known. */
export interface BulkQuestion {
  readonly context: Context;
  readonly key: string;
  /** A strong entity tag, quotes included: equal tags mean equal bytes. */
  readonly etag: string;
}

/** The tag of an answer, without making the answer. `known` is the tag that the caller has. */
export function bulkQuestion(
  { selection, streamPath }: BulkFrame,
  { targetingKey, attributes }: EvaluationContext,
  known: string | undefined,
): BulkQuestion {
  const context = contextFor(attributes, selection.contextKeys);
  const invented = targetingKey === undefined ? (inventedKeyOf(known) ?? inventKey()) : undefined;
  const key = targetingKey ?? `anonymous:${invented}`;
  const digest = hash("sha256", JSON.stringify([selection.id, streamPath, key, context]), "base64url").slice(0, 22);
  return { context, key, etag: invented === undefined ? `"${digest}"` : `"${digest}.${invented}"` };
}

/** The answer with all flags, as JSON. */
export function evaluateAll(frame: BulkFrame, { context: given, key }: BulkQuestion): string {
  const { selection, streamPath, inactivityDelaySeconds, at } = frame;
  const flags: string[] = [];
  for (const { served, flags: own } of selection.operations) {
    const context = contextOf(given, served);
    const variant = served.find(context)?.assign({ key });
    if (variant === undefined) continue;
    const handle = handleOf(variant, context, at);
    for (const flag of own) flags.push(`${beginning(flag, variant)}${handle}"}}`);
  }
  const stream = {
    type: "sse",
    endpoint: { requestUri: streamPath },
    inactivityDelaySec: inactivityDelaySeconds,
  };
  return `{"flags":[${flags.join(",")}],"metadata":{"revision":"${selection.id}"},"eventStreams":[${JSON.stringify(stream)}]}`;
}

/** Everything of an answer up to the handle of the result, which is the only part that differs from call to call. */
function beginning({ key, parameter }: ServedFlag, variant: ServedVariant): string {
  return variant.text(`flag ${parameter ?? ""}`, ({ id, role, values, allocation }) => {
    const { operation, decision, reason } = allocation;
    const answer = {
      key,
      reason,
      value: parameter === undefined ? values : values[parameter],
      variant: id,
      metadata: {
        component: operation.key.component,
        operation: operation.key.operation,
        revision: operation.revision,
        context: allocation.contextId,
        ...(decision === undefined ? {} : { decision }),
        role,
        handle: "",
      },
    };
    return JSON.stringify(answer).slice(0, -'"}}'.length);
  });
}

/** As `encodeResultHandle` of the conventions makes it, of ready parts. */
function handleOf(variant: ServedVariant, context: Context, at: number): string {
  const { operation } = variant.allocation;
  const before = variant.text("handle", ({ id }) =>
    JSON.stringify([operation.key.component, operation.key.operation, id]).slice(0, -1),
  );
  const after = variant.text("handle revision", () => JSON.stringify(operation.revision));
  const fields = `${before},${at},${after}${hasKeys(context) ? `,${JSON.stringify(context)}` : ""}]`;
  return `t1.${Buffer.from(fields).toString("base64url")}`;
}

/** The part of a context that is an operation's, in its order. */
function contextOf(given: Context, { contextKeys }: ServedOperation): Context {
  const context: Record<string, string> = {};
  for (const name of contextKeys) {
    const value = given[name];
    if (value !== undefined) context[name] = value;
  }
  return context;
}

function hasKeys(context: Context): boolean {
  for (const _ in context) return true;
  return false;
}

function inventedKeyOf(tag: string | undefined): string | undefined {
  return tag === undefined ? undefined : /^(?:W\/)?"[\w-]{22}\.([\w-]{11})"$/.exec(tag)?.[1];
}

function inventKey(): string {
  return randomBytes(8).toString("base64url");
}
