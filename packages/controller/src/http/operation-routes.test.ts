import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AppUnderTest, adaptationOf, decisionOf, FIRST_CYCLE_AT, startApp } from "./app-fixture.ts";

const side = { variant: "base-x", parameters: { level: 3 }, calls: 100, utility: 0.5 };
const lift = {
  estimate: 0.05,
  lower: 0.01,
  upper: 0.09,
  level: 0.95,
  windows: 4,
  since: FIRST_CYCLE_AT,
  holdout: side,
  served: { ...side, utility: 0.55 },
};

let app: AppUnderTest;
beforeAll(async () => {
  const first = decisionOf(1, { adaptations: [adaptationOf("a-1", FIRST_CYCLE_AT)] });
  const second = decisionOf(2, {
    contexts: [
      {
        context: { genre: "rock" },
        kind: "hold",
        reason: { code: "COLLECTING", sentence: "The window is not full yet." },
        refused: [],
        lift,
      },
    ],
  });
  app = await startApp({ decisions: [first, second] });
});
afterAll(() => app.close());

describe("GET /v1/operations", () => {
  const nothing = {
    frozen: false,
    overrides: 0,
    awaiting: 0,
    breakersOpen: 0,
    lift: { better: 0, worse: 0, undecided: 0 },
    lifts: [],
  };

  test("lists what is configured, also what has never been decided on", async () => {
    expect(await app.json("/v1/operations")).toEqual({
      operations: [
        {
          component: "shop",
          operation: "browse",
          mode: "observe",
          strategy: "default",
          source: "file",
          metrics: "scraped",
          cycles: 0,
          contexts: 1,
          standing: nothing,
        },
        {
          component: "shop",
          operation: "checkout",
          mode: "auto",
          strategy: "default",
          source: "file",
          metrics: "scraped",
          cycles: 2,
          contexts: 2,
          lastDecisionAt: "2025-11-20T10:00:30.000Z",
          standing: {
            ...nothing,
            lift: { better: 1, worse: 0, undecided: 0 },
            lifts: [{ context: { genre: "rock" }, estimate: 0.05, lower: 0.01, upper: 0.09, level: 0.95 }],
          },
        },
      ],
    });
  });

  test("comes in pages, each of which names the next", async () => {
    type List = { operations: { operation: string }[]; nextCursor?: string };
    const first = await app.fetch("/v1/operations?component=shop&limit=1");
    const { operations, nextCursor = "" } = (await first.json()) as List;
    expect(operations.map(({ operation }) => operation)).toEqual(["browse"]);
    expect(first.headers.get("link")).toBe(`</v1/operations?component=shop&limit=1&cursor=${nextCursor}>; rel="next"`);
    const second = await app.json<List>(`/v1/operations?component=shop&limit=1&cursor=${nextCursor}`);
    expect(second.operations.map(({ operation }) => operation)).toEqual(["checkout"]);
    expect(second.nextCursor).toBeUndefined();
    expect(await app.json(`/v1/operations?cursor=${nextCursor}`, 400)).toMatchObject({ code: "CURSOR_INVALID" });
  });

  test.each([
    ["mode=auto", ["checkout"]],
    ["mode=suggest", []],
    ["metrics=scraped", ["browse", "checkout"]],
    ["metrics=reported", []],
    ["component=shop", ["browse", "checkout"]],
  ])("can be narrowed by %s", async (query, names) => {
    const { operations } = await app.json<{ operations: { operation: string }[] }>(`/v1/operations?${query}`);
    expect(operations.map(({ operation }) => operation)).toEqual(names);
  });

  test("refuses what it does not know, with the right form", async () => {
    expect(await app.json("/v1/operations?modus=auto", 400)).toMatchObject({ code: "PARAMETER_INVALID" });
    expect(await app.json("/v1/operations?component=shp", 404)).toMatchObject({
      detail: 'The component "shp" is not configured; did you mean "shop"?',
    });
  });
});

