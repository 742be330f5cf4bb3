/**
 * The tracked call that runs here. It travels in one store alone, because each store that a call enters costs as much as everything
 * else about it: in the OpenTelemetry context where there is a manager for it, and otherwise in a store of our own.
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

/** Calls between two looks for a context manager, as long as there is none. */
const CALLS_BETWEEN_LOOKS = 1000;

/** Runs functions inside calls, and tells in which call a function runs. */
export class CallContext<Call extends NestedCall> {
  readonly #own = new AsyncLocalStorage<Call>();
  #usesOwn = false;
  #usesContext = false;
  #hasManager = false;
  #callsUntilLook = 0;

  /** The OpenTelemetry context here, where calls are in it: asked for once, for all who need it at the beginning of a call. */
  get active(): Context | undefined {
    return this.#usesContext ? context.active() : undefined;
  }

  /**
   * The innermost call here, ended or not.
   *
   * @param active The OpenTelemetry context here, where somebody has asked for it already.
   */
  current(active?: Context): Call | undefined {
    const own = this.#usesOwn ? this.#own.getStore() : undefined;
    const inContext = this.#usesContext ? ((active ?? context.active()).getValue(CALL) as Call | undefined) : undefined;
    if (own === undefined || inContext === undefined) return own ?? inContext;
    for (let call: NestedCall | undefined = inContext; call !== undefined; call = call.parent) {
      if (call === own) return inContext;
    }
    return own;
  }

  /** Runs a function inside a call. Whatever the function throws comes out as it is. */
  run<Result>(call: Call, invoke: (call: Call) => Result): Result {
    const { span } = call;
    if (span === undefined && !this.#findsManager()) return this.#runInOwn(call, invoke);
    let hasBegun = false;
    let entered: Context | undefined;
    const inside = (): Result => {
      hasBegun = true;
      const here = context.active();
      // Without a context manager the context goes nowhere, and the call would be lost with it.
      return here === entered || here.getValue(CALL) === call ? invoke(call) : this.#runInOwn(call, invoke);
    };
    try {
      this.#usesContext = true;
      const active = context.active();
      entered = new ContextOfCall(span === undefined ? active : trace.setSpan(active, span), call);
      return context.with(entered, inside);
    } catch (error) {
      if (hasBegun) throw error;
      reportOwnFailure("the OpenTelemetry context manager", error);
      return this.#runInOwn(call, invoke);
    }
  }

  #runInOwn<Result>(call: Call, invoke: (call: Call) => Result): Result {
    this.#usesOwn = true;
    return this.#own.run(call, invoke, call);
  }

  /** An SDK may bring one at any time. */
  #findsManager(): boolean {
    if (this.#hasManager || this.#callsUntilLook-- > 0) return this.#hasManager;
    this.#callsUntilLook = CALLS_BETWEEN_LOOKS;
    try {
      const probe = new ContextOfCall(context.active(), undefined);
      this.#hasManager = context.with(probe, () => context.active() === probe);
    } catch (error) {
      reportOwnFailure("the OpenTelemetry context manager", error);
    }
    return this.#hasManager;
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
