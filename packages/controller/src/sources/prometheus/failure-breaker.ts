/**
 * Stops asking somebody who does not answer. Closed: every request goes out. After some consecutive failures it opens: no request
 * goes out for a while. Then it is half open: one request goes out as a probe; its success closes the breaker, its failure opens
 * it again for twice the time, up to a minute or what is given as the longest pause. A pause is up to a quarter shorter by chance, so that
 * controllers that failed together do not come back together.
 */

/** A breaker around one server. */
export interface FailureBreaker {
  /** May a request go out now? A probe that is let out must be followed by `succeeded` or `failed`. */
  isOpen(now: number): boolean;
  succeeded(): void;
  failed(now: number): void;
  /** Milliseconds until the next probe may go out. */
  remainingMilliseconds(now: number): number;
  /** Failures since the last success. */
  readonly failures: number;
}

const FAILURES_TO_OPEN = 3;
const FIRST_PAUSE_MILLISECONDS = 1_000;
const LONGEST_PAUSE_MILLISECONDS = 60_000;
const LARGEST_JITTER = 0.25;

/** How long a breaker stays open. */
export interface FailureBreakerOptions {
  /** Default a minute. Not longer than the time between two cycles, where one must not be missed after the server is back. */
  readonly longestPauseMilliseconds?: number;
  /** From 0 (included) to 1 (excluded). */
  readonly random?: () => number;
}

/** A breaker that is closed: it opens after three failures in a row, for 1 s that doubles up to the longest pause. */
export function createFailureBreaker({
  longestPauseMilliseconds = LONGEST_PAUSE_MILLISECONDS,
  random = Math.random,
}: FailureBreakerOptions = {}): FailureBreaker {
  let failures = 0;
  let pausedUntil = 0;
  let isProbing = false;
  return {
    get failures() {
      return failures;
    },
    isOpen(now) {
      if (failures < FAILURES_TO_OPEN) return false;
      // A pause that lies in the far future is from before the clock was set back.
      if ((now < pausedUntil && pausedUntil - now <= longestPauseMilliseconds) || isProbing) return true;
      isProbing = true;
      return false;
    },
    succeeded() {
      failures = 0;
      isProbing = false;
    },
    failed(now) {
      failures++;
      isProbing = false;
      if (failures < FAILURES_TO_OPEN) return;
      const pause = FIRST_PAUSE_MILLISECONDS * 2 ** Math.min(10, failures - FAILURES_TO_OPEN);
      pausedUntil = now + Math.min(longestPauseMilliseconds, pause) * (1 - LARGEST_JITTER * random());
    },
    remainingMilliseconds: (now) => Math.max(0, pausedUntil - now),
  };
}
