/**
 * Stops asking somebody who does not answer. Closed: every request goes out. After some consecutive failures it opens: no request
 * goes out for a while. Then it is half open: one request goes out as a probe; its success closes the breaker, its failure opens
 * it again for twice the time, up to a minute.
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

/** A breaker that is closed: it opens after three failures in a row, for 1 s that doubles up to a minute. */
export function createFailureBreaker(): FailureBreaker {
  let failures = 0;
  let pausedUntil = 0;
  let isProbing = false;
  return {
    get failures() {
      return failures;
    },
    isOpen(now) {
      if (failures < FAILURES_TO_OPEN) return false;
      if (now < pausedUntil || isProbing) return true;
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
      pausedUntil = now + Math.min(LONGEST_PAUSE_MILLISECONDS, pause);
    },
    remainingMilliseconds: (now) => Math.max(0, pausedUntil - now),
  };
}
