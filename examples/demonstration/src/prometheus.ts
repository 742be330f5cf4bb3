/** A real Prometheus for an example: found or fetched, configured for its metrics pages, started. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { type Command, GUARD } from "./processes.ts";
import { StartError } from "./start-error.ts";
import type { StateFolder } from "./state-folder.ts";

const SCRIPT = fileURLToPath(new URL("../../../scripts/prometheus.mjs", import.meta.url));

/**
 * Looks for a Prometheus, or fetches one into the clone; what it has to say meanwhile goes to standard error.
 *
 * @throws {StartError} when there is none to be had; the reason stands on standard error.
 */
export async function findPrometheus(signal: AbortSignal): Promise<string> {
  const script = spawn(process.execPath, [SCRIPT], { signal, stdio: ["ignore", "pipe", "inherit"] });
  const [answer, [code]] = await Promise.all([text(script.stdout), once(script, "close")]);
  if (code !== 0)
    throw new StartError(
      "There is no Prometheus. Without one the controller reads the metrics pages itself: leave out --prometheus.",
    );
  return (JSON.parse(answer) as { prometheus: string }).prometheus;
}

/** What a Prometheus reads, and where it answers. */
export interface PrometheusPlaces {
  /** A free port on 127.0.0.1. */
  readonly port: number;
  /** By job: the port of its metrics page on 127.0.0.1. */
  readonly jobs: Readonly<Record<string, number>>;
}

/** How to start it: it scrapes every page each second, and its first scrape comes about six seconds after its start. */
export function prometheusCommand(
  binary: string,
  state: Pick<StateFolder, "prometheusConfiguration" | "prometheusData">,
  { port, jobs }: PrometheusPlaces,
): Command {
  const configuration = {
    global: { scrape_interval: "1s", scrape_timeout: "1s" },
    scrape_configs: Object.entries(jobs).map(([job, metricsPort]) => ({
      job_name: job,
      static_configs: [{ targets: [`127.0.0.1:${metricsPort}`] }],
    })),
  };
  writeFileSync(state.prometheusConfiguration, JSON.stringify(configuration, undefined, 2)); // JSON is YAML too
  return {
    name: "prometheus",
    args: [
      GUARD,
      binary,
      `--config.file=${state.prometheusConfiguration}`,
      `--storage.tsdb.path=${state.prometheusData}`,
      "--storage.tsdb.retention.time=2d",
      `--web.listen-address=127.0.0.1:${port}`,
      // Its default folders are those of a system-wide install.
      "--web.console.templates=/nonexistent",
      "--web.console.libraries=/nonexistent",
    ],
  };
}
