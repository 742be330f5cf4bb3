// Runs a Prometheus of one's own: for the demonstration and for tests. Its data and its configuration lie in one folder.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startServerProcess } from "./server-process.mjs";

/**
 * @typedef {object} PrometheusServerOptions
 * @property {string} binary path of the program, e.g. from `findOrFetchPrometheus()`
 * @property {string} directory a folder of its own; is created, and kept when the server stops
 * @property {string[]} [targets] addresses of metrics pages, e.g. `http://127.0.0.1:9464/metrics`; job is `trimtab`
 * @property {Record<string, string[]>} [jobs] the same, under jobs with a name
 * @property {string} [scrapeInterval] as Prometheus writes it; default `1s`
 * @property {string[]} [ruleFiles] absolute paths
 * @property {string[]} [alertmanagers] addresses, e.g. `http://127.0.0.1:9093`
 * @property {string} [outOfOrderWindow] how old may be what is written from outside: for tests that write history; default none
 * @property {string[]} [features] what is switched on beyond the default, e.g. `exemplar-storage`
 * @property {number} [port] default: any that is free
 */

/**
 * Starts it and waits until it answers. It ends with this process. Its first scrape comes about five seconds later.
 *
 * @param {PrometheusServerOptions} options
 * @returns {Promise<import("./server-process.mjs").ServerProcess>}
 */
export async function startPrometheusServer({ binary, directory, port = 0, features = [], ...settings }) {
  mkdirSync(directory, { recursive: true });
  const configuration = join(directory, "prometheus.json");
  writeFileSync(configuration, JSON.stringify(configurationOf(settings), undefined, 2)); // JSON is YAML too
  return startServerProcess({
    name: "Prometheus",
    program: binary,
    args: [
      `--config.file=${configuration}`,
      `--storage.tsdb.path=${join(directory, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--web.enable-remote-write-receiver",
      ...(features.length === 0 ? [] : [`--enable-feature=${features.join(",")}`]),
      "--web.console.templates=/nonexistent", // the defaults are paths of Debian's, which may not be there
      "--web.console.libraries=/nonexistent",
    ],
    readyPath: "/-/ready",
  });
}

/** @param {Omit<PrometheusServerOptions, "binary" | "directory" | "port" | "features">} settings */
function configurationOf({
  targets = [],
  jobs = {},
  scrapeInterval = "1s",
  ruleFiles = [],
  alertmanagers = [],
  outOfOrderWindow,
}) {
  return {
    global: { scrape_interval: scrapeInterval, scrape_timeout: scrapeInterval, evaluation_interval: scrapeInterval },
    rule_files: ruleFiles,
    alerting: { alertmanagers: [{ static_configs: [{ targets: alertmanagers.map((url) => new URL(url).host) }] }] },
    ...(outOfOrderWindow ? { storage: { tsdb: { out_of_order_time_window: outOfOrderWindow } } } : {}),
    scrape_configs: [["trimtab", targets], ...Object.entries(jobs)].flatMap(([job, pages]) =>
      scrapeConfigurations(/** @type {string} */ (job), /** @type {string[]} */ (pages)),
    ),
  };
}

/**
 * One for each path and protocol: a job has only one of either.
 *
 * @param {string} job
 * @param {string[]} pages
 */
function scrapeConfigurations(job, pages) {
  const byPath = new Map();
  for (const page of pages) {
    const { protocol, host, pathname } = new URL(page);
    const key = `${protocol} ${pathname}`;
    byPath.set(key, [...(byPath.get(key) ?? []), host]);
  }
  return [...byPath].map(([key, hosts], index) => {
    const [protocol = "", path] = key.split(" ");
    return {
      job_name: index === 0 ? job : `${job}-${index + 1}`,
      scheme: protocol.replace(":", ""),
      metrics_path: path,
      static_configs: [{ targets: hosts }],
    };
  });
}
