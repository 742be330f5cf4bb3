/**
 * A service under `register`, with meters of its own and spans, as a real Prometheus reads it: in OpenMetrics, because that is what
 * its own `Accept` header asks for. It has the series of the plain page, and exemplars that lead to spans which were made.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { fetchPage } from "../../packages/controller/src/sources/embedded/fetch-page.ts";
import { parseMetricsPage } from "../../packages/controller/src/sources/embedded/metrics-page.ts";
import { parseOpenMetrics } from "../../packages/instrumentation/src/open-metrics.test.support.ts";
import { startTestPrometheus, type TestPrometheus } from "./test-prometheus.ts";

const packageFolder = join(import.meta.dirname, "../../packages/instrumentation");
const OPEN = "application/openmetrics-text;version=1.0.0";

/** Makes calls for each line on its standard input: of two genres, of which one fails. */
const SERVICE = `
  import { metrics } from "@opentelemetry/api";
  import { track } from "@trimtab/instrumentation";
  const jobs = metrics.getMeter("own").createCounter("own.jobs", { description: 'the "jobs"', unit: "{job}" });
  const waits = metrics.getMeter("own").createHistogram("own.wait.seconds", { unit: "seconds" });
  process.stdin.on("data", async () => {
    jobs.add(3, { queue: 'a "queue"' });
    waits.record(0.2);
    for (const genre of ["rock", "jazz"]) {
      await track("write_song", { genre }, (call) => {
        call.quality(0.5);
        call.cost(0.25, "usd");
        if (genre === "jazz") call.fail("OUT_OF_TUNE");
      });
    }
    console.log("worked");
  });
  console.log("ready");
`;

/** What the exporter of the SDK prints of each span. */
const PRINTED_SPAN = /traceId: '([0-9a-f]{32})'[\s\S]*?\bid: '([0-9a-f]{16})'/g;

let service: ChildProcessWithoutNullStreams;
let prometheus: TestPrometheus;
let address: string;
let said = "";

beforeAll(async () => {
  const port = await freePort();
  address = `http://127.0.0.1:${port}/metrics`;
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(OTEL|TRIMTAB|NODE|VITEST)/.test(name)),
  );
  const entry = ["--import", "@trimtab/instrumentation/register", "--input-type=module", "--eval", SERVICE];
  service = spawn(process.execPath, ["--conditions=source", ...entry], {
    cwd: packageFolder,
    env: {
      ...inherited,
      OTEL_EXPORTER_PROMETHEUS_HOST: "127.0.0.1",
      OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
      OTEL_TRACES_EXPORTER: "console",
      OTEL_SERVICE_NAME: "songs",
    },
  });
  service.stdout.on("data", (text) => (said += text));
  service.stderr.on("data", (text) => (said += text));
  await until(() => said.includes("ready"));
  prometheus = await startTestPrometheus({
    targets: [address],
    scrapeInterval: "1s",
    features: ["exemplar-storage"],
  });
}, 120_000);

