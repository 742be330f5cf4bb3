import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AppUnderTest, cell, startApp } from "./app-fixture.ts";

let app: AppUnderTest;
let time = Date.UTC(2025, 10, 20, 12, 0, 0, 500);
beforeEach(async () => {
  app = await startApp({ now: () => time });
});
afterEach(() => app.close());

interface Summary {
  kind: string;
  detail?: string;
  total?: number;
  successRate?: number;
  outcomes?: object;
  durationSeconds?: Record<string, { kind: string; value?: number }>;
  quality?: object;
}
interface Answer extends Summary {
  period: string;
  window: { from: string; to: string };
  operations: Record<string, Summary>;
}

describe("GET /v1/performance", () => {
  test("sums contexts and variants, and tells each operation", async () => {
    app.source.answer = ({ operation }) =>
      operation === "checkout"
        ? { kind: "value", value: [cell("rock", 3, 90, 10), cell("jazz", 5, 100, 0)] }
        : { kind: "value", value: [cell(undefined, 3, 0, 50)] };
    const answer = await app.json<Answer>("/v1/performance/shop");
    expect(answer).toMatchObject({
      kind: "value",
      period: "1d",
      total: 250,
      successRate: 190 / 250,
      outcomes: { success: 190, failure: 60, partial: 0 },
    });
    expect(answer.operations["checkout"]).toMatchObject({ total: 200, successRate: 0.95 });
    expect(answer.operations["browse"]).toMatchObject({ total: 50, successRate: 0 });
    expect(answer.durationSeconds?.["mean"]?.value).toBeCloseTo(0.1, 9);
    expect(answer.durationSeconds?.["p95"]?.kind).toBe("value");
    expect(answer.quality).toEqual({ mean: { kind: "noData", detail: "no call was scored in the window" }, scored: 0 });
  });

  test("says that there is no data, and gives no zeros", async () => {
    const answer = await app.json<Answer>("/v1/performance/shop?period=7d");
    expect(answer.kind).toBe("noData");
    expect(answer.operations["checkout"]).toEqual({ kind: "noData", detail: "no series" });
    for (const field of ["total", "successRate", "outcomes", "durationSeconds", "quality"])
      expect(answer).not.toHaveProperty(field);
  });

  test("gives no total where one operation could not be read, because a part of it is unknown", async () => {
    app.source.answer = ({ operation }) =>
      operation === "checkout"
        ? { kind: "value", value: [cell("rock", 3, 90, 10)] }
        : { kind: "timeout", detail: "no answer within 10 s" };
    const answer = await app.json<Answer>("/v1/performance/shop?period=1h");
    expect(answer).toMatchObject({ kind: "timeout", detail: "browse: no answer within 10 s" });
    expect(answer).not.toHaveProperty("total");
    expect(answer.operations["checkout"]).toMatchObject({ kind: "value", total: 100 });
  });

  test("counts only the calls of the context that is asked for", async () => {
    app.source.answer = () => ({ kind: "value", value: [cell("rock", 3, 90, 10), cell("jazz", 5, 7, 0)] });
    expect(await app.json("/v1/performance/shop/checkout?ctx.genre=jazz")).toMatchObject({
      operation: "checkout",
      total: 7,
      context: { genre: "jazz" },
    });
    expect(await app.json("/v1/performance/shop/checkout?ctx.genra=jazz", 400)).toMatchObject({
      problems: [{ path: "ctx.genra", message: 'is no context key that is declared here; did you mean "genre"?' }],
    });
  });

  test("asks for a window on the source's grid, as long as the period", async () => {
    for (const [period, seconds] of [
      ["90s", 90],
      ["1h", 3600],
      ["30d", 2_592_000],
      ["1500ms", 2],
    ] as const) {
      app.source.asked.length = 0;
      await app.json(`/v1/performance/shop/checkout?period=${period}`);
      const window = app.source.asked[0]?.window ?? { from: 0, to: 0 };
      expect([period, (window.to - window.from) / 1000]).toEqual([period, seconds]);
      expect(window.to).toBe(Date.UTC(2025, 10, 20, 11, 59, 58));
    }
  });

  test.each([
    ["yesterday", '"yesterday" is no period; write a number and a unit, such as "200ms", "30s", "5m", "24h" or "7d"'],
    ["10", '"10" is no period; write a number and a unit, such as "200ms", "30s", "5m", "24h" or "7d"'],
    ["0s", '"0s" is no period; write a number and a unit, such as "200ms", "30s", "5m", "24h" or "7d"'],
    ["31d", '"31d" is too long; the longest is 30d, and /v1/trends tells longer ones'],
  ])("refuses the period %s", async (period, message) => {
    expect(await app.json(`/v1/performance/shop?period=${period}`, 400)).toMatchObject({
      code: "PARAMETER_INVALID",
      problems: [{ path: "period", message }],
    });
  });

  test("asks the source once per cycle for the same question", async () => {
    for (let time_ = 0; time_ < 3; time_++) await app.json("/v1/performance/shop/checkout?period=1h");
    expect(app.source.asked).toHaveLength(1);
    await app.json("/v1/performance/shop/checkout?period=2h");
    expect(app.source.asked).toHaveLength(2);
    time += 30_000;
    await app.json("/v1/performance/shop/checkout?period=1h");
    expect(app.source.asked).toHaveLength(3);
  });

  test("a cycle that closes makes what was known old, of its operation alone; hits and misses are counted", async () => {
    const ask = () => app.json("/v1/performance/shop/checkout?period=3h");
    const asked = () => app.source.asked.filter(({ window }) => window.to - window.from === 10_800_000).length;
    await ask();
    await ask();
    const cycle = (operation: string) =>
      app.fetch("/v1/learning-cycles", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ component: "shop", operation }),
      });
    expect((await cycle("browse")).status).toBe(200);
    await ask();
    expect(asked()).toBe(1);
    expect((await cycle("checkout")).status).toBe(200);
    await ask();
    expect(asked()).toBe(2);
    const page = await (await app.fetch("/metrics")).text();
    expect(page).toContain('trimtab_summary_cache_requests_total{result="hit"} 2');
    expect(page).toContain('trimtab_summary_cache_requests_total{result="miss"} 2');
  });
});
