/** One tracked call: what the application may say about it while it runs, and what is recorded when it ends. */
import type { AttributeValue, Span } from "@opentelemetry/api";
import {
  encodeResultHandle,
  type Outcome,
  type ParameterValues,
  type ResultHandle,
  UNKNOWN_VARIANT,
  type VariantId,
} from "@trimtab/conventions";
import {
  type AmountSink,
  addEngagement,
  addTokens,
  CallAmounts,
  isQuality,
  type TokenUse,
  unitOf,
} from "./call-amounts.ts";
import { CallDetails } from "./call-details.ts";
import { failureOf, failureThrown, UNEXPLAINED } from "./call-failure.ts";
import { describedCall, endSpan, setMetadata } from "./call-span.ts";
import type { SpanDecision } from "./call-spans.ts";
import type { CallSurroundings } from "./call-surroundings.ts";
import type { FoundContext } from "./context-tree.ts";
import { LateAmounts } from "./late-amounts.ts";
import type { CallMetrics } from "./metrics/call-metrics.ts";
import type { EndedCall } from "./metrics/measured-call.ts";
import { type CallOptions, type OperationHandle, stickyKey } from "./operation-handle.ts";
import { describeError, reportOwnFailure, warnOnce } from "./own-failure.ts";
import { assignmentOf } from "./parameters/assigned-answer.ts";
import type { ChosenVariant } from "./parameters/chosen-variant.ts";
import { reportStop } from "./parameters/report-stop.ts";
import { copyOf, type ServedParameters } from "./parameters/served-parameters.ts";
import type { TrackedOperation } from "./tracked-operation.ts";

/** A call while it runs, and after. */
export class TrackedCall implements OperationHandle {
  readonly tracked: TrackedOperation;
  readonly found: FoundContext;
  /** The call around this one, as long as it runs. Cleared at the end, so that a chain of timers keeps nothing alive. */
  parent: TrackedCall | undefined;
  isEnded = false;
  readonly #surroundings: CallSurroundings;
  readonly span: Span | undefined;
  readonly spanDecision: SpanDecision;
  readonly #startedAt: number;
  #chosen: ChosenVariant | undefined;
  #answer: ServedParameters | undefined;
  #quality: number | undefined;
  #details: CallDetails | undefined;

  constructor(
    surroundings: CallSurroundings,
    tracked: TrackedOperation,
    found: FoundContext,
    span: Span | undefined,
    spanDecision: SpanDecision,
    parent: TrackedCall | undefined,
  ) {
    this.#surroundings = surroundings;
    this.tracked = tracked;
    this.found = found;
    this.span = span;
    this.spanDecision = spanDecision;
    this.parent = parent;
    const { resources: meter } = surroundings;
    if (meter !== undefined) this.#detailed().beginUse(meter);
    this.#startedAt = performance.now();
  }

  get operation(): string {
    return this.tracked.name;
  }

