/** Work in the background, again and again: one run at a time, from a start to a stop. */
import type { Log } from "@trimtab/engine";

/** What a job does. */
export interface PeriodicJobOptions {
  readonly everyMilliseconds: number;
  /** One run. What it throws is logged, and the next run comes as usual. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** What is logged where a run fails. */
  readonly failure: string;
  readonly log: Log;
}

/** A job. */
export interface PeriodicJob {
  /** Runs at once and then again and again. */
  start(): void;
  /** Ends after the run that goes on; it can be started again. */
  stop(): Promise<void>;
}

/** A job that has not begun. */
export function createPeriodicJob({ everyMilliseconds, run, failure, log }: PeriodicJobOptions): PeriodicJob {
  let timer: NodeJS.Timeout | undefined;
  let ending = new AbortController();
  let running: Promise<void> | undefined;
  const begin = (): void => {
    const { signal } = ending;
    running ??= run(signal)
      .catch((error: unknown) => {
        if (!signal.aborted) log.error(failure, { error });
      })
      .finally(() => {
        running = undefined;
      });
  };
  return {
    start() {
      if (timer !== undefined) return;
      ending = new AbortController();
      timer = setInterval(begin, everyMilliseconds);
      timer.unref();
      begin();
    },
    async stop() {
      clearInterval(timer);
      timer = undefined;
      ending.abort();
      await running;
    },
  };
}
