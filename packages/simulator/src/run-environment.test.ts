import type { Learner, LearnerAllocation, LearnerAllocations, VariantStatistics } from "@trimtab/learning";
import { describe, expect, test } from "vitest";
import type { Environment, Truth } from "./environment.ts";
import { scoresOf } from "./judge/run-scores.ts";
import { baseLearner, oracleLearner, uniformLearner } from "./reference-learners.ts";
import { runEnvironment } from "./run-environment.ts";

/** Two contexts, three speeds: 1 is the base with 0.5, 2 has 0.7, 3 has 0.9 and breaks the limit. */
const UTILITIES: Readonly<Record<number, number>> = { 1: 0.5, 2: 0.7, 3: 0.9 };

function threeSpeeds(truth: Partial<Truth> = {}): Environment {
  return {
    name: "three-speeds",
    specification: {
      parameters: [{ name: "speed", type: "integer", base: 1, min: 1, max: 3 }],
      contextKeys: ["road"],
      objective: { success: 1 },
    },
    create: () => ({
      contexts: ["road=a", "road=b"],
      step: (_allocations, cycle) => ({
        cycle,
        contexts: {
          "road=a": { variants: { baseline: { success: 20, failure: 10 } } },
          "road=b": { variants: { baseline: { success: 10, failure: 0 } } },
        },
      }),
      truth: {
        utility: (_context, { speed }) => UTILITIES[Number(speed)] ?? 0,
        breaksLimit: (_context, { speed }) => speed === 3,
        ...truth,
      },
    }),
  };
}

function variant(speed: number, weight: number, role: LearnerAllocation["role"] = "incumbent"): LearnerAllocation {
  return { id: `speed-${speed}`, role, parameters: { speed }, weight };
}

/** Serves the same everywhere, one list per cycle. */
function scripted(...cycles: readonly (readonly LearnerAllocation[])[]): () => Learner {
  return () => {
    let cycle = 0;
    return {
      decide(): LearnerAllocations {
        const variants = cycles[Math.min(cycle++, cycles.length - 1)] ?? [];
        return { "road=a": variants, "road=b": variants };
      },
    };
  };
}

describe("the reference learners", () => {
  const regretOf = (environment: Environment, learner: Parameters<typeof runEnvironment>[1]): number =>
    scoresOf(runEnvironment(environment, learner, 1, 20)).regret;

  test("the base values for ever have the regret 1, the oracle 0", () => {
    expect(regretOf(threeSpeeds(), baseLearner)).toBeCloseTo(1, 12);
    expect(regretOf(threeSpeeds(), oracleLearner(threeSpeeds()))).toBeCloseTo(0, 12);
  });

  test("the oracle keeps the limit: it serves 0.7 although 0.9 could be had", () => {
    const { violatingTraffic, kind } = scoresOf(runEnvironment(threeSpeeds(), oracleLearner(threeSpeeds()), 1, 20));
    expect({ violatingTraffic, kind }).toEqual({ violatingTraffic: 0, kind: "lift" });
  });

  test("a uniform choice breaks the limit with a third of its calls, from the second cycle on", () => {
    const scores = scoresOf(runEnvironment(threeSpeeds(), uniformLearner, 1, 20));
    expect(scores.violatingTraffic).toBeCloseTo((19 / 20) * (1 / 3), 12);
  });

  test("where the base values are best, a uniform choice has the regret 1 but for the first cycle", () => {
    const worse = threeSpeeds({ utility: (_context, { speed }) => 0.7 - 0.1 * Number(speed) });
    expect(regretOf(worse, uniformLearner)).toBeCloseTo(19 / 20, 12);
  });
});

test("calls weigh: what the statistics show, or what the truth says", () => {
  const half = scripted([variant(1, 0.5, "baseline"), variant(2, 0.5)]);
  const [cycle] = runEnvironment(threeSpeeds(), half, 1, 1).cycles;
  expect(cycle).toMatchObject({ traffic: 40, served: expect.closeTo(24, 9), base: 20, best: expect.closeTo(28, 9) });
  const said = threeSpeeds({ traffic: (context) => (context === "road=a" ? 3 : 1) });
  expect(runEnvironment(said, half, 1, 1).cycles[0]?.traffic).toBe(4);
});

test("a count that is none is no call: ratings alone, or a broken reading", () => {
  const late = { feedback: { sum: 0.5, count: 1 } } as unknown as VariantStatistics;
  const broken = { success: Number.NaN, failure: -2, partial: Number.POSITIVE_INFINITY };
  const environment: Environment = {
    ...threeSpeeds(),
    create: (seed) => ({
      ...threeSpeeds().create(seed),
      step: () => ({ contexts: { "road=a": { variants: { a: { success: 3, failure: 1 }, gone: late, broken } } } }),
    }),
  };
  expect(runEnvironment(environment, baseLearner, 1, 1).cycles[0]?.traffic).toBe(4);
});

