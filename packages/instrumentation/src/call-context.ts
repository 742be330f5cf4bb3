/**
 * The tracked call that runs here. It travels in one store alone: inside the OpenTelemetry context where the call has a span, which
 * has to travel there anyway, and in a store of our own where it has none.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { type Context, context, createContextKey, type Span, trace } from "@opentelemetry/api";
import { reportOwnFailure } from "./own-failure.ts";

const CALL = createContextKey("trimtab.call");

/** What is needed of a call to find the inner one of two. */
export interface NestedCall {
  readonly parent: NestedCall | undefined;
  readonly span: Span | undefined;
}

/** Runs functions inside calls, and tells in which call a function runs. */
export class CallContext<Call extends NestedCall> {
  readonly #own = new AsyncLocalStorage<Call>();
  /** Spares a look into the OpenTelemetry context where no call ever had a span. */
  #hasSpans = false;

  /** The innermost call here, ended or not. */
  current(): Call | undefined {
    const own = this.#own.getStore();
    if (!this.#hasSpans) return own;
    const withSpan = context.active().getValue(CALL) as Call | undefined;
    if (own === undefined || withSpan === undefined) return own ?? withSpan;
    for (let call: NestedCall | undefined = withSpan; call !== undefined; call = call.parent) {
      if (call === own) return withSpan;
    }
    return own;
  }

  /** Runs a function inside a call. Whatever the function throws comes out as it is. */
  run<Result>(call: Call, invoke: () => Result): Result {
    const { span } = call;
    if (span === undefined) return this.#own.run(call, invoke);
    let hasBegun = false;
    const inside = (): Result => {
      hasBegun = true;
      // Without a context manager the context goes nowhere, and the call would be lost with it.
      return context.active().getValue(CALL) === call ? invoke() : this.#own.run(call, invoke);
    };
    try {
      this.#hasSpans = true;
      return context.with(new ContextOfCall(trace.setSpan(context.active(), span), call), inside);
    } catch (error) {
      if (hasBegun) throw error;
      reportOwnFailure("the OpenTelemetry context manager", error);
      return this.#own.run(call, invoke);
    }
  }
}

/** A context with a call in it; one object instead of another copy of all that the context holds. */
class ContextOfCall implements Context {
  readonly #outer: Context;
  readonly #call: unknown;

  constructor(outer: Context, call: unknown) {
    this.#outer = outer;
    this.#call = call;
  }

  getValue(key: symbol): unknown {
    return key === CALL ? this.#call : this.#outer.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return key === CALL
      ? new ContextOfCall(this.#outer, value)
      : new ContextOfCall(this.#outer.setValue(key, value), this.#call);
  }

  deleteValue(key: symbol): Context {
    return key === CALL ? this.#outer : new ContextOfCall(this.#outer.deleteValue(key), this.#call);
  }
}
