import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AppUnderTest, adaptationOf, decisionOf, FIRST_CYCLE_AT, startApp } from "./app-fixture.ts";
import type { WireBaseline } from "./baseline-routes.ts";
import {
  callsAt,
  DARK_DAY,
  HISTORY_DAYS,
  HISTORY_ENDS,
  recordHistory,
  SLOW_DAY,
} from "./seeded-history.test.support.ts";
import type { WireLoops } from "./wire/loop-wire.ts";
import type { WireTrend } from "./wire/trend-wire.ts";

const DAY = 86_400_000;
const HOUR = 3_600_000;
const KEEP = { hoursMilliseconds: 70 * DAY, contextHoursMilliseconds: 14 * DAY, daysMilliseconds: 800 * DAY };

let app: AppUnderTest;
let now = HISTORY_ENDS;
beforeAll(async () => {
  app = await startApp({ now: () => now });
  await recordHistory(app);
  await app.trends.foldTrends(KEEP, HISTORY_ENDS);
}, 120_000);
afterAll(() => app.close());

const trend = (query: string) => app.json<WireTrend>(`/v1/trends/shop/checkout?${query}`);
const totalOf = ({ points }: WireTrend): number => points.reduce((sum, { total = 0 }) => sum + total, 0);

describe("GET /v1/trends", () => {
  test("tells seven months by day: success, latency, quality, cost, lift and the parameters in force", async () => {
    const { points } = await trend("since=240d");
    expect(points).toHaveLength(HISTORY_DAYS); // it began at noon of one day and ends at noon of another; one day is dark
    expect(points[0]).toMatchObject({ kind: "value", measuredSeconds: 7200 });
    const [first, last] = [points[1], points.at(-2)];
    expect(first?.successRate).toBeLessThan(0.92);
    expect(last?.successRate).toBeGreaterThan(0.93);
    expect(last).toMatchObject({ measuredSeconds: 86_400, cost: { usd: { mean: { kind: "value" } } } });
    expect(last?.cost?.["usd"]?.mean.value).toBeCloseTo(0.002, 9);
    expect(first?.lift?.estimate).toBeLessThan(0.001);
    expect(last?.lift?.estimate).toBeGreaterThan(0.039);
  });

  test("a day that nobody could read is a gap, and no zero", async () => {
    const { points } = await trend("since=60d");
    const days = points.map(({ from }) => Date.parse(from));
    expect(days).toContain(DARK_DAY - DAY);
    expect(days).not.toContain(DARK_DAY);
    expect(days).toContain(DARK_DAY + DAY);
  });

  test("the sum is the same in steps of hours, days, weeks and months", async () => {
    const sums = await Promise.all(
      ["1d", "7d", "30d"].map(async (step) => totalOf(await trend(`since=240d&step=${step}`))),
    );
    expect(new Set(sums).size).toBe(1);
    const hours = await trend("since=48h&step=1h");
    expect(hours.points).toHaveLength(48);
    expect(hours.points.map(({ total }) => total)).toEqual(hours.points.map(({ from }) => callsAt(Date.parse(from))));
    expect((await trend("since=240d&step=7d")).points.every(({ from }) => new Date(from).getUTCDay() === 1)).toBe(true);
  });

  test("a context has a trend of its own, and one that was never seen has no point", async () => {
    const rock = await trend("since=240d&ctx.genre=rock");
    expect(rock.points.at(-1)?.parameters).toEqual({ level: 5 });
    expect(totalOf(rock)).toBe(totalOf(await trend("since=240d")));
    expect((await trend("since=240d&ctx.genre=polka")).points).toEqual([]);
    expect((await app.json<WireTrend>("/v1/trends/shop/browse")).points).toEqual([]);
  });

  test.each([
    ["since=soon", '"soon" is no duration'],
    ["since=10m", '"10m" is too short; the shortest is 1h'],
    ["step=90m", '"90m" is no number of whole hours'],
    ["since=365d&step=1h", "8760 points are too many"],
    ["ctx.gerne=rock", "is no context key that is declared here; did you mean"],
    ["period=1d", "is unknown"],
  ])("?%s is refused with a reason", async (query, reason) => {
    const problem = await app.json<{ code: string; detail: string }>(`/v1/trends/shop/checkout?${query}`, 400);
    expect(problem.code).toBe("PARAMETER_INVALID");
    expect(problem.detail).toContain(reason);
  });
});

