/** The thread through the whole: a series that is named anywhere comes out of the code that emits it. */
import { globSync, readFileSync } from "node:fs";
import {
  allRecordedSeries,
  controllerInstruments,
  type Instrument,
  prometheusName,
  prometheusSeriesNames,
  serviceInstruments,
} from "@trimtab/conventions";
import { describe, expect, test } from "vitest";

const root = new URL("../../", import.meta.url).pathname;
const instruments: Instrument[] = [...Object.values(serviceInstruments), ...Object.values(controllerInstruments)];
const known = new Set([
  ...instruments.flatMap((instrument) => [prometheusName(instrument), ...prometheusSeriesNames(instrument)]),
  ...allRecordedSeries.flatMap(({ name }) => name.match(/trimtab_[a-z_]+/) ?? []), // between level and operation
]);

/** Files in which people and machines name series. */
const files = globSync(
  [
    "docs/**/*.md",
    "packages/*/README.md",
    "README.md",
    "ARCHITECTURE.md",
    "grafana/**/*.json",
    "deploy/**/*.{yml,yaml}",
  ],
  {
    cwd: root,
  },
);

describe("every series that is named is one that we emit", () => {
  test("there is something to check", () => {
    expect(files).toContain("docs/reference/metrics.md");
  });

  test.each(files)("%s", (file) => {
    const text = readFileSync(`${root}${file}`, "utf8");
    const named = new Set(text.match(/\btrimtab_[a-z_]*[a-z](?![a-z_]*[.(])/g) ?? []);
    expect([...named].filter((series) => !known.has(series))).toEqual([]);
  });
});

/** Names in our own code are spelt once, in conventions; elsewhere they are derived. Tests may quote them. */
test("no code outside conventions spells a series by hand", () => {
  const sources = globSync("{packages,examples}/*/src/**/*.ts", { cwd: root }).filter(
    (file) => !/[.]test[.]ts$|-contract[.]ts$|^packages\/conventions\//.test(file),
  );
  const spelt = sources.flatMap((file) =>
    readFileSync(`${root}${file}`, "utf8")
      .split("\n")
      .filter((line) => !/^\s*(\/\/|\*|\/\*)/.test(line))
      .flatMap((line) => line.match(/trimtab_[a-z]+_[a-z_]+/g) ?? [])
      .filter((series) => known.has(series))
      .map((series) => `${file}: ${series}`),
  );
  expect(spelt).toEqual([]);
});

test("docs/reference/metrics.md lists every metric, its labels and its use", async () => {
  const table = (title: string, list: readonly Instrument[]) =>
    [
      `## ${title}`,
      "",
      "| series | kind | labels | what it tells |",
      "|---|---|---|---|",
      ...list.map((instrument) => {
        const labels = [...instrument.labels, ...(instrument.hasContext ? ["ctx_*"] : [])];
        const shown = labels.length === 0 ? "none" : labels.map((label) => `\`${label}\``).join(", ");
        return `| \`${prometheusName(instrument)}\` | ${instrument.kind} | ${shown} | ${instrument.description} |`;
      }),
    ].join("\n");
  const page = [
    "# Metrics",
    "",
    "Written from `instruments.ts` and `recorded-series.ts` of `packages/conventions/src`; `npm test -- test/architecture -u` writes it anew. A histogram has the",
    "series `_bucket`, `_sum` and `_count`. A label `ctx_genre` is the context key `genre`; a key that a call lacks is an absent label.",
    "",
    table("What a tracked service emits", Object.values(serviceInstruments)),
    "",
    table("What the controller emits", Object.values(controllerInstruments)),
    "",
    recordedTable(),
    "",
  ].join("\n");
  await expect(page).toMatchFileSnapshot("../../docs/reference/metrics.md");
});

function recordedTable(): string {
  return [
    "## What the recording rules make",
    "",
    "Once a minute, by the rules in `deploy/prometheus/rules` or those of `trimtab rules`: [alerts and recording rules](../monitoring.md#alerts-and-recording-rules). By context, other labels",
    "of the target (a cluster, a namespace) stay. Increases count right at births and restarts, and tile: `sum_over_time(…:increase1m[1h])`.",
    "",
    "| series | labels | what it tells |",
    "|---|---|---|",
    ...allRecordedSeries.map(({ name, labels, hasContext, description }) => {
      const shown = [...labels, ...(hasContext ? ["ctx_*"] : [])].map((label) => `\`${label}\``).join(", ");
      return `| \`${name}\` | ${shown} | ${description} |`;
    }),
  ].join("\n");
}
