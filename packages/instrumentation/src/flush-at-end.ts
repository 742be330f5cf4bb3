/**
 * Sends what is still held back before the process ends.
 *
 * A service without a handler for SIGTERM must still die of SIGTERM; one with a handler decides itself, and must not be killed
 * early: then nothing is done here until it lets the process run out. The second signal waits for nothing. `process.exit` and an
 * error that nobody caught end the process at once, as they would without this package: what was not sent by then is lost.
 */

/** Longest wait for the last telemetry, in milliseconds. */
const LONGEST_FLUSH_MILLISECONDS = 1000;

/** Every copy of the package in a process has one and the same list: two that hear a signal would each take the other for the service. */
const KEY = Symbol.for("trimtab.at-end.1");

const shared = globalThis as { [KEY]?: (() => Promise<void>)[] };

/** @param flush Is called once, at the end. What it throws is passed to `onError`. */
export function flushAtEnd(flush: () => Promise<void>, onError: (error: unknown) => void): void {
  const flushSafely = (): Promise<void> => flush().catch(onError);
  if (shared[KEY] === undefined) listenForEnd((shared[KEY] = [flushSafely]));
  else shared[KEY].push(flushSafely);
}

function listenForEnd(flushes: readonly (() => Promise<void>)[]): void {
  let flushed: Promise<boolean> | undefined;
  const flushOnce = (): Promise<boolean> => {
    flushed ??= endsWithin(LONGEST_FLUSH_MILLISECONDS, Promise.all(flushes.map((flush) => flush())));
    return flushed;
  };

  process.once("beforeExit", () => {
    // Nobody else wants to do something at the end: then all that may still run after the flush belongs to the flush.
    const isAlone = process.listenerCount("beforeExit") === 0;
    void flushOnce().then((hasEnded) => {
      if (!hasEnded && isAlone) process.exit(); // a collector that does not answer is no reason to stay; with the code that is set
    });
  });

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    let isEnding = false;
    const die = (): void => {
      process.removeListener(signal, onSignal);
      process.kill(process.pid, signal); // and now with Node's own behaviour: the exit code tells the signal
    };
    const onSignal = (): void => {
      if (process.listenerCount(signal) > 1) {
        // Packages such as signal-exit leave the end to others where there are any: for the time of this signal we are none.
        process.removeListener(signal, onSignal);
        process.nextTick(() => process.prependListener(signal, onSignal));
        return;
      }
      if (isEnding) return die();
      isEnding = true;
      void flushOnce().then(die);
    };
    process.prependListener(signal, onSignal); // before the others are asked who is there
  }
}

/** Did it end in time? */
function endsWithin(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds, false);
    void work.then(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