describe("GET /v1/operations/{component}/{operation}", () => {
  test("tells per context what is served, its lift, and the last decision and adaptation", async () => {
    const operation = await app.json<{ states: { context: object }[]; specification: object; decision: object }>(
      "/v1/operations/shop/checkout",
    );
    expect(operation.specification).toMatchObject({
      context: ["genre"],
      parameters: { level: { type: "integer", base: 3 } },
      constraints: ["success_rate >= 0.9"],
      holdout: 0.05,
    });
    expect(operation.decision).toEqual({
      id: "d-2",
      at: "2025-11-20T10:00:30.000Z",
      windowEnd: "2025-11-20T10:00:00.000Z",
      mayExplore: true,
    });
    const rock = operation.states.find(({ context }) => "genre" in context);
    expect(rock).toMatchObject({
      parameters: { level: 5 },
      lift: { estimate: 0.05, lower: 0.01, upper: 0.09, windows: 4, since: "2025-11-20T10:00:00.000Z" },
      lastDecision: { kind: "hold", reason: { code: "COLLECTING" } },
      lastAdaptation: { id: "a-1", parameter: "level", oldValue: 3, newValue: 5, status: "applied", confidence: 0.93 },
    });
  });

  test("has no decision, no lift and no adaptation before the first cycle", async () => {
    const operation = await app.json<{ states: object[] }>("/v1/operations/shop/browse");
    expect(operation).not.toHaveProperty("decision");
    expect(operation.states).toEqual([
      { context: {}, variants: [expect.objectContaining({ role: "baseline", share: 1 })], parameters: {} },
    ]);
  });
});

test("an experiment shows its arms, the difference and the verdict, and per context what its treatment decided", async () => {
  const reason = { code: "NOTHING_PROVEN" as const, sentence: "Nothing yet." };
  const context = { genre: "rock" };
  const place = { name: "ab", startedAt: FIRST_CYCLE_AT, arm: "treatment" as const };
  const decision = decisionOf(1, {
    adaptations: [adaptationOf("a-1", FIRST_CYCLE_AT, { experiment: place })],
    contexts: [
      { context, arm: "control", kind: "hold", reason, refused: [], lift },
      { context, arm: "treatment", kind: "shift", reason, refused: [], lift: { ...lift, estimate: 0.02 } },
    ],
    experiment: {
      name: "ab",
      startedAt: FIRST_CYCLE_AT,
      arms: [
        { arm: "control", strategy: "response-surface", share: 0.7 },
        { arm: "treatment", strategy: "threshold-rule", share: 0.3 },
      ],
      difference: { estimate: -0.02, lower: -0.05, upper: 0.01, level: 0.95 },
      windows: 12,
      since: FIRST_CYCLE_AT,
      verdict: { code: "EXPERIMENT_UNDECIDED", sentence: "Neither is proven better." },
    },
  });
  const running = await startApp({ decisions: [decision] });
  try {
    const operation = await running.json<{ experiment: unknown; states: readonly { context: unknown }[] }>(
      "/v1/operations/shop/checkout",
    );
    expect(operation.experiment).toEqual({
      name: "ab",
      startedAt: "2025-11-20T10:00:00.000Z",
      arms: decision.experiment?.arms,
      difference: decision.experiment?.difference,
      windows: 12,
      since: "2025-11-20T10:00:00.000Z",
      verdict: { code: "EXPERIMENT_UNDECIDED", sentence: "Neither is proven better." },
    });
    expect(operation.states.at(-1)).toMatchObject({
      lift: { estimate: 0.05 },
      treatment: { lift: { estimate: 0.02 }, lastDecision: { kind: "shift" } },
    });
    expect(await running.json("/v1/adaptations/a-1")).toMatchObject({
      experiment: { name: "ab", startedAt: "2025-11-20T10:00:00.000Z", arm: "treatment" },
      liftNow: { estimate: 0.02 },
    });
    expect(await running.json("/v1/decisions?component=shop&operation=checkout")).toMatchObject({
      decisions: [{ contexts: [{ arm: "control" }, { arm: "treatment" }], experiment: { name: "ab" } }],
    });
  } finally {
    await running.close();
  }
});
