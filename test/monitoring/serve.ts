/**
 * Runs what is monitored until it is ended: for the tests, which start it as a process of its own, and for whoever wants to look at a
 * dashboard with data in it: `node --conditions=source test/monitoring/serve.ts`.
 */
import { type KnownSeries, knownSeries } from "./known-series.ts";
import { type LiveMetrics, startLiveMetrics } from "./live-metrics.ts";
import { recordNow } from "./recorded-now.ts";
import { seedHistory } from "./seeded-history.ts";

/** What is told to the process that started it. */
export interface ServedMetrics extends Omit<LiveMetrics, "stop"> {
  readonly series: KnownSeries;
}

const live = await startLiveMetrics();
const { prometheusUrl, controllerUrl, configuration } = live;
await seedHistory(prometheusUrl);
await recordNow(prometheusUrl, configuration);
const series = await knownSeries(prometheusUrl);
const told: ServedMetrics = { prometheusUrl, controllerUrl, configuration, series };
if (process.send !== undefined) process.send(told);
else console.log(`Prometheus ${prometheusUrl}, controller ${controllerUrl}; Ctrl-C ends them`);

const end = (): void => {
  void live.stop().then(() => process.exit(0));
};
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, end);
process.once("disconnect", end); // whoever started it is gone
