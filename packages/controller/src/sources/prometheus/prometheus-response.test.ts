import { describe, expect, test } from "vitest";
import type { VectorRow } from "./prometheus-client.ts";
import { cellsOf, type EvidenceAnswers, targetsAnswer } from "./prometheus-response.ts";

const row = (labels: Record<string, string>, value: number): VectorRow => ({
  labels: { variant: "v-b", ...labels },
  value,
});

function read(answers: Partial<EvidenceAnswers>): ReturnType<typeof cellsOf> {
  const nothing = { calls: [], "duration-buckets": [], duration: [], quality: [], cost: [] };
  return cellsOf({ ...nothing, ...answers }, ["genre"]);
}

/** The reading of the only cell. */
function onlyReading(answers: Partial<EvidenceAnswers>): unknown {
  const cells = read({ calls: [row({ outcome: "success" }, 4)], ...answers });
  return cells.kind === "value" && cells.value.length === 1 ? cells.value[0]?.reading : cells;
}

describe("the answers to the questions of evidence", () => {
  test("without a row are no data", () => {
    expect(read({}).kind).toBe("no-data");
  });

  test("become one cell per context and variant, in order", () => {
    const cells = read({
      calls: [
        row({ outcome: "success", ctx_genre: "rock" }, 3),
        row({ outcome: "failure" }, 1),
        row({ outcome: "failure", ctx_genre: "rock" }, 2),
        row({ outcome: "partial", ctx_genre: "rock", variant: "base-a" }, 5),
      ],
    });
    expect(cells).toEqual({
      kind: "value",
      value: [
        { context: {}, variant: "v-b", reading: { kind: "value", value: { success: 0, failure: 1, partial: 0 } } },
        {
          context: { genre: "rock" },
          variant: "base-a",
          reading: { kind: "value", value: { success: 0, failure: 0, partial: 5 } },
        },
        {
          context: { genre: "rock" },
          variant: "v-b",
          reading: { kind: "value", value: { success: 3, failure: 2, partial: 0 } },
        },
      ],
    });
  });

  test("give counts per bucket, whatever order and spelling the bounds come in", () => {
    const reading = onlyReading({
      "duration-buckets": [
        row({ le: "+Inf" }, 10),
        row({ le: "1.0" }, 7),
        row({ le: "0.5" }, 4),
        row({ le: "1e+01" }, 9),
      ],
      duration: [row({ part: "sum" }, 20), row({ part: "count" }, 10), row({ part: "squares" }, 99)],
    });
    expect(reading).toMatchObject({
      value: { duration: { bounds: [0.5, 1, 10], counts: [4, 3, 2, 1], sum: 20, count: 10, squares: 99 } },
    });
  });

  test("give costs by unit, with squares where there are some", () => {
    const reading = onlyReading({
      cost: [
        row({ unit: "usd", part: "sum" }, 2),
        row({ unit: "usd", part: "squares" }, 3),
        row({ unit: "s", part: "sum" }, 5),
      ],
    });
    expect(reading).toMatchObject({ value: { cost: { usd: { sum: 2, squares: 3 }, s: { sum: 5 } } } });
  });

  test("hide the dust of floating-point sums, and no more than that", () => {
    const reading = onlyReading({
      calls: [
        row({ outcome: "success" }, 21.999999999999),
        row({ outcome: "failure" }, -1e-13),
        row({ outcome: "partial" }, 2.4),
      ],
    });
    expect(reading).toEqual({ kind: "value", value: { success: 22, failure: 0, partial: 2.4 } });
  });
});

describe("a cell has no value when", () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY])("a number of it is %d", (value) => {
    expect(onlyReading({ calls: [row({ outcome: "success" }, value)] })).toMatchObject({ kind: "not-a-number" });
    expect(onlyReading({ duration: [row({ part: "sum" }, value), row({ part: "count" }, 1)] })).toMatchObject({
      kind: "not-a-number",
    });
    expect(onlyReading({ "duration-buckets": [row({ le: "1" }, value)] })).toMatchObject({ kind: "not-a-number" });
  });

  test("two rows give the same number", () => {
    const twice = { calls: [row({ outcome: "success" }, 1), row({ outcome: "success", job: "other" }, 2)] };
    expect(onlyReading(twice)).toMatchObject({ kind: "several-series" });
  });

  test("a bucket has two spellings", () => {
    const buckets = [row({ le: "1" }, 3), row({ le: "1.0" }, 2)];
    expect(onlyReading({ "duration-buckets": buckets })).toMatchObject({ kind: "several-series" });
  });

  test("its buckets do not have as many series each, or do not add up", () => {
    const count = [row({ part: "sum" }, 1), row({ part: "count" }, 9)];
    const mixed = [row({ le: "1" }, 3), row({ le: "1", part: "series" }, 2), row({ le: "2", part: "series" }, 1)];
    expect(onlyReading({ "duration-buckets": mixed, duration: count })).toMatchObject({ kind: "several-series" });
    const falling = [row({ le: "1" }, 8), row({ le: "2" }, 3)];
    expect(onlyReading({ "duration-buckets": falling, duration: count })).toMatchObject({ kind: "several-series" });
  });

  test("its calls are not counted, or in words that are not ours", () => {
    expect(onlyReading({ calls: [], duration: [row({ part: "count" }, 9)] })).toMatchObject({ kind: "partial" });
    expect(onlyReading({ calls: [row({ outcome: "ok" }, 9)] })).toMatchObject({
      kind: "partial",
      detail: expect.stringContaining('"ok"'),
    });
  });
});

test("the answer about targets says whether a short form will do", () => {
  const part = (name: string, value: number): VectorRow => ({ labels: { part: name }, value });
  const answer = [part("newest", 1_700_000_000.5), part("clock", 1_700_000_009), part("nan", Number.NaN)];
  expect(targetsAnswer(answer)).toEqual({
    isDisturbed: false,
    disturbedInstances: [],
    newestSampleAt: 1_700_000_000_500,
    clock: 1_700_000_009_000,
    dialect: "prometheus",
  });
  const target = (name: string, instance?: string): VectorRow => ({
    labels: { part: name, job: "shop", ...(instance === undefined ? {} : { instance }) },
    value: 1,
  });
  expect(targetsAnswer([target("disturbed", "b:1"), target("disturbed", "a:1"), target("broken", "b:1")])).toEqual({
    isDisturbed: true,
    disturbedInstances: ["a:1", "b:1"],
    dialect: "victoria-metrics",
  });
  expect(targetsAnswer([target("broken", "a:1")]).isDisturbed).toBe(true);
  // one without a name could not be told from the others, and many would make the questions long
  expect(targetsAnswer([target("disturbed", "a:1"), target("disturbed")]).disturbedInstances).toBeUndefined();
  const many = Array.from({ length: 21 }, (_, index) => target("disturbed", `host-${index}:1`));
  expect(targetsAnswer(many)).toMatchObject({ isDisturbed: true, disturbedInstances: undefined });
});
