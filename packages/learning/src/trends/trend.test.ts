import { variantId } from "@trimtab/conventions";
import { describe, expect, test } from "vitest";
import type { Decision, Lift } from "../decision/decision.ts";
import type { Evidence, EvidenceCell, Measurements, Reading } from "../evidence/evidence.ts";
import { addTrendSums, trendOf } from "./trend.ts";
import { trendPoints } from "./trend-points.ts";

const calls = (success: number, failure = 0): Reading<Measurements> => ({
  kind: "value",
  value: { success, failure, partial: 0, quality: { bounds: [], counts: [], sum: success / 2, count: success } },
});
const cell = (genre: string, level: number, reading: Reading<Measurements>): EvidenceCell => ({
  context: { genre },
  variant: variantId({ level }),
  reading,
});
const evidence = (cells: Evidence["cells"], changes: Partial<Evidence> = {}): Evidence => ({
  window: { from: 0, to: 30_000 },
  queries: [],
  cells,
  ...changes,
});
const lift = (estimate: number): Lift =>
  ({ estimate, lower: estimate - 0.1, upper: estimate + 0.1 }) as unknown as Lift;
const decision = (lifts: Readonly<Record<string, number>> = {}): Pick<Decision, "contexts" | "allocations"> => ({
  contexts: Object.entries(lifts).map(([genre, estimate]) => ({
    context: { genre },
    kind: "hold",
    reason: { code: "COLLECTING", sentence: "" },
    refused: [],
    lift: lift(estimate),
  })),
  allocations: [
    {
      context: {},
      salt: "a",
      variants: [{ id: variantId({ level: 3 }, "baseline"), role: "baseline", weight: 1, parameters: { level: 3 } }],
    },
    {
      context: { genre: "rock" },
      salt: "b",
      variants: [
        { id: variantId({ level: 3 }, "baseline"), role: "baseline", weight: 0.1, parameters: { level: 3 } },
        { id: variantId({ level: 5 }), role: "incumbent", weight: 0.9, parameters: { level: 5 } },
      ],
    },
  ],
});
const value = (...cells: EvidenceCell[]): Evidence["cells"] => ({ kind: "value", value: cells });

test("variants are summed by context, and contexts to the whole", () => {
  const read = value(cell("rock", 3, calls(10, 2)), cell("rock", 5, calls(30)), cell("jazz", 3, calls(5)));
  const { whole, contexts } = trendOf(evidence(read), decision({ rock: 0.2, jazz: 0.02 }), ["genre"]);
  expect(whole).toMatchObject({
    measuredMilliseconds: 30_000,
    measurements: { success: 45, failure: 2, quality: { count: 45, sum: 22.5 } },
    parameters: { level: 3 },
  });
  expect(whole?.lift?.estimate).toBeCloseTo((0.2 * 42 + 0.02 * 5) / 47);
  expect(contexts.map(({ context, sums }) => [context["genre"], sums.measurements.success, sums.parameters])).toEqual([
    ["rock", 40, { level: 5 }],
    ["jazz", 5, { level: 3 }],
  ]);
});

describe("no data is never a number", () => {
  test.each(["no-data", "error", "stale", "timeout"] as const)("a window that gave %s adds nothing", (kind) => {
    const read = trendOf(evidence({ kind, detail: "" }), decision(), ["genre"]);
    expect(read).toEqual({ whole: undefined, contexts: [] });
  });

  test("a context of which a part is unknown has no sum, and neither has the whole; others do", () => {
    const broken = cell("rock", 5, { kind: "stale", detail: "" });
    const read = value(cell("rock", 3, calls(10)), broken, cell("jazz", 3, calls(5)));
    const { whole, contexts } = trendOf(evidence(read), decision(), ["genre"]);
    expect(whole).toBeUndefined();
    expect(contexts.map(({ context }) => context)).toEqual([{ genre: "jazz" }]);
  });

  test("a window without calls was measured, and a pass for people's acts alone was not", () => {
    const quiet = trendOf(evidence(value()), decision(), ["genre"]).whole;
    expect(quiet).toMatchObject({ measuredMilliseconds: 30_000, measurements: { success: 0, failure: 0 } });
    expect(trendOf(evidence(value(), { window: { from: 5, to: 5 } }), decision(), []).whole).toBeUndefined();
  });
});

test("feedback is counted once, by its entries, also for a context without calls", () => {
  const rated = cell("rock", 3, calls(10));
  if (rated.reading.kind === "value")
    Object.assign(rated.reading.value, { feedback: { bounds: [], counts: [], sum: 0.8, count: 1 } });
  const entries = [
    { id: "a", context: { genre: "rock" }, score: 0.8, at: 1 },
    { id: "b", context: { genre: "folk" }, score: 0.4, at: 1 },
  ];
  const { whole, contexts } = trendOf(
    evidence(value(rated), { feedback: { kind: "value", value: entries } }),
    decision(),
    ["genre"],
  );
  expect(whole?.measurements.feedback).toMatchObject({ count: 2 });
  expect(whole?.measurements.feedback?.sum).toBeCloseTo(1.2);
  expect(contexts).toHaveLength(2);
});

test("two spans together have both sums, and of lift and parameters the newer", () => {
  const first = {
    measuredMilliseconds: 10,
    measurements: { success: 1, failure: 2, partial: 0 },
    parameters: { level: 3 },
  };
  const second = {
    measuredMilliseconds: 20,
    measurements: { success: 3, failure: 0, partial: 1 },
    lift: { estimate: 0.1, lower: 0, upper: 0.2 },
  };
  expect(addTrendSums(first, second)).toEqual({
    measuredMilliseconds: 30,
    measurements: { success: 4, failure: 2, partial: 1 },
    lift: { estimate: 0.1, lower: 0, upper: 0.2 },
    parameters: { level: 3 },
  });
});

describe("steps", () => {
  const HOUR = 3_600_000;
  const MONDAY = Date.UTC(2026, 3, 6);
  const span = (from: number, hours: number, success: number) => ({
    from,
    to: from + hours * HOUR,
    sums: { measuredMilliseconds: hours * HOUR, measurements: { success, failure: 0, partial: 0 } },
  });

  test("hours become days, and a day without any has no point", () => {
    const spans = [span(MONDAY, 1, 1), span(MONDAY + 5 * HOUR, 1, 2), span(MONDAY + 49 * HOUR, 1, 3)];
    const points = trendPoints(spans, 24 * HOUR);
    expect(points.map(({ from, sums }) => [(from - MONDAY) / HOUR, sums.measurements.success])).toEqual([
      [0, 3],
      [48, 3],
    ]);
  });

  test("weeks begin on Monday", () => {
    const points = trendPoints(
      [span(MONDAY - HOUR, 1, 1), span(MONDAY, 1, 2), span(MONDAY + 167 * HOUR, 1, 3)],
      168 * HOUR,
    );
    expect(points.map(({ from, sums }) => [(from - MONDAY) / HOUR, sums.measurements.success])).toEqual([
      [-168, 1],
      [0, 5],
    ]);
  });

  test("a day that is older than its hours were kept stays a day under a finer step", () => {
    const points = trendPoints(
      [span(MONDAY, 24, 7), span(MONDAY + 24 * HOUR, 1, 1), span(MONDAY + 25 * HOUR, 1, 1)],
      2 * HOUR,
    );
    expect(
      points.map(({ from, to, sums }) => [(from - MONDAY) / HOUR, (to - from) / HOUR, sums.measurements.success]),
    ).toEqual([
      [0, 24, 7],
      [24, 2, 2],
    ]);
  });
});
