/** Calls a function at every instant of a grid; an instant that comes while the last call still runs is left out. */

/** A running clock. */
export interface ScrapeClock {
  /** Resolves when no call is running any more; none begins after. */
  stop(): Promise<void>;
}

/**
 * @param atInstant Must not reject.
 * @param now Milliseconds since 1970.
 */
export function startScrapeClock(
  intervalMilliseconds: number,
  atInstant: (slot: number) => Promise<void>,
  now: () => number,
): ScrapeClock {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let last = Math.floor(now() / intervalMilliseconds) * intervalMilliseconds;
  const wait = (): void => {
    if (stopped) return;
    // Never longer than a step: a clock that was set back may be set right again at any time.
    timer = setTimeout(tick, Math.min(intervalMilliseconds, Math.max(1, last + intervalMilliseconds - now())));
  };
  const tick = (): void => {
    const slot = Math.floor(now() / intervalMilliseconds) * intervalMilliseconds;
    if (slot <= last) return wait(); // a timer may be a millisecond early
    last = slot;
    running = atInstant(slot).then(() => {
      last = Math.max(last, Math.floor(now() / intervalMilliseconds) * intervalMilliseconds);
      wait();
    });
  };
  wait();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
