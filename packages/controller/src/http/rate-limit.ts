/**
 * How often one caller may ask: a token bucket for each caller and kind of request.
 *
 *     a bucket holds up to `burst` requests, and gains `rate` a second; a request takes one, or is refused
 *
 * It keeps a client that runs wild from being felt by the others. Protocols make a client pause after one refusal, so the limits are far above
 * what a service that works as it should ever asks.
 */
import type { IncomingMessage } from "node:http";
import type { Role } from "../config/config-file.ts";
import { ControllerError } from "../errors.ts";
import type { Principal } from "./authentication.ts";

/** Requests a second that one caller may make, by what they are for. */
export interface RateLimits {
  /** Allocations, parameters, flags. */
  readonly evaluate: number;
  /** Every other GET. */
  readonly read: number;
  /** Feedback, outcomes, records, and everything that changes something. */
  readonly write: number;
}

/** Refuses a request of a caller that asks too often. */
export type LimitRate = (request: Pick<IncomingMessage, "socket">, principal: Principal, role: Role) => void;

/** A caller may ask at once what it may ask in so many seconds. */
const BURST_SECONDS = 5;

/** Callers that are told apart; beyond, those that have not asked for longest begin anew. */
const MOST_CALLERS = 10_000;

interface Bucket {
  readonly left: number;
  /** Milliseconds on a monotonic clock. */
  readonly at: number;
}

/** The buckets of all callers. */
class Buckets {
  private readonly buckets = new Map<string, Bucket>();
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  /** @returns After how many seconds the caller may ask again; undefined where it may now. */
  take(caller: string, rate: number, burst: number): number | undefined {
    const time = this.now();
    const before = this.buckets.get(caller) ?? { left: burst, at: time };
    const left = Math.min(burst, before.left + ((time - before.at) / 1_000) * rate);
    const isAllowed = left >= 1;
    this.buckets.delete(caller); // so that the map's order is the order of use
    this.buckets.set(caller, { left: isAllowed ? left - 1 : left, at: time });
    if (this.buckets.size > MOST_CALLERS) {
      const oldest = this.buckets.keys().next();
      if (!oldest.done) this.buckets.delete(oldest.value);
    }
    return isAllowed ? undefined : Math.max(1, Math.ceil((1 - left) / rate));
  }
}

/**
 * Limits by the name of the token, and by address where there are no tokens.
 *
 * @param limits Asked at each request: a reload may change them.
 * @throws {ControllerError} RATE_LIMITED, with `Retry-After`.
 */
export function rateLimiter(limits: () => RateLimits, now: () => number = () => performance.now()): LimitRate {
  const buckets = new Buckets(now);
  return (request, { token }, role) => {
    const kind = kindOf(role);
    const rate = limits()[kind];
    const caller = `${kind} ${token === undefined ? `address ${request.socket.remoteAddress ?? ""}` : `token ${token}`}`;
    const seconds = buckets.take(caller, rate, rate * BURST_SECONDS);
    if (seconds === undefined) return;
    throw new ControllerError("RATE_LIMITED", `More than ${rate} requests a second of the kind "${kind}".`, {
      headers: { "Retry-After": String(seconds) },
    });
  };
}

/** Counts a request with a token that is not known, and refuses it where its address has sent too many of them. */
export type LimitFailures = (request: Pick<IncomingMessage, "socket">) => void;

/** As many wrong tokens an address may send at once, and one more a second: a service whose token was changed still reads that it is unknown. */
const FAILURES_AT_ONCE = 20;
const FAILURES_A_SECOND = 1;

/**
 * Limits wrong tokens by address. A token that is known is never counted and never refused here, wherever it comes from: whoever guesses must not
 * lock out those who share an address with him, such as that of a proxy. What keeps a token from being guessed is its length.
 *
 * @throws {ControllerError} RATE_LIMITED, with `Retry-After`.
 */
export function failureLimiter(now: () => number = () => performance.now()): LimitFailures {
  const buckets = new Buckets(now);
  return ({ socket }) => {
    const seconds = buckets.take(networkOf(socket.remoteAddress ?? ""), FAILURES_A_SECOND, FAILURES_AT_ONCE);
    if (seconds === undefined) return;
    throw new ControllerError(
      "RATE_LIMITED",
      "Too many requests with a token that is not known came from this address.",
      {
        headers: { "Retry-After": String(seconds) },
      },
    );
  };
}

/** An address of IPv4, and of IPv6 the first half: whoever has one of its addresses has them all. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(":")) return mapped ?? address;
  const [head = "", tail] = (address.split("%")[0] ?? "").split("::");
  const groups = (text: string | undefined): string[] => (text === undefined || text === "" ? [] : text.split(":"));
  const [before, after] = [groups(head), groups(tail)];
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => "0");
  return [...before, ...(tail === undefined ? [] : zeros), ...after].slice(0, 4).join(":");
}

function kindOf(role: Role): keyof RateLimits {
  return role === "evaluate" || role === "read" ? role : "write";
}
