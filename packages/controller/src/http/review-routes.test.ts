import { afterEach, expect, test } from "vitest";
import { type AppUnderTest, adaptationOf, decisionOf, startApp } from "./app-fixture.ts";
import type { WireReview } from "./wire/review-wire.ts";

const DAY = 86_400_000;
const NOW = Date.UTC(2025, 10, 20, 12);

let app: AppUnderTest;
afterEach(() => app.close());

test("what was recorded within the period is told, what came before is not", async () => {
  const at = (days: number): number => NOW - days * DAY;
  const decisions = [
    decisionOf(1, { at: at(40), adaptations: [adaptationOf("old", at(40))] }),
    decisionOf(2, { at: at(3), adaptations: [adaptationOf("new", at(3), { context: { genre: "jazz" } })] }),
    decisionOf(3, { at: at(1), adaptations: [adaptationOf("open", at(1), { status: "suggested" })] }),
  ];
  const reason = { code: "BREAKER_OPEN", sentence: "harm" } as const;
  const last = { context: { genre: "rock" }, kind: "hold", reason, refused: [], breaker: "open" } as const;
  decisions.push(decisionOf(4, { at: at(1), contexts: [last] }));
  app = await startApp({ now: () => NOW, decisions });
  const month = await app.json<WireReview>("/v1/review");
  expect(month.since).toBe(new Date(at(30)).toISOString());
  const of = ({ operations }: WireReview) => operations.find(({ operation }) => operation === "checkout");
  expect(of(month)?.parameters.find(({ parameter }) => parameter === "level")).toEqual({
    parameter: "level",
    statuses: { applied: 1, suggested: 1 },
    applied: 1,
  });
  expect(of(month)?.awaiting.map(({ id }) => id)).toEqual(["open"]);
  expect(of(month)?.impact).toEqual([]);
  expect(of(month)?.contextsWithoutData).toBe(1);
  expect(of(month)?.breakers).toEqual([{ context: "genre=rock", state: "open" }]);
  const year = of(await app.json<WireReview>("/v1/review?since=365d&component=shop&operation=checkout"));
  expect(year?.parameters.find(({ parameter }) => parameter === "level")?.applied).toBe(2);
  expect(year?.isWhole).toBe(true);
});

test("a period that is no duration is refused with the right form", async () => {
  app = await startApp();
  const problem = await app.json<{ detail: string }>("/v1/review?since=month", 400);
  expect(problem.detail).toContain("is no duration");
});
