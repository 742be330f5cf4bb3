/** The built-in services are what they say they are. */
import { type CycleStatistics, createLearner, utilityOf } from "@trimtab/learning";
import { describe, expect, test } from "vitest";
import { BUILT_IN_ENVIRONMENTS } from "./built-in-environments.ts";
import type { Environment } from "./environment.ts";
import { scoresOf } from "./judge/run-scores.ts";
import { TruthBook } from "./judge/truth-book.ts";
import { baseLearner, oracleLearner } from "./reference-learners.ts";
import { runEnvironment } from "./run-environment.ts";
import { DURATION_BOUNDS, SCORE_BOUNDS } from "./service/service.ts";

const byName = (name: string): Environment =>
  BUILT_IN_ENVIRONMENTS.find((environment) => environment.name === name) as Environment;

function truthOf(name: string): TruthBook {
  const environment = byName(name);
  return new TruthBook(environment, environment.create(1).truth);
}

describe.each(BUILT_IN_ENVIRONMENTS.map((environment) => [environment.name, environment] as const))(
  "%s",
  (name, environment) => {
    const cycles = name === "drift" || name === "outage" ? 170 : 12;
    const base = runEnvironment(environment, baseLearner, 3, cycles);

    test("the base values for ever lose the whole lift, the oracle nothing, and the limits can be kept", () => {
      const oracle = scoresOf(runEnvironment(environment, oracleLearner(environment), 3, cycles));
      const { kind, regret, violatingTraffic } = scoresOf(base);
      expect(oracle.regret).toBeCloseTo(0, 9);
      expect(oracle.violatingTraffic).toBe(0);
      expect(violatingTraffic).toBe(0);
      expect(regret).toBeCloseTo(kind === "lift" ? 1 : 0, 9);
      expect(kind).toBe({ tie: "nothing-matters", "baseline-best": "baseline-best" }[name] ?? "lift");
    });

    test("the lift, where there is one, is between 0.03 and 0.15 utility per call: neither hopeless nor obvious", () => {
      const [first] = base.cycles;
      const perCall = ((first?.best ?? 0) - (first?.base ?? 0)) / (first?.traffic ?? 1);
      expect(perCall).toBeGreaterThanOrEqual(scoresOf(base).kind === "lift" ? 0.03 : 0);
      expect(perCall).toBeLessThan(0.15);
      expect(first?.best).toBeLessThan(first?.traffic ?? 0);
    });

    test("the same seed gives the same measurements, another one others", () => {
      const measured = (seed: number): (CycleStatistics | null)[] => {
        const run = environment.create(seed);
        return [0, 1, 2].map((cycle) => run.step({}, cycle));
      };
      expect(measured(5)).toEqual(measured(5));
      expect(measured(5)).not.toEqual(measured(6));
    });

    test("a learner runs in it, and keeps the holdout", () => {
      const trace = runEnvironment(environment, createLearner, 3, 12);
      expect(scoresOf(trace).smallestBaselineShare).toBeGreaterThanOrEqual(0.05);
      expect(runEnvironment(environment, createLearner, 3, 12)).toEqual(trace);
    });
  },
);

test.each([
  ["clear-winner", "genre=g0", 0, { model: "medium" }],
  ["per-context-optimum", "genre=g2", 0, { model: "large", temperature: 0.8 }],
  ["per-context-optimum", "genre=g1", 0, { model: "medium", temperature: 0.5 }],
  ["numeric-optimum", "genre=g0", 0, { temperature: 0.7 }],
  ["interaction", "genre=g0", 0, { model: "large", temperature: 0.2 }],
  ["drift", "genre=g0", 149, { model: "medium", temperature: 0.7 }],
  ["drift", "genre=g0", 150, { model: "large", temperature: 0.3 }],
  ["outage", "genre=g1", 119, { model: "medium" }],
  ["outage", "genre=g1", 120, { temperature: 0.7 }],
  ["success-limit", "genre=g0", 0, { model: "medium", temperature: 0.7 }],
  ["latency-limit", "genre=g0", 0, { model: "medium", candidates: 3 }],
  ["sparse-contexts", "genre=g4,country=c7", 0, { model: "large", temperature: 0.3 }],
  ["baseline-best", "genre=g0", 0, { model: "small", temperature: 0.5 }],
])("what is best in %s, %s, cycle %i", (name, context, cycle, best) => {
  expect(truthOf(name).bestOf(context, cycle)).toMatchObject(best);
});

