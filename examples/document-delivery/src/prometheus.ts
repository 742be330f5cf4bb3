/** A real Prometheus for the demonstration: found or fetched, configured for one metrics page, started. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { type Command, GUARD, StartError, type StateFolder } from "@trimtab/example-demonstration";
import { stringify } from "yaml";

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
      "Without a Prometheus, npm start uses the controller's embedded source: leave out --prometheus.",
    );
  return (JSON.parse(answer) as { prometheus: string }).prometheus;
}

/** How to start it: it scrapes the metrics page every second, and its first scrape comes about six seconds after its start. */
export function prometheusCommand(binary: string, state: StateFolder, port: number, metricsPort: number): Command {
  const configuration = {
    global: { scrape_interval: "1s", scrape_timeout: "1s" },
    scrape_configs: [{ job_name: "document_delivery", static_configs: [{ targets: [`127.0.0.1:${metricsPort}`] }] }],
  };
  writeFileSync(state.prometheusConfiguration, stringify(configuration));
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
