import { createRollupStore, openSqliteDatabase } from "@trimtab/engine";
import { describeMetricSource } from "@trimtab/engine/metric-source-contract";
import { createEmbeddedSource } from "./embedded-source.ts";

describeMetricSource("the embedded source", async ({ targets, intervalMilliseconds, startsAt }) => {
  const database = await openSqliteDatabase(":memory:");
  const source = createEmbeddedSource({
    targets,
    rollups: createRollupStore(database),
    scrapeIntervalMilliseconds: intervalMilliseconds,
    now: () => startsAt,
  });
  return {
    source,
    scrape: (instant) => source.scrapeRound(instant),
    settle: async () => {},
    async close() {
      await source.close();
      await database.destroy();
    },
  };
});