test("the best models of a cost trade-off differ: the easy context wants a cheaper one than the hard one", () => {
  const truth = truthOf("cost-trade-off");
  expect(truth.bestOf("genre=g0", 0)["model"]).not.toBe(truth.bestOf("genre=g2", 0)["model"]);
});

test("just above the limits better utility could be had", () => {
  for (const [name, tempting] of [
    ["success-limit", { model: "medium", temperature: 0.8 }],
    ["latency-limit", { model: "medium", candidates: 4 }],
  ] as const) {
    const truth = truthOf(name);
    expect(truth.of("genre=g0", tempting, 0).breaksLimit).toBe(true);
    expect(truth.of("genre=g0", tempting, 0).utility).toBeGreaterThan(truth.stakesOf("genre=g0", 0).best);
  }
});

/** The measured mean utility of the base values over many cycles, all contexts together. */
function measuredUtility(name: string, cycles: number): { readonly mean: number; readonly calls: number } {
  const environment = byName(name);
  const run = environment.create(11);
  let [sum, calls] = [0, 0];
  for (let cycle = 0; cycle < cycles; cycle++) {
    for (const context of Object.values(run.step({}, cycle)?.contexts ?? {})) {
      const {
        success,
        failure,
        partial = 0,
        duration,
        quality,
      } = context?.variants["baseline"] ?? { success: 0, failure: 0 };
      const counts = (buckets: readonly number[] = []): number[] =>
        buckets.map((count, index) => count - (buckets[index - 1] ?? 0));
      const measurements = {
        success,
        failure,
        partial,
        duration: {
          bounds: DURATION_BOUNDS,
          counts: counts(duration?.buckets),
          sum: duration?.sum ?? 0,
          count: duration?.count ?? 0,
        },
        quality: {
          bounds: SCORE_BOUNDS,
          counts: counts(quality?.buckets),
          sum: quality?.sum ?? 0,
          count: quality?.count ?? 0,
        },
      };
      const objective = {
        quality: { weight: 0.6 },
        success: { weight: 0.2 },
        latency: { weight: 0.2, goodSeconds: 0.1, badSeconds: 10 },
      };
      sum += (utilityOf(measurements, objective)?.mean ?? 0) * (success + failure + partial);
      calls += success + failure + partial;
    }
  }
  return { mean: sum / calls, calls };
}

test.each(["tie", "clear-winner", "counter-reset"])("what is measured in %s is what is true", (name) => {
  const { mean, calls } = measuredUtility(name, 40);
  const truth = truthOf(name).of("genre=g0", truthOf(name).space.base, 0).utility;
  expect(calls).toBeGreaterThan(3000);
  // One call has a deviation of at most 0.13 in utility (quality 0.17 · 0.6, success 0.23 · 0.2, latency 0.09 · 0.2), so 3000 calls have
  // 0.0024; the luck of a variant in a cycle adds 0.01 · 0.6 over 120 cells, 0.0005. 0.013 is more than five of these together.
  expect(Math.abs(mean - truth)).toBeLessThan(0.013);
});

test("ratings arrive after the call that they are about, under the variant that had served", () => {
  const run = byName("delayed-ratings").create(2);
  const allocations = (id: string) => ({
    "genre=g0": [{ id, role: "baseline" as const, parameters: { model: "small", temperature: 0.5 }, weight: 1 }],
  });
  run.step(allocations("early"), 0);
  const later = Array.from({ length: 60 }, (_, cycle) => run.step(allocations("late"), cycle + 1));
  const early = later.map((statistics) => statistics?.contexts["genre=g0"]?.variants["early"]);
  const ratings = early.map((variant) => variant?.feedback?.count ?? 0);
  expect(ratings.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(3);
  // the variant has no calls any more, only what people say about it
  expect(early.every((variant) => variant === undefined || variant.success + variant.failure === 0)).toBe(true);
});

test("lost cycles are null, and a restart takes a part of the counts", () => {
  const silence = byName("silence").create(1);
  const lost = Array.from({ length: 90 }, (_, cycle) => silence.step({}, cycle) === null);
  expect(lost.slice(60, 90).every(Boolean)).toBe(true);
  expect(lost.slice(0, 60).filter(Boolean).length).toBeLessThan(20);
  const resets = byName("counter-reset").create(1);
  const calls = Array.from({ length: 100 }, (_, cycle) => {
    const variants = resets.step({}, cycle)?.contexts["genre=g0"]?.variants ?? {};
    return Object.values(variants).reduce((sum, { success, failure }) => sum + success + failure, 0);
  });
  // 60 calls by Poisson are never below 20: such a cycle was cut
  expect(calls.filter((count) => count < 20).length).toBeGreaterThan(3);
});
