import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AppUnderTest, adaptationOf, cell, decisionOf, FIRST_CYCLE_AT, startApp } from "./app-fixture.ts";

interface AdaptationPage {
  adaptations: { id: string; status: string; applied: boolean }[];
  nextCursor?: string;
}

let app: AppUnderTest;
beforeAll(async () => {
  const decisions = Array.from({ length: 7 }, (_, index) => {
    const cycle = index + 1;
    const at = FIRST_CYCLE_AT + index * 30_000;
    const transitions =
      index === 0
        ? []
        : [
            {
              id: `a-${index}`,
              status: "superseded" as const,
              reason: { code: "REPLACED" as const, sentence: "A newer one." },
            },
          ];
    return decisionOf(cycle, { adaptations: [adaptationOf(`a-${cycle}`, at)], transitions });
  });
  app = await startApp({ decisions });
});
afterAll(() => app.close());

describe("GET /v1/adaptations", () => {
  test("gives them newest first, and says which one is in force", async () => {
    const { adaptations } = await app.json<AdaptationPage>("/v1/adaptations");
    expect(adaptations.map(({ id }) => id)).toEqual(["a-7", "a-6", "a-5", "a-4", "a-3", "a-2", "a-1"]);
    expect(adaptations.filter(({ applied }) => applied).map(({ id }) => id)).toEqual(["a-7"]);
    expect(adaptations[6]?.status).toBe("superseded");
  });

  test("pages by the Link header, without gap and without overlap", async () => {
    const ids: string[] = [];
    let path: string | undefined = "/v1/adaptations?component=shop&ctx.genre=rock&limit=3";
    let pages = 0;
    while (path !== undefined) {
      const response = await app.fetch(path);
      const page = (await response.json()) as AdaptationPage;
      ids.push(...page.adaptations.map(({ id }) => id));
      path = /<([^>]+)>; rel="next"/.exec(response.headers.get("link") ?? "")?.[1];
      expect(path === undefined).toBe(page.nextCursor === undefined);
      pages += 1;
    }
    expect(pages).toBe(3);
    expect(ids).toEqual(["a-7", "a-6", "a-5", "a-4", "a-3", "a-2", "a-1"]);
  });

  test.each([
    ["status=applied", ["a-7"]],
    ["status=superseded&limit=2", ["a-6", "a-5"]],
    ["change=c-a-3", ["a-3"]],
    ["operation=browse", []],
    ["parameter=level&limit=1", ["a-7"]],
    ["ctx.genre=jazz", []],
  ])("filters by %s", async (query, ids) => {
    expect((await app.json<AdaptationPage>(`/v1/adaptations?${query}`)).adaptations.map(({ id }) => id)).toEqual(ids);
  });

  test.each([
    ["limit=0", "limit", "must be a whole number from 1 to 1000"],
    ["limit=1001", "limit", "must be a whole number from 1 to 1000"],
    [
      "status=aplied",
      "status",
      '"aplied" is not suggested, approved, applied, superseded, rejected, rolled-back or failed; did you mean "applied"?',
    ],
    ["stauts=applied", "stauts", 'is unknown; did you mean "status"?'],
  ])("refuses %s", async (query, path, message) => {
    expect(await app.json(`/v1/adaptations?${query}`, 400)).toMatchObject({
      code: "PARAMETER_INVALID",
      problems: [{ path, message }],
    });
  });

  test("ends a detail that asks with its question mark", async () => {
    const { detail } = await app.json<{ detail: string }>("/v1/adaptations?stauts=applied", 400);
    expect(detail).toBe('stauts is unknown; did you mean "status"?');
  });

  test("refuses a cursor that it did not give", async () => {
    expect(await app.json("/v1/adaptations?cursor=nonsense", 400)).toMatchObject({ code: "CURSOR_INVALID" });
  });
});