  /** The variant, where it was chosen already: asking for it here decides nothing. */
  get chosenVariant(): VariantId | undefined {
    return this.#chosen?.id;
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
    if (!isQuality(score)) {
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
        metrics.recordLateQuality(this.tracked, this.found.labels, variant, score);
      });
  }

  partial(): void {
    this.#detailed().said = "partial";
  }

  fail(reason?: unknown): void {
    const details = this.#detailed();
    details.said = "failure";
    details.failure = failureOf(reason);
  }

  cost(amount: number, unit: string): void {
    const label = unitOf(this.operation, amount, unit);
    if (label !== undefined) this.#sink.addCost(amount, label);
  }

  tokens(used: TokenUse): void {
    this.#add((sink) => addTokens(sink, this.operation, used));
  }

  engagement(type: string, amount = 1): void {
    this.#add((sink) => addEngagement(sink, this.operation, type, amount));
  }

  result(): ResultHandle {
    try {
      const { id: variant, revision } = this.#choose(undefined, undefined);
      const { component, name: operation } = this.tracked;
      const at = Date.now() - (performance.now() - this.#startedAt);
      return encodeResultHandle({ component, operation, context: this.found.context, variant, revision, at });
    } catch (error) {
      reportOwnFailure("making the handle of a result", error);
      return "";
    }
  }

  attribute(key: string, value: AttributeValue): void {
    setMetadata(this.span, key, value);
    if (!this.#surroundings.takesRecords) return;
    const details = this.#detailed();
    details.metadata ??= new Map();
    details.metadata.set(key, value);
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
      this.#answer = { values: copyOf(base), variant: UNKNOWN_VARIANT, revision: undefined, source: "base" };
    }
    return this.#answer;
  }

  /** Applies options; one that cannot be read does not keep the others from holding. */
  begin(options: CallOptions): void {
    try {
      const { key, outcome, parameters, override, metadata } = options;
      const classify = typeof outcome === "function" ? outcome : undefined;
      if (key !== undefined) this.#detailed().key = stickyKey(key);
      if (classify !== undefined) this.#detailed().classify = classify;
      if (parameters) this.#use(parameters);
      if (override) this.#chosen = this.#surroundings.parameters.override(this.tracked, override) ?? this.#chosen;
      this.#chosen?.watched?.begin();
      if (metadata) for (const [name, value] of Object.entries(metadata)) this.attribute(name, value);
    } catch (error) {
      warnOnce(
        `options:${this.operation}`,
        `the options of operation "${this.operation}" cannot be read: ${describeError(error)}`,
      );
    }
  }

  /** The function returned. */
  succeed(result: unknown): void {
    const details = this.#details;
    if (details?.said !== undefined) return this.#end(details.said);
    let outcome: Outcome = "success";
    try {
      const classify = details?.classify ?? this.tracked.declaration?.outcome;
      outcome = classify?.(result as never) ?? "success";
    } catch (error) {
      warnOnce(
        `outcome:${this.operation}`,
        `the outcome of operation "${this.operation}" cannot be told: ${describeError(error)}`,
      );
    }
    this.#end(outcome);
  }

  /** The function threw, or its promise was rejected, with anything. */
  fallThrough(error: unknown): void {
    this.#detailed().failure = failureThrown(error);
    this.#end("failure");
  }

  /** It is over, as somebody says who saw no result. What was said of the outcome before holds, unless another one is given. */
  finish(outcome: Outcome | undefined, otherwise: Outcome = "success"): void {
    this.#end(outcome ?? this.#details?.said ?? otherwise);
  }

  #use(answer: ServedParameters): void {
    const { values, variant, revision, source } = answer;
    if (typeof variant !== "string" || typeof values !== "object") return; // no answer of ours
    this.#answer = answer;
    this.#chosen = { id: variant, parameters: values, source, revision, siblings: undefined, ...assignmentOf(answer) };
  }

  /** Nothing is decided before the values are needed, so that a key may come with the question; and by the end at the latest. */
  #choose(key: string | undefined, base: ParameterValues | undefined): ChosenVariant {
    if (this.#chosen !== undefined) return this.#chosen;
    const { parameters } = this.#surroundings;
    const chosen = parameters.choose(this.tracked, this.found, stickyKey(key) ?? this.#details?.key, base);
    this.#chosen = chosen;
    chosen.watched?.begin();
    return chosen;
  }

  #end(outcome: Outcome): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.parent = undefined;
    const durationMilliseconds = performance.now() - this.#startedAt;
    try {
      const details = this.#details;
      const quality = this.#quality;
      const failure = outcome === "failure" ? (details?.failure ?? UNEXPLAINED) : undefined;
      const errorType = failure?.type;
      const resources = details?.endUse();
      const amounts = details?.amounts;
      const chosen = this.#choose(undefined, undefined);
      const { metrics } = this.#surroundings;
      const { labels } = this.found;
      const ended: EndedCall = {
        outcome,
        durationMilliseconds,
        quality,
        costs: amounts?.costs,
        errorType,
        counts: amounts?.counts,
        resources,
        metadata: details?.metadata,
      };
      metrics.record(this.tracked, labels, chosen.id, ended, chosen.siblings);
      const stopped = chosen.watched?.end(outcome === "failure", chosen.subject);
      if (stopped !== undefined) reportStop(metrics, this.tracked, labels, stopped);
      const span = this.span ?? (outcome === "failure" ? this.#spanAfterwards(durationMilliseconds) : undefined);
      if (span === undefined) return;
      metrics.exemplify(this.tracked, labels, chosen.id, ended, span);
      endSpan(span, describedCall(this.tracked, chosen, ended, failure));
    } catch (failure) {
      reportOwnFailure("recording a call", failure);
    }
  }

  #spanAfterwards(durationMilliseconds: number): Span | undefined {
    const { spans } = this.#surroundings;
    if (this.spanDecision !== "left_out" || !spans.takesFailure()) return undefined;
    return spans.start(this.tracked, this.found.context, Date.now() - durationMilliseconds);
  }

  /** Where amounts go: to the call while it runs, to its series after that. */
  get #sink(): AmountSink {
    if (this.isEnded) return new LateAmounts((write) => this.#late(write), this.tracked, this.found.labels);
    const details = this.#detailed();
    details.amounts ??= new CallAmounts();
    return details.amounts;
  }

  #detailed(): CallDetails {
    this.#details ??= new CallDetails();
    return this.#details;
  }

  #add(add: (sink: AmountSink) => void): void {
    try {
      add(this.#sink);
    } catch (error) {
      reportOwnFailure("adding an amount", error); // a getter of what was passed threw
    }
  }

  #late(write: (metrics: CallMetrics, variant: VariantId) => void): void {
    try {
      write(this.#surroundings.metrics, this.#choose(undefined, undefined).id);
    } catch (error) {
      reportOwnFailure("recording after the end of a call", error);
    }
  }
}
