/**
 * Tracking events as outcomes.
 *
 *     name                   the operation, with or without its component
 *     value                  quality, 0 to 1
 *     outcome                success (default), failure or partial
 *     errorType              of a failure
 *     durationMilliseconds   how long it took
 *     cost, unit             what it cost
 *     variant                the variant that had served it, as the evaluation said
 *
 * Inside a running call of the operation the event is about that call. Elsewhere it is an operation that is over; without a variant
 * it is counted for the one that its targeting key has now.
 */
import type { EvaluationContext, TrackingEventDetails } from "@openfeature/server-sdk";
import { OUTCOMES, type Outcome } from "@trimtab/conventions";
import type { OperationHandle } from "../operation-handle.ts";
import { type RecordedOperation, recordIn } from "../record-operation.ts";
import type { TrackedComponent } from "../tracked-component.ts";
import { contextOf, keyOf } from "./evaluate-flag.ts";
import { operationNameOf } from "./flag-keys.ts";
import { runningCall } from "./running-call.ts";

/** Passes an event on. What of it is of another kind than expected is left out. */
export function trackOutcome(
  component: TrackedComponent,
  eventName: string,
  context: EvaluationContext,
  details: TrackingEventDetails,
): void {
  const name = operationNameOf(component, eventName);
  const { value, outcome, errorType, durationMilliseconds, cost, unit, variant } = details;
  const said = {
    outcome: isOutcome(outcome) ? outcome : undefined,
    errorType: textOf(errorType),
    quality: numberOf(value),
    cost: typeof cost === "number" && typeof unit === "string" ? { amount: cost, unit } : undefined,
  };
  const running = runningCall(component, name);
  if (running !== undefined) return tell(running, said);
  const operation = component.operation(name);
  const input = contextOf(context);
  const { key } = keyOf(context);
  const served =
    textOf(variant) ??
    (key === undefined
      ? undefined
      : component.parameters.choose(operation, operation.contexts.find(input), key, undefined).id);
  const { quality } = said;
  const duration = numberOf(durationMilliseconds);
  const recorded: RecordedOperation = {
    context: input,
    outcome: said.outcome ?? "success",
    ...(said.errorType === undefined ? {} : { error: said.errorType }),
    ...(quality === undefined ? {} : { quality }),
    ...(said.cost === undefined ? {} : { cost: said.cost }),
    ...(duration === undefined ? {} : { durationMilliseconds: duration }),
    ...(served === undefined ? {} : { variant: served }),
  };
  recordIn(component.name, name, recorded);
}

interface Said {
  readonly outcome: Outcome | undefined;
  readonly errorType: string | undefined;
  readonly quality: number | undefined;
  readonly cost: { readonly amount: number; readonly unit: string } | undefined;
}

function tell(call: OperationHandle, { outcome, errorType, quality, cost }: Said): void {
  if (quality !== undefined) call.quality(quality);
  if (cost !== undefined) call.cost(cost.amount, cost.unit);
  if (outcome === "partial") call.partial();
  if (outcome === "failure") call.fail(errorType);
}

function isOutcome(value: unknown): value is Outcome {
  return OUTCOMES.includes(value as Outcome);
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