afterAll(async () => {
  service.kill();
  await prometheus.stop();
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const until = <Value>(read: () => Value | Promise<Value>): Promise<Value> =>
  vi.waitUntil(read, { timeout: 60_000, interval: 50 }) as Promise<Value>;

interface Exemplar {
  readonly labels: { readonly trace_id: string; readonly span_id: string };
  readonly value: string;
}

async function ask(path: string, parameters: Record<string, string>): Promise<unknown> {
  const response = await fetch(`${prometheus.url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`);
  return ((await response.json()) as { data: unknown }).data;
}

async function exemplarsOf(query: string): Promise<readonly Exemplar[]> {
  const now = Date.now() / 1000;
  const found = await ask("query_exemplars", { query, start: `${now - 600}`, end: `${now + 600}` });
  return (found as { exemplars: Exemplar[] }[]).flatMap(({ exemplars }) => exemplars);
}

async function work(): Promise<void> {
  const before = said.split("worked").length;
  service.stdin.write("\n");
  await until(() => said.split("worked").length > before);
}

const inOrder = (
  samples: Iterable<readonly [name: string, labels: Iterable<readonly [string, string]>, value: number]>,
) =>
  Array.from(samples, ([name, labels, value]) => {
    const own = [...labels].filter(([key]) => key !== "instance" && key !== "job");
    return JSON.stringify([name, own.sort(([left], [right]) => (left < right ? -1 : 1)), value]);
  }).sort();

const samplesOf = (page: string): string[] =>
  inOrder(Array.from(parseMetricsPage(page), ({ name, labels, value }) => [name, labels, value] as const));

test("Prometheus reads the series of the plain page, and exemplars of spans that were made", async () => {
  const scraped = (): Promise<unknown> => ask("query", { query: "trimtab_process_start_time_seconds" });
  await until(async () => ((await scraped()) as { result: unknown[] }).result.length > 0);
  await work();
  await work();
  const calls = 'trimtab_operation_calls_total{operation="write_song"}';
  const found = await until(async () => {
    const exemplars = await exemplarsOf(calls);
    return exemplars.length >= 2 && exemplars;
  });
  await until(async () => (await exemplarsOf("trimtab_operation_duration_seconds_bucket")).length > 0);
  const all = await exemplarsOf('{__name__=~"trimtab_.*"}');
  await until(() => said.includes(found === false ? "" : (found.at(-1)?.labels.span_id ?? "")));
  const made = new Set(Array.from(said.matchAll(PRINTED_SPAN), ([, trace, span]) => `${trace} ${span}`));
  for (const { labels } of all) expect(made).toContain(`${labels.trace_id} ${labels.span_id}`);
  const amounts = async (query: string): Promise<unknown> =>
    [...new Set((await exemplarsOf(query)).map(({ value }) => value))].sort();
  expect(await amounts(calls)).toEqual(["1"]);
  expect(await amounts('trimtab_operation_quality_ratio_bucket{le="0.5"}')).toEqual(["0.5"]);
  expect(await amounts("trimtab_operation_cost_total")).toEqual(["0.25"]);
  expect(await amounts('trimtab_operation_errors_total{error_type="OUT_OF_TUNE"}')).toEqual(["1"]);

  const plain = await (await fetch(address, { headers: { accept: "text/plain" } })).text();
  const open = await fetch(address, { headers: { accept: OPEN } });
  expect(open.headers.get("content-type")).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
  const openPage = await open.text();
  const families = parseOpenMetrics(openPage).map(({ name }) => name);
  expect(families).toEqual(
    expect.arrayContaining(["target_info", "own_jobs", "own_wait_seconds", "trimtab_operation_calls"]),
  );
  expect(samplesOf(openPage)).toEqual(samplesOf(plain));
  const stored = await until(async () => {
    const { result } = (await ask("query", { query: '{job="trimtab",__name__!~"up|scrape_.*"}' })) as {
      result: { metric: Record<string, string>; value: [number, string] }[];
    };
    const samples = result.map(({ metric: { __name__: name = "", ...labels }, value }) => {
      return [name, Object.entries(labels), Number(value[1])] as const;
    });
    const shown = inOrder(samples);
    return shown.some((each) => each.startsWith('["own_jobs_total"') && each.endsWith(",6]")) && shown;
  });
  expect(stored).toEqual(samplesOf(plain));
});

test("the embedded source goes on reading the plain page", async () => {
  const accepted: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    accepted.push(request.headers.accept);
    response.end("");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await fetchPage(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { timeoutMilliseconds: 5_000 });
  server.close();
  const answer = await fetch(address, { headers: { accept: accepted[0] ?? "" } });
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  await answer.body?.cancel();
  expect(await fetchPage(address, { timeoutMilliseconds: 5_000 })).toHaveProperty("page");
});
