/**
 * Runs what is monitored until it is ended: for the tests, which start it as a process of its own, and for whoever wants to look at a
 * dashboard with data in it: `node --conditions=source test/monitoring/serve.ts`.
 */
import { startLiveMetrics } from "./live-metrics.ts";
import { seedHistory } from "./seeded-history.ts";

const { stop, ...live } = await startLiveMetrics();
await seedHistory(live.prometheusUrl);
if (process.send !== undefined) process.send(live);
else console.log(`Prometheus ${live.prometheusUrl}, controller ${live.controllerUrl}; Ctrl-C ends them`);

const end = (): void => {
  void stop().then(() => process.exit(0));
};
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, end);
process.once("disconnect", end); // whoever started it is gone
