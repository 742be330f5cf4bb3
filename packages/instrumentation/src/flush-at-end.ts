/**
 * Sends what is still held back before the process ends.
 *
 * A service without a handler for SIGTERM must still die of SIGTERM; one with a handler decides itself, and must not be killed
 * early: then nothing is done here until it lets the process run out.
 */

/** Longest wait for the last spans, in milliseconds. */
const LONGEST_FLUSH_MILLISECONDS = 1000;

/** @param flush Is called once, at the end. What it throws is passed to `onError`. */
export function flushAtEnd(flush: () => Promise<void>, onError: (error: unknown) => void): void {
  let flushed: Promise<void> | undefined;
  const flushOnce = (): Promise<void> => {
    flushed ??= atMost(LONGEST_FLUSH_MILLISECONDS, flush()).catch(onError);
    return flushed;
  };
  process.once("beforeExit", () => void flushOnce());
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const onSignal = (): void => {
      if (process.listenerCount(signal) > 1) return;
      void flushOnce().then(() => {
        process.removeListener(signal, onSignal);
        process.kill(process.pid, signal); // and now with Node's own behaviour: the exit code tells the signal
      });
    };
    process.on(signal, onSignal);
  }
}

function atMost(milliseconds: number, work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  return Promise.race([work, promise]).finally(() => {
    clearTimeout(timer);
  });
}
