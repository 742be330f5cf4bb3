/** What adaptive parameters are, as a service and a person meet them over HTTP: which one serves a call, what is recorded, when it is applied. */
import { type Allocation, type Context, isContextSubset, variantId } from "@trimtab/conventions";
import { afterEach, describe, expect, test } from "vitest";
import { type AppUnderTest, decisionOf, startApp } from "./app-fixture.ts";

const started: AppUnderTest[] = [];
afterEach(async () => {
  for (const app of started.splice(0)) await app.close();
});

describe("an adaptation matches by a subset of the context", () => {
  const FILE = `
metrics: { source: embedded, scrape: [http://127.0.0.1:1/metrics] }
components:
  shop:
    operations:
      checkout:
        context: [genre, mood, length]
        parameters: { level: { type: integer, base: 3, min: 1, max: 9 } }
        mode: auto
`;
  const learnt = (context: Context, level: number): Allocation => ({
    context,
    salt: `salt-${level}`,
    variants: [
      { id: variantId({ level: 3 }, "baseline"), role: "baseline", weight: 0.05, parameters: { level: 3 } },
      { id: variantId({ level }), role: "incumbent", weight: 0.95, parameters: { level } },
    ],
  });
  const base: Allocation = {
    context: {},
    salt: "a",
    variants: [{ id: variantId({ level: 3 }, "baseline"), role: "baseline", weight: 1, parameters: { level: 3 } }],
  };
  const allocations = [
    base,
    learnt({ genre: "rock" }, 4),
    learnt({ mood: "calm" }, 5),
    learnt({ genre: "rock", mood: "calm" }, 6),
    learnt({ mood: "calm", length: "long" }, 7),
    learnt({ genre: "rock", length: "long" }, 8),
  ];

  test.each<[string, Context, number]>([
    ["exactly", { genre: "rock" }, 4],
    ["one for {genre: rock} serves {genre: rock, mood: wild}", { genre: "rock", mood: "wild" }, 4],
    ["the more specific wins", { genre: "rock", mood: "calm" }, 6],
    ["the more specific wins also below it", { genre: "rock", mood: "calm", length: "short" }, 6],
    ["between equals the first declared key decides", { genre: "rock", mood: "calm", length: "long" }, 6],
    ["the same where the first key is not in both", { genre: "jazz", mood: "calm", length: "long" }, 7],
    ["no key is needed", { mood: "calm" }, 5],
    ["an unseen context has the base values", { genre: "jazz" }, 3],
    ["no context has the base values", {}, 3],
  ])("%s", async (_, context, level) => {
    const app = await startApp({ file: FILE, decisions: [decisionOf(1, { allocations })] });
    started.push(app);
    const query = Object.entries(context).map(([key, value]) => `ctx.${key}=${value}`);
    const resolved = await app.json<{ parameters: unknown; context: Context }>(
      `/v1/parameters/shop/checkout?${query.join("&")}`,
    );
    expect(resolved.parameters).toEqual({ level });
    expect(isContextSubset(resolved.context, context)).toBe(true);
  });
});

describe("a change under the confidence is only suggested", () => {
  const file = (confidence: string): string => `
metrics: { source: embedded, scrape: [http://127.0.0.1:1/metrics] }
components:
  llm:
    operations:
      write:
        context: [genre]
        parameters: { temperature: { type: number, base: 0.7, min: 0.5, max: 0.9, step: 0.1 } }
        mode: auto
        ${confidence}
        strategy: { kind: threshold-rule }
`;
  interface Change {
    readonly [field: string]: unknown;
    readonly confidence: number;
    readonly id: string;
  }

  /** One pass over a hundred calls of the base value, of which so many succeeded. */
  async function pass(confidence: string, successes: number): Promise<{ app: AppUnderTest; change: Change }> {
    const app = await startApp({ file: file(confidence) });
    started.push(app);
    const value = { success: successes, failure: 100 - successes, partial: 0 };
    const variant = variantId({ temperature: 0.7 }, "baseline");
    app.source.answer = () => ({
      kind: "value",
      value: [{ context: { genre: "rock" }, variant, reading: { kind: "value", value } }],
    });
    const response = await app.fetch("/v1/learning-cycles", { method: "POST" });
    const { cycles } = (await response.json()) as { cycles: { adaptations: Change[] }[] };
    const change = cycles[0]?.adaptations.find((each) => JSON.stringify(each["context"]) === '{"genre":"rock"}');
    if (change === undefined) throw new Error("nothing was proposed");
    return { app, change };
  }
  const served = async (app: AppUnderTest): Promise<unknown> =>
    (await app.json<{ parameters: unknown }>("/v1/parameters/llm/write?ctx.genre=rock")).parameters;

  test("0.7 where nothing is configured: above it is applied and served, below it waits for a person", async () => {
    const sure = await pass("", 60);
    expect(sure.change).toMatchObject({ status: "applied", applied: true });
    expect(sure.change.confidence).toBeGreaterThan(0.7);
    expect(await served(sure.app)).toEqual({ temperature: 0.8 });
    const unsure = await pass("", 69);
    expect(unsure.change).toMatchObject({ status: "suggested", applied: false });
    expect(unsure.change.confidence).toBeLessThan(0.7);
    expect(await served(unsure.app)).toEqual({ temperature: 0.7 });
    expect(await unsure.app.json("/v1/operations/llm/write")).toMatchObject({
      specification: { confidence: 0.7 },
      awaiting: expect.arrayContaining([expect.objectContaining({ id: unsure.change.id })]) as unknown,
    });
  });

  test("reached counts, and a hair under it does not", async () => {
    const { confidence } = (await pass("", 60)).change;
    expect((await pass(`confidence: ${confidence}`, 60)).change["status"]).toBe("applied");
    expect((await pass(`confidence: ${confidence + 1e-9}`, 60)).change["status"]).toBe("suggested");
  });

  test("the record tells what changed where, from what to what, how sure, why, on which metrics, and whether it is applied", async () => {
    const { app, change } = await pass("", 60);
    const record = await app.json<Record<string, unknown>>(`/v1/adaptations/${change.id}`);
    expect(record).toMatchObject({
      id: change.id,
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as unknown,
      component: "llm",
      operation: "write",
      context: { genre: "rock" },
      parameter: "temperature",
      oldValue: 0.7,
      newValue: 0.8,
      confidence: change.confidence,
      reason: {
        code: expect.stringMatching(/^[A-Z_]+$/) as unknown,
        sentence: expect.stringContaining("0.6") as unknown,
      },
      basis: { from: { calls: 100, successRate: 0.6, parameters: { temperature: 0.7 } } },
      status: "applied",
      applied: true,
      history: [{ status: "applied" }],
    });
    const { queries } = record as { queries: { question: string; promql: string }[] };
    expect(queries.find(({ question }) => question === "calls")?.promql).toContain('operation="write"');
  });
});
