/** One Prometheus for a test file, in a folder that is gone afterwards. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findOrFetchPrometheus } from "../../scripts/prometheus.mjs";
import { startPrometheusServer } from "../../scripts/prometheus-server.mjs";

/** A Prometheus that takes history of up to 60 hours by remote write. */
export interface TestPrometheus {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Runs the program of `$TRIMTAB_PROMETHEUS`, or the one that the test command would find. */
export async function startTestPrometheus(
  settings: { targets?: string[]; scrapeInterval?: string; features?: string[] } = {},
): Promise<TestPrometheus> {
  const { prometheus: binary } = await findOrFetchPrometheus();
  const directory = await mkdtemp(join(tmpdir(), "trimtab-prometheus-"));
  const { url, pid, stop } = await startPrometheusServer({ binary, directory, outOfOrderWindow: "60h", ...settings });
  return {
    url,
    pid,
    async stop() {
      await stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
