/** `fetch` with adapted time-outs and retries. */
import { setTimeout as wait } from "node:timers/promises";
import type { OperationHandle } from "../../operation-handle.ts";
import { reportOwnFailure } from "../../own-failure.ts";
import { track } from "../../track.ts";
import type { ClientRule } from "../configuration.ts";
import { mirror } from "../tracked-function.ts";
import { type CompiledRule, compileRule } from "./client-rule.ts";

/** RFC 9110, 9.2.2: to send it twice is as good as once. */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);
/** Answers that another try may change. */
const RETRIED = new Set([408, 429, 500, 502, 503, 504]);
const MAXIMUM_RETRIES = 10;
const FIRST_PAUSE_MILLISECONDS = 100;
const LONGEST_PAUSE_MILLISECONDS = 5000;
/** A timer of more than 31 bits would be over at once. */
const LONGEST_TIMER_MILLISECONDS = 2 ** 31 - 1;

type Fetch = typeof globalThis.fetch;
type Input = Parameters<Fetch>[0];
type Init = Parameters<Fetch>[1];

/** Puts the rules in front of the global `fetch`. */
export function adaptFetch(rules: readonly ClientRule[]): void {
  const own = rules.filter(({ client }) => client === "fetch").map(compileRule);
  if (own.length === 0 || typeof globalThis.fetch !== "function") return;
  const original = globalThis.fetch;
  const adapted: Fetch = function (input, init) {
    const request = described(input, init);
    const found = request === undefined ? undefined : findRule(own, request);
    if (found === undefined || request === undefined) return original(input, init);
    return track(found.rule.operation, found.contextOf(request), (call) =>
      fetchAdapted({ original, input, init, rule: found.rule, method: request.method }, call),
    );
  };
  globalThis.fetch = mirror(adapted, original);
}

interface DescribedRequest {
  readonly url: string;
  readonly host: string;
  readonly method: string;
}

function described(input: Input, init: Init): DescribedRequest | undefined {
  try {
    const url = typeof input === "string" ? input : input instanceof URL ? input.href : input.url;
    const method = init?.method ?? (input instanceof Request ? input.method : "GET");
    return { url, host: new URL(url).host, method: method.toUpperCase() };
  } catch {
    return undefined; // fetch itself will say what is wrong with it
  }
}

function findRule(rules: readonly CompiledRule[], request: DescribedRequest): CompiledRule | undefined {
  try {
    return rules.find((each) => each.matches(request));
  } catch (error) {
    reportOwnFailure("adapting a fetch", error);
    return undefined;
  }
}

interface AdaptedFetch {
  readonly original: Fetch;
  readonly input: Input;
  readonly init: Init;
  readonly rule: ClientRule;
  readonly method: string;
}

async function fetchAdapted(
  { original, input, init, rule, method }: AdaptedFetch,
  call: OperationHandle,
): Promise<Response> {
  const apply = rule.apply ?? [];
  const values = apply.length === 0 ? {} : call.parameters;
  const timeout = apply.includes("timeout_milliseconds") ? positive(values["timeout_milliseconds"]) : undefined;
  const asked = apply.includes("retries") ? (positive(values["retries"]) ?? 0) : 0;
  const retries = IDEMPOTENT.has(method) && isRepeatable(input, init) ? Math.min(asked, MAXIMUM_RETRIES) : 0;
  const callersSignal = init?.signal === undefined && input instanceof Request ? input.signal : init?.signal;
  const applied = [...(timeout === undefined ? [] : ["timeout_milliseconds"]), ...(retries === 0 ? [] : ["retries"])];
  if (applied.length > 0) call.attribute("applied", applied);
  if (timeout !== undefined) call.attribute("timeout_milliseconds", timeout);
  for (let attempt = 0; ; attempt++) {
    call.attribute("attempts", attempt + 1);
    const isLast = attempt >= retries;
    let pause = pauseAfter(attempt);
    try {
      const response = await once(original, input, init, timeout, callersSignal);
      pause = Math.max(pause, askedPause(response));
      if (isLast || !RETRIED.has(response.status) || pause > LONGEST_PAUSE_MILLISECONDS) {
        if (response.status >= 500 || response.status === 429) call.fail(String(response.status));
        return response;
      }
      await response.body?.cancel();
    } catch (error) {
      if (isLast || callersSignal?.aborted === true) throw error;
    }
    await wait(pause, undefined, callersSignal ? { signal: callersSignal } : {}).catch(() => {
      callersSignal?.throwIfAborted(); // the caller's own reason, as fetch would have told it
    });
  }
}

/** The time-out ends with the head of the response: a long body is no slow answer. */
async function once(
  original: Fetch,
  input: Input,
  init: Init,
  timeout: number | undefined,
  callersSignal: AbortSignal | null | undefined,
): Promise<Response> {
  if (timeout === undefined) return original(input, init);
  const controller = new AbortController();
  const timer = setTimeout(
    () => {
      controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
    },
    Math.min(timeout, LONGEST_TIMER_MILLISECONDS),
  );
  const signals = callersSignal ? [callersSignal, controller.signal] : [controller.signal];
  try {
    return await original(input, withSignal(init, AbortSignal.any(signals)));
  } finally {
    clearTimeout(timer);
  }
}

/** A request may be given in place of the options: what it says is then not its own, and a copy would lose it. */
function withSignal(init: Init, signal: AbortSignal): RequestInit {
  if (!(init instanceof Request)) return { ...init, signal };
  return new Proxy(init, { get: (target, name) => (name === "signal" ? signal : Reflect.get(target, name, target)) });
}

/** A stream can be sent once. */
function isRepeatable(input: Input, init: Init): boolean {
  const body: unknown = init?.body;
  if (body !== undefined && body !== null) return typeof body === "string" || body instanceof URLSearchParams;
  return !(input instanceof Request) || input.body === null;
}

/** Exponential, with half of it by chance, so that callers do not come back together. */
function pauseAfter(attempt: number): number {
  return FIRST_PAUSE_MILLISECONDS * 2 ** attempt * (0.5 + Math.random() / 2);
}

function askedPause(response: Response): number {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return seconds >= 0 ? seconds * 1000 : 0;
}

function positive(value: unknown): number | undefined {
  return typeof value === "number" && value > 0 && Number.isFinite(value) ? value : undefined;
}
