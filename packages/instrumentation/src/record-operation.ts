/** Records operations that happened elsewhere or before. */
import type { AttributeValue } from "@opentelemetry/api";
import { type ContextInput, OUTCOMES, type Outcome, type ParameterValues, type VariantId } from "@trimtab/conventions";
import { addTokens, CallAmounts, isAmount, isQuality, type TokenUse, unitOf } from "./call-amounts.ts";
import { endSpan, setMetadata } from "./call-span.ts";
import { type Instrumentation, instrumentation } from "./instance.ts";
import { errorTypeOf, labelValue, UNKNOWN_ERROR_TYPE } from "./label-values.ts";
import { reportOwnFailure, warnOnce } from "./own-failure.ts";
import type { TrackedComponent } from "./tracked-component.ts";

/** An operation that is over. */
export interface RecordedOperation {
  readonly context?: ContextInput;
  readonly outcome: Outcome;
  /** Left out where nobody measured it: it is then not counted as zero. */
  readonly durationMilliseconds?: number;
  /** What went wrong; its type becomes the label `error_type`. */
  readonly error?: unknown;
  /** 0 to 1. */
  readonly quality?: number;
  readonly cost?: { readonly amount: number; readonly unit: string };
  /** Of a language model. */
  readonly tokens?: TokenUse;
  /** Goes to the span and the record of the call, never to a metric. */
  readonly metadata?: Readonly<Record<string, AttributeValue>>;
  /** The id of the variant that served it. Default: the only one that its context can have had, else `unknown`. */
  readonly variant?: VariantId;
  /** False: it gets no span, because it has one that somebody else made. Default: as all calls. */
  readonly span?: boolean;
}

/** How well a set of parameters did. */
export interface ParameterPerformance {
  readonly success: boolean;
  /** 0 to 1. */
  readonly quality?: number;
  readonly durationMilliseconds?: number;
}

/** Records one operation that is over. Never throws; a value that is none is left out, and told once. */
export function recordOperation(operation: string, recorded: RecordedOperation): void {
  recordIn(undefined, operation, recorded);
}

/** As `recordOperation`, of a component that is told by name. */
export function recordIn(component: string | undefined, operation: string, recorded: RecordedOperation): void {
  const shared = instrumentation();
  if (shared.settings.disabled) return;
  try {
    record(shared, shared.component(component), operation, recorded);
  } catch (error) {
    reportOwnFailure("recording an operation", error);
  }
}

/** Records how one use of a set of parameters went; it reaches the evidence of their variant. Never throws. */
export function recordParameterPerformance(
  operation: string,
  context: ContextInput,
  parameters: ParameterValues,
  performance: ParameterPerformance,
): void {
  recordPerformanceIn(undefined, operation, context, parameters, performance);
}

/** As `recordParameterPerformance`, of a component that is told by name. */
export function recordPerformanceIn(
  component: string | undefined,
  operation: string,
  context: ContextInput,
  parameters: ParameterValues,
  performance: ParameterPerformance,
): void {
  try {
    const { success, ...measured } = performance;
    const tracked = instrumentation().component(component);
    const variant = tracked.parameters.idOf(tracked.operation(operation), parameters);
    recordIn(component, operation, { ...measured, context, variant, outcome: success ? "success" : "failure" });
  } catch (error) {
    reportOwnFailure("naming the variant of parameters", error);
  }
}

function record(shared: Instrumentation, component: TrackedComponent, name: string, recorded: RecordedOperation): void {
  const { context = {} } = recorded;
  const operation = component.operation(name);
  const { outcome } = recorded;
  if (!OUTCOMES.includes(outcome)) {
    return warnOnce(
      `outcome:${name}`,
      `operation "${name}" was recorded with outcome "${String(outcome)}"; it is left out`,
    );
  }
  const found = operation.contexts.find(context);
  const variant = recorded.variant ?? component.parameters.onlyVariant(operation, found.context);
  const errorType = outcome === "failure" ? errorTypeOfRecorded(recorded.error) : undefined;
  const durationMilliseconds = validDuration(name, recorded.durationMilliseconds);
  const amounts = amountsOf(name, recorded);
  const quality = validQuality(shared, name, recorded.quality);
  const { costs, counts } = amounts ?? {};
  const metadata = shared.takesRecords ? entriesOf(recorded) : undefined;
  const ended = { outcome, durationMilliseconds, quality, costs, errorType, counts, metadata };
  shared.metrics.record(operation, found.labels, variant, ended);
  if (recorded.span === false) return;
  const { spans } = shared;
  if (!spans.areWanted) return;
  const decision = spans.decide(shared.currentCall()?.spanDecision);
  const hasSpan = decision === "span" || (decision === "left_out" && outcome === "failure" && spans.takesFailure());
  if (!hasSpan) return;
  const startTime = durationMilliseconds === undefined ? undefined : Date.now() - durationMilliseconds;
  const span = spans.start(operation, context, startTime);
  if (span === undefined) return;
  shared.metrics.exemplify(operation, found.labels, variant, ended, span);
  for (const [key, value] of Object.entries(recorded.metadata ?? {})) setMetadata(span, key, value);
  const tokens = counts?.get("tokens");
  const thrown = recorded.error === undefined ? undefined : { error: recorded.error };
  endSpan(span, {
    component: component.name,
    operation: operation.name,
    outcome,
    variant,
    quality,
    errorType,
    thrown,
    tokens,
  });
}

/** A getter that throws must not cost the call its count. */
function entriesOf({ metadata }: RecordedOperation): ReadonlyMap<string, unknown> | undefined {
  try {
    return metadata && new Map(Object.entries(metadata));
  } catch (error) {
    reportOwnFailure("reading metadata", error);
    return undefined;
  }
}

/** A text is taken as the type itself: whoever records afterwards often has no error object any more. */
function errorTypeOfRecorded(error: unknown): string {
  if (error === undefined || error === null || error === "") return UNKNOWN_ERROR_TYPE;
  return typeof error === "string" ? labelValue(error) : errorTypeOf(error);
}

function amountsOf(name: string, { cost, tokens }: RecordedOperation): CallAmounts | undefined {
  if (cost === undefined && tokens === undefined) return undefined;
  const amounts = new CallAmounts();
  const unit = cost && unitOf(name, cost.amount, cost.unit);
  if (cost !== undefined && unit !== undefined) amounts.addCost(cost.amount, unit);
  if (tokens !== undefined) addTokens(amounts, name, tokens);
  return amounts;
}

function validDuration(name: string, milliseconds: number | undefined): number | undefined {
  if (milliseconds === undefined || isAmount(milliseconds)) return milliseconds;
  warnOnce(
    `duration:${name}`,
    `operation "${name}" was recorded with a duration that is no number of milliseconds; it is left out`,
  );
  return undefined;
}

function validQuality(shared: Instrumentation, name: string, quality: number | undefined): number | undefined {
  if (quality === undefined || isQuality(quality)) return quality;
  shared.refuseQuality();
  warnOnce(`quality:${name}`, `operation "${name}" got a quality outside 0 to 1; it is refused`);
  return undefined;
}
