import { describe, expect, test } from "vitest";
import { readSpecification } from "./learner/read-specification.ts";
import { spaceOf } from "./learner/space.ts";
import type { LearnerSpecification } from "./learner/specification.ts";
import type { CycleStatistics, VariantStatistics } from "./learner/statistics.ts";
import { createLearner, type LearnerAllocations } from "./learner.ts";
import { type Random, randomFromSeed } from "./statistics/random.ts";

const SPECIFICATION: LearnerSpecification = {
  parameters: [
    { name: "temperature", type: "number", base: 0.5, min: 0.1, max: 0.9, step: 0.1 },
    { name: "shots", type: "choice", base: 3, choices: [0, 3, 5] },
  ],
  contextKeys: ["genre", "mood"],
  objective: { quality: 0.6, success: 0.2, latency: { weight: 0.2, good: 0.1, bad: 10 } },
  constraints: [{ kind: "success-rate", minimum: 0.8 }],
  holdout: 0.05,
  bounds: { duration: [0.5, 1, 2], quality: [0.25, 0.5, 0.75, 1] },
};

/** Calls of one variant, of which the scores lie around a quality. */
function measured(calls: number, quality: number, random: Random): VariantStatistics {
  const scores = Array.from({ length: calls }, () =>
    Math.min(1, Math.max(0, quality + 0.4 * (random.uniform() - 0.5))),
  );
  const upTo = (bound: number): number => scores.filter((score) => score <= bound).length;
  return {
    success: Math.round(calls * 0.95),
    failure: calls - Math.round(calls * 0.95),
    duration: { buckets: [0, calls / 2, calls, calls], sum: calls, count: calls },
    quality: {
      buckets: [0.25, 0.5, 0.75, 1].map(upTo),
      sum: scores.reduce((sum, score) => sum + score, 0),
      count: calls,
    },
  };
}

/** One cycle in which five shots are much better. */
function cycleOf(allocations: LearnerAllocations, contexts: readonly string[], random: Random): CycleStatistics {
  const entries = contexts.map((context) => {
    const variants = allocations[context] ?? [{ id: "theirs", parameters: { shots: 3 }, weight: 1 }];
    const counted = variants.map(({ id, parameters, weight }) => {
      return [id, measured(Math.round(100 * weight), parameters["shots"] === 5 ? 0.75 : 0.5, random)] as const;
    });
    return [context, { variants: Object.fromEntries(counted) }] as const;
  });
  return { contexts: Object.fromEntries(entries) };
}

function run(specification: LearnerSpecification, cycles: number): LearnerAllocations[] {
  const random = randomFromSeed("service");
  const learner = createLearner(specification, 7);
  const history = [learner.decide(null, 0)];
  for (let cycle = 1; cycle <= cycles; cycle++) {
    const contexts = cycle % 7 === 0 ? ["genre=rock"] : ["genre=rock", "genre=jazz,mood=calm"];
    const served = history.at(-1) ?? {};
    history.push(learner.decide(cycle % 10 === 0 ? null : cycleOf(served, contexts, random), cycle * 60_000));
  }
  return history;
}

describe("the learner for programs outside", () => {
  const history = run(SPECIFICATION, 80);

  test("knows no context at first, and gives each one an allocation when it is seen", () => {
    expect(history[0]).toEqual({});
    expect(Object.keys(history[1] ?? {})).toEqual(["genre=rock", "genre=jazz,mood=calm"]);
    expect(createLearner({ ...SPECIFICATION, contexts: ["genre=folk"] }, 1).decide(null, 0)).toMatchObject({
      "genre=folk": [{ role: "baseline", weight: 1, parameters: { temperature: 0.5, shots: 3 } }],
    });
  });

  test("keeps the holdout, shares that sum to one, the space, and an id for each setting", () => {
    const { problemOf } = spaceOf(SPECIFICATION);
    const ids = new Map<string, string>();
    for (const variants of history.flatMap((allocations) => Object.values(allocations))) {
      expect(variants.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 9);
      expect(variants.filter(({ role }) => role === "baseline")).toHaveLength(1);
      expect(variants.find(({ role }) => role === "baseline")?.weight).toBeGreaterThanOrEqual(0.05);
      for (const { id, parameters } of variants) {
        expect(problemOf(parameters)).toBeUndefined();
        expect(ids.get(id) ?? JSON.stringify(parameters)).toBe(JSON.stringify(parameters));
        ids.set(id, JSON.stringify(parameters));
      }
    }
    expect(new Set(ids.values()).size).toBe(ids.size);
    expect(ids.size).toBeGreaterThan(3);
  });

  test("finds the better setting through lost cycles and missing contexts, and spells choices as they were given", () => {
    for (const variants of Object.values(history.at(-1) ?? {}))
      expect(variants.find(({ role }) => role === "incumbent")?.parameters["shots"]).toBe(5);
  });

  test("gives the same again for the same statistics and seed", () => {
    expect(run(SPECIFICATION, 30)).toEqual(history.slice(0, 31));
  });

  test("tells its changes with confidence and reason", () => {
    const random = randomFromSeed("service");
    const learner = createLearner(SPECIFICATION, 7);
    let allocations = learner.decide(null, 0);
    const changes = Array.from({ length: 60 }, (_, cycle) => {
      allocations = learner.decide(cycleOf(allocations, ["genre=rock"], random), cycle + 1);
      return learner.changes();
    }).flat();
    expect(changes[0]).toMatchObject({ context: "genre=rock", from: { shots: 3 }, to: { shots: 5 } });
    expect(changes[0]?.confidence).toBeGreaterThan(0.9);
    expect(changes[0]?.reason).not.toBe("");
  });
});

