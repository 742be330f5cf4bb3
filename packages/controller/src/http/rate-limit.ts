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
  left: number;
  /** Milliseconds on a monotonic clock. */
  at: number;
}

/**
 * Limits by the name of the token, and by address where there are no tokens.
 *
 * @param limits Asked at each request: a reload may change them.
 * @throws {ControllerError} RATE_LIMITED, with `Retry-After`.
 */
export function rateLimiter(limits: () => RateLimits, now: () => number = () => performance.now()): LimitRate {
  const buckets = new Map<string, Bucket>();
  return (request, { token }, role) => {
    const kind = kindOf(role);
    const rate = limits()[kind];
    const caller = `${kind} ${token === undefined ? `address ${request.socket.remoteAddress ?? ""}` : `token ${token}`}`;
    const time = now();
    const burst = rate * BURST_SECONDS;
    const before = buckets.get(caller) ?? { left: burst, at: time };
    const bucket = { left: Math.min(burst, before.left + ((time - before.at) / 1_000) * rate), at: time };
    buckets.delete(caller); // so that the map's order is the order of use
    buckets.set(caller, bucket);
    if (buckets.size > MOST_CALLERS) {
      const oldest = buckets.keys().next();
      if (!oldest.done) buckets.delete(oldest.value);
    }
    if (bucket.left >= 1) {
      bucket.left -= 1;
      return;
    }
    const seconds = Math.max(1, Math.ceil((1 - bucket.left) / rate));
    throw new ControllerError("RATE_LIMITED", `More than ${rate} requests a second of the kind "${kind}".`, {
      headers: { "Retry-After": String(seconds) },
    });
  };
}

function kindOf(role: Role): keyof RateLimits {
  return role === "evaluate" || role === "read" ? role : "write";
}
