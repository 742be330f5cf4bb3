/** The page of the SDK, in OpenMetrics. */
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseExposition } from "../exposition.test.support.ts";
import { type OpenFamily, parseOpenMetrics, samplesOf } from "../open-metrics.test.support.ts";
import { openFamilies } from "./open-families.ts";

async function opened(plain: string): Promise<readonly OpenFamily[]> {
  const families = await openFamilies(plain);
  if (families === undefined) throw new Error("stays plain");
  return parseOpenMetrics(`${families.join("")}# EOF\n`);
}

test("every instrument of the SDK has its series in both formats", { timeout: 60_000 }, async () => {
  const text = fc.string({ unit: "binary", maxLength: 12 }).map((said) => said.toWellFormed());
  const instrument = fc.record({
    kind: fc.constantFrom("counter" as const, "gauge" as const, "histogram" as const),
    name: fc.stringMatching(/^[a-z][a-z._]{0,9}[a-z]$/),
    scope: fc.constantFrom("one", "two"),
    unit: fc.constantFrom("", "s", "seconds", "By"),
    description: fc.oneof(text, fc.constant('a "quoted" \\ word\n')),
    values: fc.array(fc.tuple(text, fc.double({ min: 0, max: 1e9, noNaN: true })), { maxLength: 4 }),
  });
  let openPages = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(instrument, { maxLength: 6 }), async (instruments) => {
      const reader = new PrometheusExporter({ preventServerStart: true });
      const provider = new MeterProvider({ readers: [reader] });
      for (const { kind, name, scope, unit, description, values } of instruments) {
        const meter = provider.getMeter(scope);
        const options = { unit, description };
        for (const [value, amount] of values) {
          if (kind === "counter") meter.createCounter(name, options).add(amount, { value });
          else if (kind === "gauge") meter.createGauge(name, options).record(amount, { value });
          else meter.createHistogram(name, options).record(amount, { value });
        }
      }
      const plain = new PrometheusSerializer().serialize((await reader.collect()).resourceMetrics);
      const families = await openFamilies(plain);
      if (families === undefined) return;
      openPages++;
      const open = samplesOf(parseOpenMetrics(`${families.join("")}# EOF\n`));
      const asText = (samples: readonly { name: string; labels: object; value: number }[]): string[] =>
        samples.map(({ name, labels, value }) => JSON.stringify([name, labels, value])).sort();
      expect(asText(open)).toEqual(asText(parseExposition(plain.replace(/# no registered metrics$/, ""))));
    }),
    { numRuns: 100 },
  );
  expect(openPages).toBeGreaterThan(50);
});

test("families of two scopes stand in one place; quotes, units and times are as OpenMetrics has them", async () => {
  const plain = [
    '# HELP jobs_total the "jobs"',
    "# UNIT jobs_total {job}",
    "# TYPE jobs_total counter",
    'jobs_total{scope="a"} 1',
    "# TYPE wait_seconds untyped",
    "# UNIT wait_seconds seconds",
    "wait_seconds 2 1500",
    "# HELP jobs_total the jobs of b",
    "# TYPE jobs_total counter",
    'jobs_total{scope="b"} 3',
    "# TYPE early counter",
    "early 4",
    "",
  ].join("\n");
  expect((await openFamilies(plain))?.join("")).toBe(
    [
      "# TYPE jobs counter",
      '# HELP jobs the \\"jobs\\"',
      'jobs_total{scope="a"} 1',
      'jobs_total{scope="b"} 3',
      "# TYPE wait_seconds unknown",
      "# UNIT wait_seconds seconds",
      "wait_seconds 2 1.5",
      "# TYPE early unknown",
      "early 4",
      "",
    ].join("\n"),
  );
  expect(await opened(plain)).toHaveLength(3);
});

test.each([
  ["two types of one name", "# TYPE a gauge\na 1\n# TYPE a counter\na_total 1\n"],
  ["a gauge that is called as the family of a counter", "# TYPE a gauge\na 1\n# TYPE a_total counter\na_total 1\n"],
  ["a gauge that is called as a part of a histogram", "# TYPE a histogram\n# TYPE a_count gauge\na_count 1\n"],
  ["a name beyond ASCII", '{"tempête"} 1\n'],
])("%s cannot be told", async (_, plain) => {
  expect(await openFamilies(plain)).toBeUndefined();
});

test("others have turns while a long page is told", async () => {
  const plain = Array.from({ length: 60_000 }, (_, at) => `jobs{at="${at}"} ${at}\n`).join("");
  let turns = 0;
  let isOver = false;
  const look = (): void => {
    turns++;
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  const families = await openFamilies(plain);
  isOver = true;
  expect(families?.join("")).toBe(`# TYPE jobs unknown\n${plain}`);
  expect(turns).toBeGreaterThan(2);
});
