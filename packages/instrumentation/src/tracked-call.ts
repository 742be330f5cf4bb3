/** One tracked call: what the application may say about it while it runs, and what is recorded when it ends. */
import { type AttributeValue, type Span, SpanStatusCode } from "@opentelemetry/api";
import {
  metadataAttribute,
  type Outcome,
  type ParameterValues,
  parameterAttribute,
  spanAttributes,
  UNKNOWN_VARIANT,
  type VariantId,
} from "@trimtab/conventions";
import type { FoundContext } from "./context-tree.ts";
import { errorTypeOf, labelValue, UNKNOWN_ERROR_TYPE } from "./label-values.ts";
import type { CallMetrics } from "./metrics/call-metrics.ts";
import { describeError, reportOwnFailure, warnOnce } from "./own-failure.ts";
import type { ChosenVariant, ParameterClient } from "./parameters/parameter-client.ts";
import type { ServedParameters } from "./parameters/served-parameters.ts";
import type { TrackedOperation } from "./tracked-operation.ts";

/** What a tracked function gets: the way to say how its call goes. Nothing in here throws. */
export interface OperationHandle<Values extends ParameterValues = ParameterValues> {
  /** The operation's name. */
  readonly operation: string;
  /** The values that this call is to use; the metrics of the call carry their variant. */
  readonly parameters: Values;
  /** The id of the variant of this call. */
  readonly variant: VariantId;
  /** How good the result is, 0 to 1. The last score counts. Others are refused and counted in `trimtab_quality_refused_total`. */
  quality(score: number): void;
  /** The call did a part of its work: it counts as half a success, unless it fails. */
  partial(): void;
  /** The call failed, though it throws nothing. `type` becomes the label `error_type`: of low cardinality, never a message. */
  fail(type?: string): void;
  /** What the call cost, in any unit, e.g. `cost(0.0021, "usd")`; amounts of one unit add up. Not below zero. */
  cost(amount: number, unit: string): void;
  /** Something to find on the span. It never becomes a metric label. */
  attribute(key: string, value: AttributeValue): void;
}

/** What a call needs of the instance that tracks it. */
export interface CallSurroundings {
  readonly metrics: CallMetrics;
  readonly parameters: ParameterClient;
  /** Counts a score that was refused. */
  refuseQuality(): void;
  /** Counts a call whose context labels collapsed. */
  collapseLabels(): void;
}

/** Says whether the result is a success; undefined leaves it one. */
export type ClassifyResult = ((result: never) => Outcome | undefined) | undefined;

/** A call while it runs, and after. */
export class TrackedCall implements OperationHandle {
  readonly tracked: TrackedOperation;
  readonly found: FoundContext;
  /** The call around this one, as long as it runs. Cleared at the end, so that a chain of timers keeps nothing alive. */
  parent: TrackedCall | undefined;
  isEnded = false;
  readonly #surroundings: CallSurroundings;
  readonly span: Span | undefined;
  readonly #key: string | undefined;
  readonly #startedAt: number;
  #chosen: ChosenVariant | undefined;
  #answer: ServedParameters | undefined;
  #said: Outcome | undefined;
  #errorType: string | undefined;
  #quality: number | undefined;
  #costs: Map<string, number> | undefined;

  constructor(
    surroundings: CallSurroundings,
    tracked: TrackedOperation,
    found: FoundContext,
    span: Span | undefined,
    key: string | undefined,
    parent: TrackedCall | undefined,
  ) {
    this.#surroundings = surroundings;
    this.tracked = tracked;
    this.found = found;
    this.span = span;
    this.#key = key;
    this.parent = parent;
    this.#startedAt = performance.now();
  }

  get operation(): string {
    return this.tracked.name;
  }

  get parameters(): ParameterValues {
    return this.answer(undefined, undefined).values;
  }

  get variant(): VariantId {
    try {
      return this.#choose(undefined, undefined).id;
    } catch (error) {
      reportOwnFailure("choosing a variant", error);
      return UNKNOWN_VARIANT;
    }
  }