test("a cycle without statistics holds everything", () => {
  const random = randomFromSeed("service");
  const learner = createLearner(SPECIFICATION, 7);
  let allocations = learner.decide(null, 0);
  for (let cycle = 1; cycle < 8; cycle++)
    allocations = learner.decide(cycleOf(allocations, ["genre=rock"], random), cycle);
  expect(learner.decide(null, 8)).toEqual(allocations);
  expect(learner.decide(undefined, 9)).toEqual(allocations);
});

test("a number that is no count is no evidence: the context holds", () => {
  const random = randomFromSeed("service");
  const learner = createLearner(SPECIFICATION, 7);
  const allocations = learner.decide(cycleOf({}, ["genre=rock"], random), 1);
  const bad = { contexts: { "genre=rock": { variants: { baseline: { success: Number.NaN, failure: 1 } } } } };
  expect(learner.decide(bad, 2)).toEqual(allocations);
  expect(learner.decision()?.contexts.map(({ reason }) => reason.code)).toContain("EVIDENCE_NOT_A_NUMBER");
});

test("ratings of a variant that no longer runs may come without counts; a count that got lost beside others is no zero", () => {
  const { constraints: _, ...specification } = { ...SPECIFICATION, objective: { success: 0.5, feedback: 0.5 } };
  const reasonAfter = (late: Partial<VariantStatistics>): string | undefined => {
    const learner = createLearner(specification, 7);
    learner.decide({ contexts: { "genre=rock": { variants: { baseline: { success: 90, failure: 10 } } } } }, 1);
    const variants = { baseline: { success: 90, failure: 10 }, "v-gone": late as VariantStatistics };
    learner.decide({ contexts: { "genre=rock": { variants } } }, 2);
    return learner.decision()?.contexts.find(({ context }) => context["genre"] === "rock")?.reason.code;
  };
  const feedback = { sum: 2.5, count: 3 };
  const usual = reasonAfter({ success: 0, failure: 0, feedback });
  expect(usual).not.toBe("EVIDENCE_NOT_A_NUMBER");
  expect(reasonAfter({ feedback })).toBe(usual);
  expect(reasonAfter({ success: 5, feedback })).toBe("EVIDENCE_NOT_A_NUMBER");
  expect(reasonAfter({ duration: { sum: 1, count: 3 }, feedback })).toBe("EVIDENCE_NOT_A_NUMBER");
});

test("buckets that do not fit the bounds are a mistake of the caller, not evidence", () => {
  const duration = { buckets: [1, 2], sum: 1, count: 2 };
  const statistics = { contexts: { "genre=rock": { variants: { a: { success: 2, failure: 0, duration } } } } };
  expect(() => createLearner(SPECIFICATION, 1).decide(statistics, 1)).toThrow(
    "context genre=rock, variant a: duration has 2 buckets; the specification has 3 bounds",
  );
});

