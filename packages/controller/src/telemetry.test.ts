import { controllerInstruments, prometheusSeriesNames } from "@trimtab/conventions";
import type { Feedback } from "@trimtab/engine";
import type { Decision, ExperimentReport } from "@trimtab/learning";
import { expect, test } from "vitest";
import { allocationOf, decisionOf } from "./http/app-fixture.ts";
import { parseMetricsPage } from "./sources/embedded/metrics-page.ts";
import { type ControllerMetrics, createControllerMetrics, type OperationView } from "./telemetry.ts";

const NOTHING_WAITS = { countWaitingFeedback: () => Promise.resolve([]) };

/** Metrics of `shop/checkout` after one rating of 4 by genre. */
function metricsWithFeedback(waiting = NOTHING_WAITS): ControllerMetrics {
  const metrics = createControllerMetrics(() => [view(["rock"])], waiting);
  metrics.onFeedback([rating("rock", 0.8)]);
  return metrics;
}

function rating(genre: string, score: number, changes: Partial<Feedback> = {}): Feedback {
  const of = { component: "shop", operation: "checkout", variant: "v-k7xq2sh5ta" };
  return { id: "r", type: "user_rating", ...of, context: { genre, undeclared: "x" }, score, receivedAt: 1, ...changes };
}

const side = { variant: "v", parameters: {}, calls: 1 };
const lift = {
  estimate: 0.05,
  lower: 0.01,
  upper: 0.09,
  level: 0.95,
  windows: 1,
  since: 0,
  holdout: side,
  served: side,
};

const experiment: ExperimentReport = {
  name: "ab",
  startedAt: 0,
  arms: [
    { arm: "control", strategy: "response-surface", share: 0.7 },
    { arm: "treatment", strategy: "fixed", share: 0.3 },
  ],
  difference: { estimate: -0.02, lower: -0.03, upper: -0.01, level: 0.95 },
  windows: 9,
  since: 0,
  verdict: { code: "EXPERIMENT_CONTROL_BETTER", sentence: "" },
};

function view(contexts: readonly string[]): OperationView {
  const decision: Decision = decisionOf(1, {
    contexts: contexts.map((genre) => ({
      context: { genre },
      kind: "hold",
      reason: { code: "COLLECTING", sentence: "" },
      refused: [],
      lift,
    })),
    experiment,
  });
  return {
    component: "shop",
    operation: "checkout",
    contextKeys: ["genre"],
    allocations: contexts.map(allocationOf),
    decision,
  };
}

async function samplesOf(
  views: readonly OperationView[],
): Promise<readonly { name: string; labels: ReadonlyMap<string, string>; value: number }[]> {
  return [...parseMetricsPage((await createControllerMetrics(() => views, NOTHING_WAITS).page()).text)];
}

test("every value of a context can be a label, and the page stays one that can be read", async () => {
  const odd = ["rock", 'say "hi"', "back\\slash", "two\nlines", "ünïcode", "}{,="];
  const samples = await samplesOf([view(odd)]);
  const lifts = samples.filter(({ name }) => name === "trimtab_lift_ratio_lower");
  expect(lifts.map(({ labels }) => labels.get("ctx_genre"))).toEqual(odd);
  expect(new Set(lifts.map(({ value }) => value))).toEqual(new Set([0.01]));
});

test("the number of series is bounded, however many contexts there are", async () => {
  const samples = await samplesOf([view(Array.from({ length: 500 }, (_, index) => `genre-${index}`))]);
  expect(samples.filter(({ name }) => name === "trimtab_variant_weight_ratio")).toHaveLength(200 * 3);
  expect(samples.filter(({ name }) => name === "trimtab_lift_ratio")).toHaveLength(200);
});

test("an experiment has its difference and its arms; what both arms serve is one series, and the lift is the control's", async () => {
  const { decision, ...rest } = view(["rock"]);
  const [own] = decision?.contexts ?? [];
  if (decision === undefined || own === undefined) throw new RangeError("the view has no decision");
  const contexts = [
    { ...own, arm: "control" as const },
    { ...own, arm: "treatment" as const, lift: { ...lift, estimate: -1 } },
  ];
  const allocations = rest.allocations.map((allocation) => {
    const [baseline, best] = allocation.variants;
    if (baseline === undefined || best === undefined) throw new RangeError("the allocation has no incumbent");
    const half = { ...best, weight: 0.45 };
    return { ...allocation, variants: [baseline, half, half] };
  });
  const samples = await samplesOf([{ ...rest, allocations, decision: { ...decision, contexts } }]);
  const valuesOf = (name: string) => samples.filter((sample) => sample.name === name).map(({ value }) => value);
  expect(valuesOf("trimtab_experiment_difference_ratio")).toEqual([-0.02]);
  expect(valuesOf("trimtab_experiment_difference_ratio_lower")).toEqual([-0.03]);
  expect(valuesOf("trimtab_experiment_difference_ratio_upper")).toEqual([-0.01]);
  expect(valuesOf("trimtab_experiment_arm_weight_ratio")).toEqual([0.7, 0.3]);
  expect(valuesOf("trimtab_variant_weight_ratio")).toEqual([0.1, 0.9]);
  expect(valuesOf("trimtab_lift_ratio")).toEqual([0.05]);
});

