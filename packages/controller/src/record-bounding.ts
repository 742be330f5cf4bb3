/** Keeps the number of individual operations bounded, off the request path: one run at a time, however many arrive. */
import type { Log, RecordStore } from "@trimtab/engine";

/** What the bounding works with. */
export interface RecordBoundingOptions {
  readonly store: RecordStore;
  /** How many of each component are kept, as the configuration in force says. */
  readonly keep: () => number;
  readonly log: Log;
}

/** Bounding in the background. */
export interface RecordBounding {
  /** These components have new records. Returns at once; what fails is logged and tried again at the next start. */
  start(components: readonly string[]): void;
  /** Looks at every component that has records: after a start, or when the bound may have changed. */
  startAll(): void;
  /** Ends after the component that is looked at; nothing is started any more. */
  stop(): Promise<void>;
}

/** Bounding that has not begun. */
export function createRecordBounding({ store, keep, log }: RecordBoundingOptions): RecordBounding {
  const waiting = new Set<string>();
  let allWait = false;
  let isStopped = false;
  let running: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    while (!isStopped && (allWait || waiting.size > 0)) {
      try {
        if (allWait) {
          allWait = false;
          for (const component of await store.listRecordedComponents()) waiting.add(component);
        }
        const [component] = waiting;
        if (component === undefined) continue;
        waiting.delete(component);
        const dropped = await store.dropOldRecords(component, keep());
        if (dropped > 0) log.debug("old records dropped", { component, dropped });
      } catch (error) {
        log.error("old records could not be dropped", { error });
      }
    }
    running = undefined; // in the same turn as the last look, so that nothing falls between
  };
  const begin = (): void => {
    if (!isStopped && (allWait || waiting.size > 0)) running ??= run();
  };
  return {
    start(components) {
      for (const component of components) waiting.add(component);
      begin();
    },
    startAll() {
      allWait = true;
      begin();
    },
    async stop() {
      isStopped = true;
      await running;
    },
  };
}
