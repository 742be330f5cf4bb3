/** Tells that this process gives a challenger no more calls: as a metric for the controller, and once as a warning for people. */
import type { LabelledContext } from "../context-tree.ts";
import type { CallWriter, MeasuredOperation } from "../metrics/measured-call.ts";
import { warnOnce } from "../own-failure.ts";
import type { StoppedChallenger } from "./challenger-guard.ts";

/** @param context Of the call whose failure was the last that was needed. */
export function reportStop(
  metrics: CallWriter,
  operation: MeasuredOperation,
  context: LabelledContext,
  { variant, heir, challenger, others }: StoppedChallenger,
): void {
  metrics.recordStop(operation, context, variant);
  warnOnce(
    `stopped:${operation.name}:${variant}`,
    `operation "${operation.name}": challenger ${variant} fails plainly (${challenger.failures} of ${challenger.ended} calls; ` +
      `the others ${others.failures} of ${others.ended}); its calls go to ${heir} until the controller changes the shares`,
  );
}
