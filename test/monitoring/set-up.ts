/** Starts what is monitored once for all tests of dashboards and rules. */
import type { TestProject } from "vitest/node";
import { startNode, until } from "../end-to-end/processes.ts";
import type { ServedMetrics } from "./serve.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** A Prometheus that scrapes everything of the product, with more than a day of history. */
    readonly prometheusUrl: string;
    readonly controllerUrl: string;
    /** Path of the controller's `trimtab.yaml`. */
    readonly configuration: string;
    /** What was scraped and recorded: values by label by series. */
    readonly series: ServedMetrics["series"];
  }
}

/** Runs before the first test; what it returns, after the last. */
export default async function setUp(project: TestProject): Promise<() => Promise<unknown>> {
  const serving = startNode("live metrics", ["test/monitoring/serve.ts"]);
  const live = await until("what is monitored", () => serving.lastMessage() as ServedMetrics | undefined, {
    seconds: 240,
    watching: [serving],
  });
  project.provide("prometheusUrl", live.prometheusUrl);
  project.provide("controllerUrl", live.controllerUrl);
  project.provide("configuration", live.configuration);
  project.provide("series", live.series);
  return () => serving.end("SIGTERM");
}
