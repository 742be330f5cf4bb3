import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { MetricSource } from "@trimtab/engine";
import { afterEach, describe, expect, test } from "vitest";
import { createPrometheusSource } from "./prometheus-source.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const request = { component: "shop", operation: "price", context: ["genre"], window: { from: 60_000, to: 120_000 } };

/** A stand-in that answers each query by a function of its text; anything but a list of rows is an answer as it stands. */
async function sourceOf(
  answer: (promql: string) => object | undefined,
  { now = 0, path = (_path: string): object | undefined => undefined } = {},
): Promise<{ source: MetricSource; asked: string[]; clock: { now: number }; questions: string[]; said: string[] }> {
  const asked: string[] = [];
  const said: string[] = [];
  const questions: string[] = [];
  const clock = { now };
  const send = (response: ServerResponse, body: object | undefined): void => {
    if (body === undefined) response.destroy();
    else response.end(JSON.stringify(Array.isArray(body) ? vector(body) : body));
  };
  const server = createServer((incoming, response) => {
    if (incoming.method === "GET") return send(response, path(incoming.url ?? ""));
    void text(incoming).then((body) => {
      const promql = new URLSearchParams(body).get("query") ?? "";
      asked.push(promql);
      send(response, answer(promql));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const source = createPrometheusSource({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    now: () => clock.now,
    observer: { onQuestion: (question, _seconds, kind) => questions.push(`${question} ${kind}`) },
    log: { info: (message) => said.push(`info: ${message}`), warn: (message) => said.push(`warning: ${message}`) },
  });
  closing.push(() => {
    void source.close();
    server.closeAllConnections();
    server.close();
  });
  return { source, asked, clock, questions, said };
}

const vector = (result: object[]): object => ({ status: "success", data: { resultType: "vector", result } });
const part = (name: string, value: number): object => ({ metric: { part: name }, value: [0, String(value)] });
const isTargets = (promql: string): boolean => promql.includes('"disturbed"');
const isCost = (promql: string): boolean => promql.includes("trimtab_operation_cost_total") && !isTargets(promql);
const calls = { metric: { variant: "base-a", outcome: "success" }, value: [0, "3"] };

describe("the evidence", () => {
  test("asks six questions, however many contexts answer", async () => {
    const { source, asked, questions } = await sourceOf((promql) =>
      isTargets(promql) ? [] : promql.includes("outcome") ? [calls] : [],
    );
    const evidence = await source.readEvidence(request);
    expect(evidence.cells.kind).toBe("value");
    expect([...asked].sort()).toEqual(evidence.queries.map(({ promql }) => promql).sort());
    expect(questions.map((question) => question.split(" ")[0])).toEqual(
      expect.arrayContaining(["targets", "calls", "duration-buckets", "duration", "quality", "cost"]),
    );
    expect(questions).toHaveLength(6);
  });

  test("takes the short form only where no process restarted and no series is broken", async () => {
    for (const [rows, isGuarded] of [
      [[], false],
      [[part("newest", 119)], false],
      [[part("disturbed", 1)], true],
      [[part("broken", 1)], true],
    ] as const) {
      const { source } = await sourceOf((promql) => (isTargets(promql) ? [...rows] : [calls]));
      const { queries } = await source.readEvidence(request);
      expect(queries.slice(1).every(({ promql }) => promql.includes("min_over_time") === isGuarded)).toBe(true);
    }
  });

  test("takes the guarded form for a window of an hour, whatever the targets say", async () => {
    const { source } = await sourceOf((promql) => (isTargets(promql) ? [] : [calls]));
    const { queries } = await source.readEvidence({ ...request, window: { from: 0, to: 3_600_000 } });
    expect(queries.slice(1).every(({ promql }) => promql.includes("min_over_time"))).toBe(true);
  });

  test("is nothing at all when one question of six fails", async () => {
    const failure = { status: "error", errorType: "timeout", error: "query timed out" };
    const { source } = await sourceOf((promql) => (isTargets(promql) ? [] : isCost(promql) ? failure : [calls]));
    const { cells } = await source.readEvidence(request);
    expect(cells).toEqual({ kind: "timeout", detail: "cost: Prometheus: query timed out" });
  });

  test("is stale when samples arrive later than the scrape interval promises", async () => {
    const { source, asked } = await sourceOf((promql) => (isTargets(promql) ? [part("newest", 80)] : [calls]));
    const { cells } = await source.readEvidence(request);
    expect(cells).toEqual({
      kind: "stale",
      detail: "the newest sample is 40 s older than the window's end, at a scrape interval of 15 s",
    });
    expect(asked).toHaveLength(1);
  });
});

describe("a Prometheus that does not answer", () => {
  test("is left alone after three failures, then tried once, and trusted again when that works", async () => {
    let isDown = true;
    const { source, asked, clock } = await sourceOf((promql) =>
      isDown ? undefined : isTargets(promql) ? [] : [calls],
    );
    const kinds = async (times: number): Promise<string[]> => {
      const found: string[] = [];
      for (let time = 0; time < times; time++) found.push((await source.readEvidence(request)).cells.kind);
      return found;
    };
    expect(await kinds(5)).toEqual(["error", "error", "error", "error", "error"]);
    expect(asked).toHaveLength(3);
    expect((await source.readEvidence(request)).cells).toMatchObject({
      detail: "Prometheus failed 3 times in a row; it is asked again in 1 s",
    });
    clock.now = 1_000;
    await kinds(2);
    expect(asked).toHaveLength(4); // the probe failed, and the pause is two seconds now
    isDown = false;
    clock.now = 3_000;
    expect(await kinds(2)).toEqual(["value", "value"]);
  });

  test("is told of once in the log, and once more when it is back", async () => {
    let isDown = true;
    const { source, clock, said } = await sourceOf((promql) => (isDown ? undefined : isTargets(promql) ? [] : [calls]));
    for (let time = 0; time < 5; time++) await source.readEvidence(request);
    expect(said).toEqual(["warning: Prometheus does not answer; nothing is learnt until it does"]);
    isDown = false;
    clock.now = 1_000;
    await source.readEvidence(request);
    await source.readEvidence(request);
    expect(said.slice(1)).toEqual(["info: Prometheus answers again"]);
  });

  test("is still asked by cycles when it could not answer what people ask about a month", async () => {
    let isOverloaded = true;
    const { source, asked } = await sourceOf(() => (isOverloaded ? undefined : []));
    const month = { ...request, window: { from: 0, to: 30 * 86_400_000 } };
    for (let look = 0; look < 4; look++) await source.readEvidence(month);
    expect(asked).toHaveLength(3);
    isOverloaded = false;
    expect((await source.readEvidence(request)).cells.kind).toBe("no-data");
    expect(asked).toHaveLength(9);
    const { cells } = await source.readEvidence(month);
    expect(cells).toMatchObject({ kind: "error", detail: expect.stringContaining("failed 3 times in a row") });
  });

  test("is not blamed for a query that it refuses", async () => {
    const refused = { status: "error", errorType: "bad_data", error: "parse error" };
    const { source, asked } = await sourceOf(() => refused);
    for (let time = 0; time < 5; time++) await source.readEvidence(request);
    expect(asked).toHaveLength(5);
  });
});

describe("an inspection", () => {
  const target = (instance: string, more: object): object => ({
    labels: { job: "shop", instance },
    health: "up",
    lastError: "",
    lastScrape: "2026-11-20T10:00:00Z",
    ...more,
  });
  const ours = (...instances: string[]): object[] =>
    instances.map((instance) => ({ metric: { job: "shop", instance }, value: [0, "1"] }));

  test("tells which targets are up, which are ours, and how often the slowest of ours is scraped", async () => {
    const { source } = await sourceOf(() => ours("a:1", "b:1", "pushed"), {
      path: () => ({
        status: "success",
        data: {
          activeTargets: [
            target("a:1", { scrapeInterval: "5s" }),
            target("b:1", { scrapeInterval: "1m30s" }),
            target("c:1", { scrapeInterval: "1h", health: "down", lastError: "connection refused" }),
          ],
        },
      }),
    });
    expect(source.scrapeIntervalMilliseconds()).toBe(15_000);
    const lastScrapeAt = Date.parse("2026-11-20T10:00:00Z");
    expect(await source.inspect(0)).toEqual({
      reachable: { kind: "value", value: true },
      targets: [
        { target: "shop/a:1", up: true, hasOurSeries: true, lastScrapeAt },
        { target: "shop/b:1", up: true, hasOurSeries: true, lastScrapeAt },
        { target: "shop/c:1", up: false, hasOurSeries: false, lastScrapeAt, problem: "connection refused" },
        { target: "shop/pushed", up: true, hasOurSeries: true },
      ],
      scrapeIntervalMilliseconds: 90_000,
    });
    expect(source.latestWindowEnd(900_000)).toBe(720_000);
  });

  test("works where the list of targets cannot be had, and keeps the interval", async () => {
    const { source } = await sourceOf(() => ours("a:1"), { path: () => ({ status: "error", error: "not supported" }) });
    expect(await source.inspect(0)).toEqual({
      reachable: { kind: "value", value: true },
      targets: [{ target: "shop/a:1", up: true, hasOurSeries: true }],
      scrapeIntervalMilliseconds: 15_000,
    });
  });

  test("says why nothing can be reached", async () => {
    const { source } = await sourceOf(() => undefined);
    expect((await source.inspect(0)).reachable).toMatchObject({ kind: "error" });
  });
});