describe("a specification", () => {
  const other: LearnerSpecification = {
    parameters: {
      temperature: {
        type: "float",
        base: 0.5,
        min: 0.1,
        max: 0.9,
        step: 0.1,
        scale: "linear",
        comment: "of the model",
      },
      shots: { base: 3, type: "categorical", values: [0, 3, 5] },
    },
    context: ["genre", "mood"],
    objective: { weights: { quality: 0.6, success: 0.2, latency: 0.2 }, scales: { latency: { good: 0.1, bad: 10 } } },
    constraints: ["success_rate >= 0.8"],
    buckets: { duration: [0.5, 1, 2, Number.POSITIVE_INFINITY], quality: [0.25, 0.5, 0.75, 1] },
    owner: "nobody asks",
  };

  test("in other words is the same specification", () => {
    expect(run(other, 20)).toEqual(run(SPECIFICATION, 20));
  });

  test("may have names that the product's own configuration would refuse", () => {
    const specification: LearnerSpecification = {
      parameters: [{ name: "max-tokens", type: "int", base: 2, min: 1, max: 4 }],
      contextKeys: ["User Tier"],
      objective: { success: 1 },
    };
    const variants = { ours: { success: 30, failure: 1 } };
    const [context] = Object.entries(
      createLearner(specification, 1).decide({ contexts: { "User Tier=gold": { variants } } }, 1),
    );
    expect(context).toMatchObject(["User Tier=gold", [{ role: "baseline", parameters: { "max-tokens": 2 } }]]);
  });

  test("without context keys has one context, whatever it is called", () => {
    const { contextKeys: _, ...specification } = SPECIFICATION;
    const statistics = cycleOf({}, ["all"], randomFromSeed("service"));
    expect(Object.keys(createLearner(specification, 1).decide(statistics, 1))).toEqual(["all"]);
  });

  test.each([
    ["success_rate >= 0.98 x baseline", { kind: "success-rate-ratio", minimumRatio: 0.98 }],
    [
      { kind: "success-rate", min: 0.97, relativeTo: "baseline" },
      { kind: "success-rate-ratio", minimumRatio: 0.97 },
    ],
    [
      { kind: "success-rate-ratio", minimumRatio: 0.97 },
      { kind: "success-rate-ratio", minimumRatio: 0.97 },
    ],
    ["p95_latency <= 1.2 x baseline", { kind: "p95-latency-ratio", maximumRatio: 1.2 }],
    ["p95_latency <= 800ms", { kind: "p95-latency", maximumSeconds: 0.8 }],
    [
      { metric: "p95", max: 1.2, relativeTo: "baseline" },
      { kind: "p95-latency-ratio", maximumRatio: 1.2 },
    ],
    [
      { kind: "latency_p95", limit: 2 },
      { kind: "p95-latency", maximumSeconds: 2 },
    ],
    [
      { name: "success", min: 0.9 },
      { kind: "success-rate", minimum: 0.9 },
    ],
  ])("reads the limit %j", (constraint, read) => {
    expect(readSpecification({ ...SPECIFICATION, constraints: [constraint] }).policy.constraints).toEqual([read]);
  });

  test.each([
    [
      { constraints: [{ kind: "error-budget", max: 3 }] },
      'The limit {"kind":"error-budget","max":3} cannot be watched',
    ],
    [{ constraints: [{ kind: "success-rate" }] }, "a success rate needs minimum, or minimumRatio"],
    [{ constraints: [{ kind: "success-rate", ratio: 1.02 }] }, "1.02 can never be kept or never be broken"],
    [{ constraints: ["p99_latency <= 2s"] }, 'The limit "p99_latency <= 2s" cannot be watched'],
    [{ objective: { quality: 0.6, success: 0.6 } }, "objective has weights that sum to 1.2; make them sum to 1"],
    [{ parameters: [{ name: "depth", base: 3 }] }, 'Parameter "depth" needs base, min and max as numbers, or choices'],
    [{ holdout: 0.7 }, "holdout 0.7 is out of range"],
  ] as [Partial<LearnerSpecification>, string][])("is refused where it cannot work: %j", (change, message) => {
    expect(() => createLearner({ ...SPECIFICATION, ...change }, 1)).toThrow(message);
  });

  test("may limit the steps of all numbers together", () => {
    const stepOf = (largestStep: number | Record<string, number>): number => {
      const history = run({ ...SPECIFICATION, largestStep }, 40);
      const values = history
        .flatMap((allocations) => Object.values(allocations))
        .flatMap((variants) => variants.filter(({ role }) => role === "challenger"))
        .map(({ parameters }) => Math.abs(Number(parameters["temperature"]) - 0.5));
      return Math.max(...values);
    };
    expect(stepOf({ temperature: 0.1 })).toBeLessThan(0.5);
    // one grid step, and an eighth of the range of 0.8, are both 0.1
    expect(stepOf(1)).toBe(stepOf({ temperature: 0.1 }));
    expect(stepOf(0.125)).toBe(stepOf({ temperature: 0.1 }));
  });

  test("may limit the steps on a log scale: a share of it is a factor, the same at 10 as at 1000", () => {
    const parameters = [{ name: "batch", base: 10, min: 1, max: 10_000, scale: "log" }];
    // a quarter of four decades is one decade, and so are five of twenty steps
    for (const largestStep of [0.25, 5])
      expect(readSpecification({ ...SPECIFICATION, parameters, largestStep }).policy.parameters["batch"]).toMatchObject(
        {
          largestFactor: expect.closeTo(10, 9) as number,
        },
      );
  });
});