test("nobody called: nothing matters, and no regret is made up", () => {
  const silent: Environment = {
    ...threeSpeeds(),
    create: (seed) => ({ ...threeSpeeds().create(seed), step: () => null }),
  };
  expect(scoresOf(runEnvironment(silent, baseLearner, 1, 5))).toMatchObject({ kind: "nothing-matters", regret: 0 });
});

test.each([
  ["utility", { utility: () => Number.NaN }, 'utility of {"speed":1} in context "road=a", cycle 0, is NaN'],
  ["traffic", { traffic: () => Number.POSITIVE_INFINITY }, 'traffic of context "road=a" in cycle 0 is Infinity'],
  ["traffic", { traffic: () => -1 }, 'traffic of context "road=a" in cycle 0 is -1'],
])("a truth whose %s is no number is refused: against it everything would look good", (_, truth, problem) => {
  expect(() => runEnvironment(threeSpeeds(truth), baseLearner, 1, 1)).toThrow(problem);
});

test("a change to something better is one, a change to something worse or forbidden is a false one", () => {
  const base = variant(1, 0.05, "baseline");
  const learner = scripted([variant(1, 1, "baseline")], [base, variant(2, 0.95)], [base, variant(3, 0.95)]);
  const { cycles } = runEnvironment(threeSpeeds(), learner, 1, 3);
  expect(cycles.map(({ changes, falseChanges }) => [changes, falseChanges])).toEqual([
    [0, 0],
    [2, 0],
    [2, 2],
  ]);
});

test("a return to the base values is needless where the setting was better and allowed", () => {
  const base = variant(1, 0.05, "baseline");
  const only = [variant(1, 1, "baseline")];
  const learner = scripted(only, [base, variant(2, 0.95)], only, [base, variant(3, 0.95)], only);
  const { cycles } = runEnvironment(threeSpeeds(), learner, 1, 5);
  expect(cycles.map(({ needlessReturns }) => needlessReturns)).toEqual([0, 0, 2, 0, 0]);
});

test("most calls on what is down are counted by context", () => {
  const down = threeSpeeds({ isBroken: (context, { speed }) => context === "road=a" && speed === 2 });
  const base = variant(1, 0.4, "baseline");
  const trace = runEnvironment(down, scripted([base, variant(2, 0.6)]), 1, 2);
  expect(trace.cycles.map(({ brokenMajorities }) => brokenMajorities)).toEqual([1, 1]);
});

test("confident changes are judged by what was true when they were made", () => {
  const change = { context: "road=a", from: { speed: 1 }, confidence: 0.97, reason: "it said so" };
  const learner = (): Learner => ({
    decide: () => ({}),
    changes: () => [
      { ...change, to: { speed: 2 } },
      { ...change, to: { speed: 3 }, confidence: 0.99 },
    ],
  });
  expect(runEnvironment(threeSpeeds(), learner, 1, 1).judged).toEqual([
    { confidence: 0.97, isRight: true },
    { confidence: 0.99, isRight: false },
  ]);
});

describe("what a learner may not serve ends the run", () => {
  test.each([
    ["shares that do not sum to one", [variant(1, 0.5, "baseline"), variant(2, 0.4)], "the shares sum to 0.9"],
    ["no baseline", [variant(2, 1)], "0 variants are the baseline"],
    ["another baseline", [variant(2, 1, "baseline")], "the baseline has other values than the base values"],
    ["something outside the space", [variant(1, 0.5, "baseline"), variant(4, 0.5)], "speed 4 is outside 1 to 3"],
    [
      "one setting twice",
      [variant(1, 0.5, "baseline"), { ...variant(1, 0.5), id: "x" }],
      "has the parameters of another one",
    ],
  ])("%s", (_name, variants, message) => {
    expect(() => runEnvironment(threeSpeeds(), scripted(variants), 1, 1)).toThrow(message);
  });

  test("an id that changes its parameters", () => {
    const base = variant(1, 0.5, "baseline");
    const learner = scripted([base, variant(2, 0.5)], [base, { ...variant(3, 0.5), id: "speed-2" }]);
    expect(() => runEnvironment(threeSpeeds(), learner, 1, 2)).toThrow("variant speed-2 had other parameters before");
  });
});

test("a grid that is too large to search asks for the settings to choose from", () => {
  const environment = threeSpeeds();
  const wide = {
    ...environment.specification,
    parameters: ["a", "b"].map((name) => ({ name, type: "number", base: 0, min: 0, max: 1, step: 0.005 })),
  };
  expect(() => runEnvironment({ ...environment, specification: wide }, baseLearner, 1, 1)).toThrow(
    'Environment "three-speeds" has a grid of 40401 settings, too many to search',
  );
});