describe("GET /v1/adaptations/{id}", () => {
  test("explains one: numbers, test, queries that name their own time, history", async () => {
    const adaptation = await app.json<{ queries: { question: string; promql: string }[] }>("/v1/adaptations/a-3");
    expect(adaptation).toMatchObject({
      id: "a-3",
      at: "2025-11-20T10:01:00.000Z",
      context: { genre: "rock" },
      oldValue: 3,
      newValue: 5,
      confidence: 0.93,
      reason: { code: "PROVEN_BETTER", sentence: "Level 5 succeeds more often." },
      status: "superseded",
      applied: false,
      basis: {
        window: { from: "2025-11-20T09:59:30.000Z", to: "2025-11-20T10:00:30.000Z" },
        from: { calls: 900, successRate: 0.91 },
        to: { calls: 900, successRate: 0.96 },
        difference: { estimate: 0.05, lower: 0.01, upper: 0.09, level: 0.95 },
        test: { name: "e-value", value: 41.2, threshold: 20 },
      },
      history: [
        { status: "applied", at: "2025-11-20T10:01:00.000Z" },
        { status: "superseded", at: "2025-11-20T10:01:30.000Z", reason: { code: "REPLACED" } },
      ],
      changedTogether: [],
    });
    expect(adaptation.queries.map(({ question }) => question)).toContain("calls");
    for (const { promql } of adaptation.queries) {
      expect(promql).toContain('ctx_genre="rock"');
      expect(promql).toContain(`@ ${Date.UTC(2025, 10, 20, 10, 0, 30) / 1000}`);
    }
  });

  test("counts every call of the window again, in its context, as the queries do", async () => {
    app.source.answer = () => ({
      kind: "value",
      value: [cell("rock", 3, 90, 10), cell("rock", 5, 50, 0), cell("jazz", 3, 7, 0)],
    });
    const { counted } = await app.json<{ counted: { kind: string; variants: object[] } }>("/v1/adaptations/a-3");
    expect(counted).toMatchObject({
      kind: "value",
      variants: [
        { total: 100, successRate: 0.9 },
        { total: 50, successRate: 1 },
      ],
    });
    expect(counted.variants).toHaveLength(2);
    expect(app.source.asked.at(-1)?.window).toEqual({
      from: Date.UTC(2025, 10, 20, 9, 59, 30),
      to: Date.UTC(2025, 10, 20, 10, 0, 30),
    });
    app.source.answer = () => ({ kind: "timeout", detail: "no answer" });
    expect(await app.json("/v1/adaptations/a-3")).toMatchObject({
      counted: { kind: "timeout", detail: "no answer", variants: [] },
    });
  });

  test("knows no other", async () => {
    expect(await app.json("/v1/adaptations/a-99", 404)).toMatchObject({
      code: "ADAPTATION_UNKNOWN",
      detail: 'There is no adaptation "a-99".',
    });
  });
});

describe("GET /v1/decisions", () => {
  interface DecisionPage {
    decisions: {
      id: string;
      cycle: number;
      contexts: object[];
      adaptations: string[];
      evidence: object;
      queries: object[];
    }[];
    nextCursor?: string;
  }

  test("gives every decision with its reason, newest first, in pages", async () => {
    const first = await app.json<DecisionPage>("/v1/decisions?component=shop&operation=checkout&limit=4");
    expect(first.decisions.map(({ cycle }) => cycle)).toEqual([7, 6, 5, 4]);
    expect(first.decisions[0]).toMatchObject({
      id: "d-7",
      adaptations: ["a-7"],
      evidence: { kind: "value" },
      contexts: [{ context: { genre: "rock" }, kind: "hold", reason: { code: "COLLECTING" }, refused: [] }],
      queries: [{ question: "calls", promql: "vector(1)" }],
    });
    const second = await app.json<DecisionPage>(
      `/v1/decisions?component=shop&operation=checkout&limit=4&cursor=${first.nextCursor}`,
    );
    expect(second.decisions.map(({ cycle }) => cycle)).toEqual([3, 2, 1]);
    expect(second.nextCursor).toBeUndefined();
  });

  test("needs an operation that is configured", async () => {
    expect(await app.json("/v1/decisions?component=shop", 400)).toMatchObject({
      problems: [{ path: "operation", message: "is missing; it is a text" }],
    });
    expect(await app.json("/v1/decisions?component=shop&operation=browze", 404)).toMatchObject({
      code: "OPERATION_UNKNOWN",
    });
  });
});
