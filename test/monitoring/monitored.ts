/**
 * What is monitored, started once for all suites of dashboards and rules: importing this waits until it is there. Only monitoring.test.ts
 * imports the suites, so that it runs as long as that file, and no longer.
 */
import { startNode, until } from "../end-to-end/processes.ts";
import type { ServedMetrics } from "./serve.ts";

const serving = startNode("live metrics", ["test/monitoring/serve.ts"]);

/** A Prometheus that scrapes everything of the product, with more than a day of history, and what it has scraped and recorded. */
export const monitored: ServedMetrics = await until(
  "what is monitored",
  () => serving.lastMessage() as ServedMetrics | undefined,
  { seconds: 240, watching: [serving] },
);

/** Ends the processes. */
export async function endMonitored(): Promise<void> {
  await serving.end("SIGTERM");
}
