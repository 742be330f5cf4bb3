/**
 * Watches the answer of a model without touching it. The clients return promises of their own that read the response only when they are
 * asked to: asking is left to the caller, and what the caller gets is looked at on its way.
 */
import { reportOwnFailure, warnOnce } from "../../own-failure.ts";
import type { TrackedCall } from "../../tracked-call.ts";
import { valueAt } from "../pattern.ts";
import { isCutShort } from "../span-operations.ts";

interface LazyAnswer {
  parse(): Promise<unknown>;
  asResponse(): Promise<unknown>;
  _thenUnwrap?(transform: unknown): unknown;
}

interface EventStream {
  iterator(): AsyncIterator<unknown>;
}

/** Ends the call when its answer is there, or its stream has run out. Returns the same object. */
export function observeAnswer(answer: unknown, call: TrackedCall): unknown {
  try {
    if (!isLazyAnswer(answer)) {
      warnOnce(
        `answer:${call.operation}`,
        `operation "${call.operation}" calls a version of its client that is not known: it counts as ended when the call was made`,
      );
      call.succeed(answer);
      return answer;
    }
    watch(answer, call);
  } catch (error) {
    reportOwnFailure("watching the answer of a model", error);
    call.succeed(answer);
  }
  return answer;
}

function isLazyAnswer(answer: unknown): answer is LazyAnswer {
  const lazy = answer as Partial<LazyAnswer> | null | undefined;
  return typeof lazy?.parse === "function" && typeof lazy.asResponse === "function";
}

function watch(answer: LazyAnswer, call: TrackedCall): void {
  const parse = answer.parse.bind(answer);
  const asResponse = answer.asResponse.bind(answer);
  const unwrap = answer._thenUnwrap?.bind(answer);
  let isParsed = false;
  hide(answer, "parse", () => {
    const parsed = parse();
    // Whoever asked for it has the rejection too: ours takes nothing from them.
    if (!isParsed)
      void parsed.then(
        (result) => finish(result, call),
        (error: unknown) => fail(error, call),
      );
    isParsed = true;
    return parsed;
  });
  hide(answer, "asResponse", () => {
    const response = asResponse();
    // Beside parse() it is asked for the headers; alone, the body is the caller's, and its tokens are not seen.
    if (!isParsed)
      void response.then(
        () => call.succeed(undefined),
        (error: unknown) => fail(error, call),
      );
    return response;
  });
  if (unwrap !== undefined) {
    // Helpers such as parse() of chat completions make another promise of this one.
    hide(answer, "_thenUnwrap", (transform: unknown) => observeAnswer(unwrap(transform), call));
  }
}

function hide(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, configurable: true, enumerable: false, writable: true });
}

/** What was read of an answer so far. */
interface Seen {
  finishReason?: string;
  input?: number;
  output?: number;
}

function finish(result: unknown, call: TrackedCall): void {
  try {
    if (isStream(result)) return watchStream(result, call);
    const seen: Seen = {};
    read(result, seen);
    end(seen, call);
  } catch (error) {
    reportOwnFailure("reading the answer of a model", error);
    call.succeed(undefined);
  }
}

function isStream(result: unknown): result is EventStream {
  return (
    typeof result === "object" &&
    result !== null &&
    Symbol.asyncIterator in result &&
    typeof (result as { iterator?: unknown }).iterator === "function"
  );
}

/** The same events, in the same order, each the same object. */
function watchStream(stream: EventStream, call: TrackedCall): void {
  const begin = stream.iterator.bind(stream);
  const seen: Seen = {};
  stream.iterator = () => {
    const inner = begin();
    const watched: AsyncIterator<unknown> & AsyncIterable<unknown> = {
      async next(...args) {
        let step: IteratorResult<unknown>;
        try {
          step = await inner.next(...args);
        } catch (error) {
          fail(error, call);
          throw error;
        }
        if (step.done === true) {
          if (isAborted(stream)) call.partial();
          end(seen, call);
        } else readSafely(step.value, seen);
        return step;
      },
      async return(value) {
        if (!call.isEnded) {
          call.partial(); // the caller has had enough
          end(seen, call);
        }
        return (await inner.return?.(value)) ?? { done: true, value };
      },
      async throw(error) {
        fail(error, call);
        if (inner.throw === undefined) throw error;
        return inner.throw(error);
      },
      [Symbol.asyncIterator]: () => watched,
    };
    return watched;
  };
}

/** A stream that its reader has aborted ends as others do. */
function isAborted(stream: EventStream & { readonly controller?: unknown }): boolean {
  return stream.controller instanceof AbortController && stream.controller.signal.aborted;
}

function readSafely(event: unknown, seen: Seen): void {
  try {
    read(event, seen);
  } catch (error) {
    reportOwnFailure("reading the answer of a model", error);
  }
}

/** Answers and events of chat completions, responses and messages: the fields of one are no other's. */
function read(answer: unknown, seen: Seen): void {
  const whole = valueAt(answer, ["response"]) ?? valueAt(answer, ["message"]) ?? answer;
  const reason =
    valueAt(whole, ["choices", "0", "finish_reason"]) ??
    valueAt(whole, ["stop_reason"]) ??
    valueAt(answer, ["delta", "stop_reason"]) ??
    valueAt(whole, ["incomplete_details", "reason"]);
  if (typeof reason === "string") seen.finishReason = reason;
  for (const usage of [valueAt(whole, ["usage"]), valueAt(answer, ["usage"])]) {
    const input = valueAt(usage, ["prompt_tokens"]) ?? valueAt(usage, ["input_tokens"]);
    const output = valueAt(usage, ["completion_tokens"]) ?? valueAt(usage, ["output_tokens"]);
    if (typeof input === "number") seen.input = input;
    if (typeof output === "number") seen.output = output;
  }
}

function end({ finishReason, input, output }: Seen, call: TrackedCall): void {
  if (finishReason !== undefined) call.attribute("finish_reason", finishReason);
  if (input !== undefined || output !== undefined) call.tokens({ input, output });
  if (isCutShort(finishReason)) call.partial();
  call.succeed(undefined);
}

/** By the status of the response, 429 for instance, where there is one. */
function fail(error: unknown, call: TrackedCall): void {
  const status = valueAt(error, ["status"]);
  if (typeof status !== "number") return call.fallThrough(error);
  call.fail(String(status));
  call.succeed(undefined);
}