test("breaker and sample ratio are told of every context, as bad as the worse arm has them", async () => {
  const { decision, ...rest } = view(["rock", "jazz"]);
  const [rock, jazz] = decision?.contexts ?? [];
  if (decision === undefined || rock === undefined || jazz === undefined)
    throw new RangeError("two contexts are missing");
  const contexts = [
    { ...rock, arm: "control" as const, breaker: "half-open" as const, isSampleMismatched: true as const },
    { ...rock, arm: "treatment" as const, breaker: "open" as const },
    jazz,
  ];
  const samples = await samplesOf([{ ...rest, decision: { ...decision, contexts } }]);
  const valuesOf = (wanted: string) =>
    samples.flatMap(({ name, labels, value }) => (name === wanted ? [[labels.get("ctx_genre"), value]] : []));
  expect(valuesOf("trimtab_breaker_state")).toEqual([
    ["rock", 2],
    ["jazz", 0],
  ]);
  expect(valuesOf("trimtab_sample_ratio_mismatch")).toEqual([
    ["rock", 1],
    ["jazz", 0],
  ]);
});

test("passes are counted by what they read and decided", async () => {
  const metrics = createControllerMetrics(() => [], NOTHING_WAITS);
  const pass = (decision: Decision): void =>
    metrics.onPass({
      component: "shop",
      operation: "checkout",
      startedAt: 1_000_000,
      milliseconds: 20,
      result: { kind: "finished", outcome: { kind: "recorded", cycle: 1, decision, policyHash: "p" } },
    });
  pass(decisionOf(1));
  pass(
    decisionOf(2, {
      contexts: [{ context: {}, kind: "hold", reason: { code: "EVIDENCE_TIMEOUT", sentence: "" }, refused: [] }],
    }),
  );
  metrics.onPass({
    component: "shop",
    operation: "checkout",
    startedAt: 9_000_000,
    milliseconds: 20,
    result: { kind: "failed", error: new Error("disk full") },
  });
  metrics.observer.onQuestion("calls", 0.2, "timeout");
  metrics.observer.onQuestion("calls", 0.1, "no-data");
  const samples = [...parseMetricsPage((await metrics.page()).text)];
  const value = (name: string, labels: Record<string, string> = {}): number | undefined =>
    samples.find(
      (each) => each.name === name && Object.entries(labels).every(([key, text]) => each.labels.get(key) === text),
    )?.value;
  expect(value("trimtab_readings_total", { kind: "value" })).toBe(1);
  expect(value("trimtab_readings_total", { kind: "timeout" })).toBe(1);
  expect(value("trimtab_decisions_total", { reason: "COLLECTING" })).toBe(1);
  expect(value("trimtab_cycle_duration_seconds_count")).toBe(3);
  // The last pass that read its evidence was the first one.
  expect(value("trimtab_cycle_last_success_timestamp_seconds")).toBe(1000.02);
  expect(value("trimtab_source_errors_total", { kind: "timeout" })).toBe(1);
  expect(value("trimtab_source_errors_total", { kind: "no-data" })).toBeUndefined();
});

test("every instrument of the controller is on its page under its name", async () => {
  const { text } = await metricsWithFeedback().page();
  for (const [name, instrument] of Object.entries(controllerInstruments)) {
    if (name.startsWith("baseline")) continue; // of their own test: they take weeks of history
    const [series = ""] = prometheusSeriesNames(instrument);
    expect(text).toContain(`# TYPE ${series.replace(/_bucket$/, "")} `);
  }
});

test("no gauge is named like a counter: promtool would find fault with the page", async () => {
  const { text } = await createControllerMetrics(() => [], NOTHING_WAITS).page();
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => ({ name, type }));
  expect(types.length).toBeGreaterThan(10);
  expect(types.filter(({ name, type }) => name.endsWith("_total") && type !== "counter")).toEqual([]);
});

test("feedback is counted by the variant that had served, and its backlog is told", async () => {
  const metrics = metricsWithFeedback({
    countWaitingFeedback: () => Promise.resolve([{ component: "shop", operation: "checkout", waiting: 7 }] as never[]),
  });
  metrics.onFeedback([rating("rock", 0.2), rating("rock", 1, { operation: "unknown" })]);
  const samples = [...parseMetricsPage((await metrics.page()).text)];
  const scores = samples.filter(({ name }) => name.startsWith("trimtab_feedback_score_ratio"));
  const { labels } = scores[0] ?? { labels: new Map() };
  expect(Object.fromEntries(labels)).toMatchObject({ variant: "v-k7xq2sh5ta", type: "user_rating", ctx_genre: "rock" });
  expect([...labels.keys()]).not.toContain("ctx_undeclared");
  expect(scores.find(({ name }) => name.endsWith("_sum"))?.value).toBeCloseTo(1, 12);
  expect(scores.find(({ name }) => name.endsWith("_count"))?.value).toBe(2);
  expect(scores.find((sample) => sample.labels.get("le") === "0.8")?.value).toBe(2);
  expect(scores.find((sample) => sample.labels.get("le") === "0.75")?.value).toBe(1);
  expect(samples.find(({ name }) => name === "trimtab_feedback_backlog")?.value).toBe(7);
});

test("the series of feedback are bounded, whatever contexts, variants and types are sent", async () => {
  const metrics = metricsWithFeedback();
  for (let index = 0; index < 3_000; index++)
    metrics.onFeedback([
      rating(`genre-${index % 700}`, 0.5, { type: `type_${index % 90}`, variant: `v-${index % 11}` }),
    ]);
  const counts = [...parseMetricsPage((await metrics.page()).text)].filter(
    ({ name }) => name === "trimtab_feedback_score_ratio_count",
  );
  expect(counts.length).toBeLessThanOrEqual(500 + 21);
  expect(counts.reduce((sum, { value }) => sum + value, 0)).toBe(3_001);
});

test("the page is there although the store cannot count what waits", async () => {
  const { text } = await metricsWithFeedback({ countWaitingFeedback: () => Promise.reject(new Error("disk")) }).page();
  expect(text).toContain("trimtab_lift_ratio");
  expect(text).not.toMatch(/^trimtab_feedback_backlog\{/m);
});
