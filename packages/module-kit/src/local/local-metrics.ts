/** Runs recorded in this process: sums back to thirty days, and the last runs one by one. */
import { type Context, isContextSubset } from "@trimtab/conventions";
import { createPerformanceMemory } from "@trimtab/instrumentation";
import type { MetricsCollectionLevel } from "../configuration.ts";
import type { ModuleMetricsStore, OperationRecord } from "../ports.ts";

/** So many runs are kept by themselves; the oldest go first. */
const MOST_RECORDS = 10_000;

/** @param level At `minimal` no run is kept by itself. @param now Milliseconds. */
export function createLocalMetrics(
  component: string,
  level: MetricsCollectionLevel,
  now: () => number,
): ModuleMetricsStore {
  const memory = createPerformanceMemory(component, now);
  const records: OperationRecord[] = [];
  /** Where the next record goes once the ring is full. */
  let next = 0;
  return {
    record(record) {
      memory.record(record.operation, record);
      if (level === "minimal") return;
      if (records.length < MOST_RECORDS) records.push(record);
      else records[next] = record;
      next = (next + 1) % MOST_RECORDS;
    },
    summary: (period) => Promise.resolve().then(() => memory.summary(period)),
    recent(context: Context, limit: number) {
      const found: OperationRecord[] = [];
      for (let back = 1; back <= records.length && found.length < limit; back++) {
        const record = records[(next - back + MOST_RECORDS) % MOST_RECORDS];
        if (record !== undefined && isContextSubset(context, record.context)) found.push(record);
      }
      return Promise.resolve(found);
    },
  };
}