  quality(score: number): void {
    if (!(typeof score === "number" && score >= 0 && score <= 1)) {
      this.#surroundings.refuseQuality();
      warnOnce(
        `quality:${this.operation}`,
        `operation "${this.operation}" got a quality outside 0 to 1; it is refused`,
      );
      return;
    }
    const isFirst = this.#quality === undefined;
    this.#quality = score;
    if (!this.isEnded) return;
    // Scored after its end: counted once, because what was written to a histogram cannot be taken back.
    if (isFirst)
      this.#late((metrics, variant) => {
        metrics.recordLateQuality(this.operation, this.found.labels, variant, score);
      });
  }

  partial(): void {
    this.#said = "partial";
    this.#errorType = undefined;
  }

  fail(type?: string): void {
    this.#said = "failure";
    this.#errorType = typeof type === "string" && type !== "" ? labelValue(type) : UNKNOWN_ERROR_TYPE;
  }

  cost(amount: number, unit: string): void {
    if (!(Number.isFinite(amount) && amount >= 0) || typeof unit !== "string" || unit === "") {
      warnOnce(
        `cost:${this.operation}`,
        `operation "${this.operation}" got a cost that is no amount with a unit; it is ignored`,
      );
      return;
    }
    const label = labelValue(unit);
    if (this.isEnded) {
      this.#late((metrics, variant) => {
        metrics.recordLateCost(this.operation, this.found.labels, variant, amount, label);
      });
      return;
    }
    this.#costs ??= new Map();
    this.#costs.set(label, (this.#costs.get(label) ?? 0) + amount);
  }

  attribute(key: string, value: AttributeValue): void {
    try {
      this.span?.setAttribute(metadataAttribute(key), value);
    } catch (error) {
      reportOwnFailure("setting an attribute", error);
    }
  }

  /** The parameters of this call as the application gets them: the same at each question. Only the first may bring a key. */
  answer(key: string | undefined, base: ParameterValues | undefined): ServedParameters {
    if (this.#answer !== undefined) return this.#answer;
    try {
      const { id, parameters, source, revision } = this.#choose(key, base);
      this.#surroundings.parameters.served[source]++;
      // A copy: what the application does to it must not reach the next call.
      this.#answer = { values: { ...parameters }, variant: id, revision, source };
    } catch (error) {
      reportOwnFailure("choosing parameters", error);
      this.#answer = { values: { ...base }, variant: UNKNOWN_VARIANT, revision: undefined, source: "base" };
    }
    return this.#answer;
  }

  /** Lets the call carry parameters that were asked for before it began. */
  use(answer: ServedParameters): void {
    const { values, variant, revision, source } = answer;
    if (typeof variant !== "string" || typeof values !== "object") return; // no answer of ours
    this.#answer = answer;
    this.#chosen = { id: variant, parameters: values, source, revision, siblings: undefined };
  }

  /** The function returned. */
  succeed(result: unknown, classify: ClassifyResult): void {
    if (this.#said !== undefined) return this.#end(this.#said, false, undefined);
    let outcome: Outcome = "success";
    try {
      outcome = classify?.(result as never) ?? "success";
    } catch (error) {
      warnOnce(
        `outcome:${this.operation}`,
        `the outcome of operation "${this.operation}" cannot be told: ${describeError(error)}`,
      );
    }
    if (outcome === "failure") this.#errorType = UNKNOWN_ERROR_TYPE;
    this.#end(outcome, false, undefined);
  }

  /** The function threw, or its promise was rejected, with anything. */
  fallThrough(error: unknown): void {
    this.#errorType = errorTypeOf(error);
    this.#end("failure", true, error);
  }

  /** Nothing is decided before the values are needed, so that a key may come with the question; and by the end at the latest. */
  #choose(key: string | undefined, base: ParameterValues | undefined): ChosenVariant {
    this.#chosen ??= this.#surroundings.parameters.choose(this.tracked, this.found.context, key ?? this.#key, base);
    return this.#chosen;
  }

  #end(outcome: Outcome, hasError: boolean, error: unknown): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.parent = undefined;
    const durationMilliseconds = performance.now() - this.#startedAt;
    try {
      const chosen = this.#choose(undefined, undefined);
      const { labels } = this.found;
      if (labels.isCollapsed) this.#surroundings.collapseLabels();
      const ended = {
        outcome,
        durationMilliseconds,
        quality: this.#quality,
        costs: this.#costs,
        errorType: outcome === "failure" ? (this.#errorType ?? UNKNOWN_ERROR_TYPE) : undefined,
      };
      this.#surroundings.metrics.record(this.operation, labels, chosen.id, ended, chosen.siblings);
    } catch (failure) {
      reportOwnFailure("recording a call", failure);
    }
    if (this.span !== undefined) this.#endSpan(this.span, outcome, hasError, error);
  }

  #endSpan(span: Span, outcome: Outcome, hasError: boolean, error: unknown): void {
    try {
      if (span.isRecording()) this.#describe(span, outcome, hasError, error);
    } catch (failure) {
      reportOwnFailure("describing a span", failure);
    }
    try {
      span.end();
    } catch (failure) {
      reportOwnFailure("ending a span", failure);
    }
  }

  #describe(span: Span, outcome: Outcome, hasError: boolean, error: unknown): void {
    const chosen = this.#choose(undefined, undefined);
    span.setAttribute(spanAttributes.outcome, outcome);
    span.setAttribute(spanAttributes.variant, chosen.id);
    span.setAttribute(spanAttributes.parametersSource, chosen.source);
    span.setAttribute(spanAttributes.featureFlagKey, `${this.#surroundings.parameters.component}.${this.operation}`);
    span.setAttribute(spanAttributes.featureFlagVariant, chosen.id);
    span.setAttribute(spanAttributes.featureFlagProvider, "trimtab");
    if (chosen.revision !== undefined) span.setAttribute(spanAttributes.revision, chosen.revision);
    if (this.#quality !== undefined) span.setAttribute(spanAttributes.quality, this.#quality);
    for (const [name, value] of Object.entries(chosen.parameters)) span.setAttribute(parameterAttribute(name), value);
    if (outcome !== "failure") return;
    span.setAttribute(spanAttributes.errorType, this.#errorType ?? UNKNOWN_ERROR_TYPE);
    if (!hasError) return void span.setStatus({ code: SpanStatusCode.ERROR });
    span.recordException(error instanceof Error ? error : describeError(error));
    span.setStatus({ code: SpanStatusCode.ERROR, message: describeError(error) });
  }

  #late(write: (metrics: CallMetrics, variant: VariantId) => void): void {
    try {
      write(this.#surroundings.metrics, this.#choose(undefined, undefined).id);
    } catch (error) {
      reportOwnFailure("recording after the end of a call", error);
    }
  }
}
