/** What trends and baselines need done in the background: old hours folded by the leader, baselines read anew by every process. */
import type { Log, OperationKey, TrendStore } from "@trimtab/engine";
import type { BaselineMetrics } from "./baseline-metrics.ts";
import type { TrendSettings } from "./config/trend-settings.ts";
import { createPeriodicJob } from "./periodic-job.ts";

/** What the upkeep works with. */
export interface TrendUpkeepOptions {
  readonly trends: Pick<TrendStore, "foldTrends">;
  readonly baselines: BaselineMetrics;
  readonly settings: () => TrendSettings;
  readonly operations: () => readonly OperationKey[];
  /** Does this process lead? Only the leader folds. */
  readonly leads: () => boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
}

/** Upkeep in the background. */
export interface TrendUpkeep {
  start(): void;
  /** Ends after the step that runs. */
  stop(): Promise<void>;
}

const FOLD_EVERY_MILLISECONDS = 600_000;
const REFRESH_EVERY_MILLISECONDS = 60_000;
/** Of single contexts hours are kept two weeks: there may be fifty of each operation. */
const CONTEXT_HOURS_MILLISECONDS = 14 * 24 * 3_600_000;

/** Upkeep that has not begun. */
export function createTrendUpkeep(options: TrendUpkeepOptions): TrendUpkeep {
  const { trends, baselines, settings, operations, leads, now, log } = options;
  const folding = createPeriodicJob({
    everyMilliseconds: FOLD_EVERY_MILLISECONDS,
    async run() {
      if (!leads()) return;
      const { keepHoursMilliseconds, keepDaysMilliseconds } = settings();
      const retention = {
        hoursMilliseconds: keepHoursMilliseconds,
        contextHoursMilliseconds: Math.min(CONTEXT_HOURS_MILLISECONDS, keepHoursMilliseconds),
        daysMilliseconds: keepDaysMilliseconds,
      };
      const fewer = await trends.foldTrends(retention, now());
      if (fewer > 0) log.debug("old trends folded", { rows: fewer });
    },
    failure: "old trends could not be folded",
    log,
  });
  const refreshing = createPeriodicJob({
    everyMilliseconds: REFRESH_EVERY_MILLISECONDS,
    run: (signal) => baselines.refresh(operations(), now(), signal),
    failure: "baselines could not be read",
    log,
  });
  return {
    start() {
      folding.start();
      refreshing.start();
    },
    async stop() {
      await Promise.all([folding.stop(), refreshing.stop()]);
    },
  };
}
