/** A call that begins on one line and ends on another, where no function can stand around it. */
import type { ContextInput, Outcome, ParameterValues, ResultHandle } from "@trimtab/conventions";
import { OUTCOMES } from "@trimtab/conventions";
import type { TokenUse } from "./call-amounts.ts";
import { complete } from "./follow-result.ts";
import { instrumentation } from "./instance.ts";
import type { CallOptions, OperationHandle } from "./operation-handle.ts";
import { reportOwnFailure, warnOnce } from "./own-failure.ts";
import type { TrackedCall } from "./tracked-call.ts";
import { untrackedHandle } from "./untracked-handle.ts";

/** How a call is started. */
export interface StartOptions extends Omit<CallOptions, "outcome"> {
  /**
   * What the call counts as when it is disposed of and nothing was said of it. Default `success`. `using` does not tell whether
   * its block was left by an exception: with `failure` only a call that reached its `end()` is a success.
   */
  readonly disposedAs?: Outcome;
}

/**
 * A call that was started. It ends once: by `end`, by `run`, or when it is disposed of. It is not the current operation of the code
 * around it, because what is entered without a function would also be entered for the caller; `run` makes it so.
 */
export interface StartedOperation<Values extends ParameterValues = ParameterValues> extends OperationHandle<Values> {
  /** Runs the rest of the call inside it and ends it: what is thrown is a failure and is thrown on. */
  run<Result>(fn: () => Result): Result;
  /** The call is over. Without an outcome: what `fail` or `partial` said, else a success. Later ones change nothing. */
  end(outcome?: Outcome): void;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a call; whoever starts it ends it. Never throws. */
export function startIn(
  component: string | undefined,
  operation: string,
  context: ContextInput | undefined,
  options: StartOptions | undefined,
): StartedOperation {
  const shared = instrumentation();
  const owner = shared.component(component);
  const given = options as CallOptions | undefined;
  const call = shared.begin(operation, context, given, owner);
  return new Started(call, call ?? untrackedHandle(owner, operation, given), disposedAs(options));
}

class Started implements StartedOperation {
  readonly #call: TrackedCall | undefined;
  readonly #handle: OperationHandle;
  readonly #disposedAs: Outcome;

  constructor(call: TrackedCall | undefined, handle: OperationHandle, disposedAs: Outcome) {
    this.#call = call;
    this.#handle = handle;
    this.#disposedAs = disposedAs;
  }

  get operation(): string {
    return this.#handle.operation;
  }

  get parameters(): ParameterValues {
    return this.#handle.parameters;
  }

  get variant(): string {
    return this.#handle.variant;
  }

  quality(score: number): void {
    this.#handle.quality(score);
  }

  partial(): void {
    this.#handle.partial();
  }

  fail(reason?: unknown): void {
    this.#handle.fail(reason);
  }

  cost(amount: number, unit: string): void {
    this.#handle.cost(amount, unit);
  }

  tokens(used: TokenUse): void {
    this.#handle.tokens(used);
  }

  engagement(type: string, amount?: number): void {
    this.#handle.engagement(type, amount);
  }

  result(): ResultHandle {
    return this.#handle.result();
  }

  attribute(key: string, value: Parameters<OperationHandle["attribute"]>[1]): void {
    this.#handle.attribute(key, value);
  }

  run<Result>(fn: () => Result): Result {
    return this.#call === undefined ? fn() : complete(instrumentation(), this.#call, () => fn());
  }

  end(outcome?: Outcome): void {
    const isOutcome = outcome === undefined || OUTCOMES.includes(outcome);
    if (!isOutcome)
      warnOnce(`outcome:${this.operation}`, `operation "${this.operation}" ended with an outcome that is none`);
    this.#call?.finish(isOutcome ? outcome : undefined);
  }

  [Symbol.dispose](): void {
    this.#call?.finish(undefined, this.#disposedAs);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
    return Promise.resolve();
  }
}

function disposedAs(options: StartOptions | undefined): Outcome {
  try {
    const said = options?.disposedAs;
    return said !== undefined && OUTCOMES.includes(said) ? said : "success";
  } catch (error) {
    reportOwnFailure("reading how a call is started", error);
    return "success";
  }
}
