/**
 * What this package set out to cost, and what was measured: every target in a ratio of one run, or in the machine's own units where
 * no peer does the job.
 */

/** Filled by the other files as they measure. @type {Map<string, number>} */
export const measured = new Map();

const SAME_JOB = "OpenTelemetry, same job, 1 % of spans";

/** @param {string} name @param {string} peer */
const ratio = (name, peer) => () =>
  (measured.get(`ns ${name}`) ?? Number.NaN) / (measured.get(`ns ${peer}`) ?? Number.NaN);
/** @param {string} key */
const value = (key) => () => measured.get(key) ?? Number.NaN;
/** @param {string} key @param {string} peer */
const share = (key, peer) => () => (measured.get(key) ?? Number.NaN) / (measured.get(peer) ?? Number.NaN);

/** @type {readonly { readonly target: string, readonly limit: number, readonly read: () => number }[]} */
const targets = [
  { target: "track, 1 % of spans, of the same job by hand", limit: 0.25, read: ratio("track, 1 % of spans", SAME_JOB) },
  { target: "track, 1 % of spans, of prom-client", limit: 0.75, read: ratio("track, 1 % of spans", "prom-client") },
  { target: "track, 1 % of spans, bytes per call", limit: 2200, read: value("bytes track, 1 % of spans") },
  { target: "recordOperation of the same job by hand", limit: 0.08, read: ratio("recordOperation", SAME_JOB) },
  { target: "recordOperation, ns of CPU", limit: 350, read: value("ns recordOperation") },
  { target: "recordOperation, bytes per call", limit: 700, read: value("bytes recordOperation") },
  {
    target: "track, all spans, of the same job with all spans",
    limit: 0.85,
    read: ratio("track, all spans", "OpenTelemetry, same job, all spans"),
  },
  {
    target: "a scrape of 50,000 lines, CPU of exporter-prometheus'",
    limit: 0.1,
    read: share("scrape 50000 trimtab", "scrape 50000 exporter-prometheus"),
  },
  {
    target: "a scrape of 50,000 lines, CPU of prom-client's",
    limit: 0.5,
    read: share("scrape 50000 trimtab", "scrape 50000 prom-client"),
  },
  { target: "a scrape of 50,000 lines, longest block, ms", limit: 10, read: value("block 50000 trimtab") },
  { target: "a scrape of 10,000 lines, CPU ms", limit: 10, read: value("scrape 10000 trimtab") },
  { target: "an HTTP request without code, us of CPU", limit: 8, read: value("request register") },
  { target: "register, ms at the start", limit: 170, read: value("start ms register") },
  { target: "register, MiB at the start", limit: 20, read: value("start MiB register") },
];

/** Prints each target with what was measured of it. */
export function printTargets() {
  const rows = targets.map(({ target, limit, read }) => {
    const found = read();
    const verdict = Number.isNaN(found) ? "not measured" : found <= limit ? "pass" : "MISS";
    return { target, "at most": limit, measured: Number(found.toFixed(found < 10 ? 2 : 0)), verdict };
  });
  console.table(rows);
}