describe("GET /v1/loops", () => {
  test("the short loop: the last pass, what it judged, and what was taken back within a day", async () => {
    const { short } = await app.json<WireLoops>("/v1/loops/shop/checkout");
    expect(short).toMatchObject({
      everySeconds: 30,
      lastPass: { window: { to: "2026-07-01T12:00:00.000Z" } },
      validation: { contexts: 1, byKind: { hold: 1 }, byReason: { COLLECTING: 1 }, openBreakers: 0, mayExplore: true },
    });
    expect(short.corrections).toEqual([]);
  });

  test("the medium loop: these four weeks beside the four before", async () => {
    const { medium } = await app.json<WireLoops>("/v1/loops/shop/checkout");
    expect(medium.sinceDays).toBe(28);
    expect(medium.now?.measuredSeconds).toBe((27 * 24 + 12) * 3600);
    expect(medium.before?.measuredSeconds).toBe(27 * 24 * 3600); // without the dark day
    expect(medium.now?.successRate).toBeGreaterThan(medium.before?.successRate ?? 1);
  });

  test("the long loop: seven months in rows, and where success, latency and lift are going", async () => {
    const { long } = await app.json<WireLoops>("/v1/loops/shop/checkout");
    expect(long.months).toHaveLength(8);
    expect(Date.parse(long.since ?? "")).toBeLessThan(HISTORY_ENDS - 212 * DAY);
    // Truly 0.05 in 213 days: 0.007 in 30.
    expect(long.directions.successRate).toMatchObject({ direction: "rising", per30Days: expect.closeTo(0.007, 3) });
    expect(long.directions.lift).toMatchObject({ direction: "rising", per30Days: expect.closeTo(0.04 / 7.1, 3) });
    expect(long.directions.meanQuality?.direction).toBe("steady");
  });

  test("an operation of which nothing is known has loops without numbers", async () => {
    const none = await app.json<WireLoops>("/v1/loops/shop/browse");
    expect(none.short).not.toHaveProperty("lastPass");
    expect(none.medium).toEqual({ sinceDays: 28, adaptations: {} });
    expect(none.long).toEqual({ months: [], directions: {} });
  });

  test("what was rolled back is told with its reason, for a day", async () => {
    const changed = await startApp({
      now: () => FIRST_CYCLE_AT + 3_600_000,
      decisions: [
        decisionOf(1, { adaptations: [adaptationOf("a-1", FIRST_CYCLE_AT)] }),
        decisionOf(2, {
          transitions: [
            { id: "a-1", status: "rolled-back", reason: { code: "RATE_BELOW_THRESHOLD", sentence: "It failed." } },
          ],
        }),
      ],
    });
    const { short, medium } = await changed.json<WireLoops>("/v1/loops/shop/checkout");
    expect(short.corrections).toMatchObject([
      { adaptation: "a-1", parameter: "level", from: 5, to: 3, reason: "It failed." },
    ]);
    expect(medium.adaptations).toEqual({ "rolled-back": 1 });
    await changed.close();
  });
});

const baseline = (query = "") => app.json<WireBaseline>(`/v1/baselines/shop/checkout${query}`);
const rangeAt = async (query: string, name: keyof WireBaseline["expected"] = "meanDurationSeconds") => {
  const expected = (await baseline(query)).expected[name];
  if (!("lower" in expected)) throw new Error(expected.detail);
  return expected;
};

describe("GET /v1/baselines", () => {
  test("tells what is expected now, by how much history, at what load", async () => {
    const answer = await baseline();
    expect(answer).toMatchObject({ hourOfWeek: 60, timeZone: "UTC", level: 0.9 });
    // 56 days of hours up to an hour ago, less the dark day
    expect(answer.history.hours).toBe(55 * 24);
    expect(answer.load?.origin).toBe("usual");
    expect((answer.load?.callsPerHour ?? 0) / callsAt(HISTORY_ENDS - HOUR / 2)).toBeCloseTo(1, 1);
    const { lower, expected, upper, hoursLikeThis } = await rangeAt("");
    expect(hoursLikeThis).toBe(7); // eight Wednesdays, less the dark one
    expect(lower).toBeLessThan(0.4);
    expect(expected).toBeCloseTo(0.4, 1);
    expect(upper).toBeGreaterThan(0.4);
    expect(upper).toBeLessThan(0.6);
  });

  test("night is expected to be quicker than noon, and a load can be given", async () => {
    const night = await rangeAt("?at=2026-07-02T00:30:00Z");
    expect(night.upper).toBeLessThan((await rangeAt("?at=2026-07-01T12:30:00Z")).lower);
    expect((await baseline("?load=900")).load).toEqual({ callsPerHour: 900, origin: "given" });
  });

  test("an ordinary hour lies within; the slow day was above, and did not widen what is expected after it", async () => {
    expect((await baseline()).latest?.measures.meanDurationSeconds?.place).toBe("within");
    const slow = await baseline(`?at=${new Date(SLOW_DAY + 14 * HOUR).toISOString()}`);
    expect(slow.latest?.measures.meanDurationSeconds).toMatchObject({ place: "above" });
    expect(slow.latest?.measures.meanDurationSeconds?.deviation).toBeGreaterThan(2);
    const before = await rangeAt(`?at=${new Date(SLOW_DAY + 14 * HOUR).toISOString()}`);
    const after = await rangeAt(`?at=${new Date(SLOW_DAY + 7 * DAY + 14 * HOUR).toISOString()}`);
    expect(after.upper / before.upper).toBeLessThan(1.1);
  });

  test("an hour that was not measured is no anomaly: nothing is judged", async () => {
    const dark = await baseline(`?at=${new Date(DARK_DAY + 14 * HOUR).toISOString()}`);
    expect(dark.latest).toBeUndefined();
    expect(dark.expected.successRate).toMatchObject({ kind: "value" });
  });

  test("without history it says how much there is", async () => {
    const none = await app.json<WireBaseline>("/v1/baselines/shop/browse");
    expect(none.expected.meanQuality).toEqual({ kind: "noData", detail: "0 of 336 hours that it takes" });
    expect(none.load).toBeUndefined();
  });

  test.each([
    ["at=yesterday", "at"],
    ["at=2026-09-01T00:00:00Z", "more than 8 days ahead"],
    ["load=many", "must be a number of calls per hour"],
  ])("?%s is refused with a reason", async (query, reason) => {
    const problem = await app.json<{ detail: string }>(`/v1/baselines/shop/checkout?${query}`, 400);
    expect(problem.detail).toContain(reason);
  });

  test("the same question later in the hour has the same answer", async () => {
    const first = await baseline("?at=2026-07-01T12:30:00Z");
    now = HISTORY_ENDS + HOUR / 4;
    expect(await baseline("?at=2026-07-01T12:30:00Z")).toEqual(first);
    now = HISTORY_ENDS;
  });
});
