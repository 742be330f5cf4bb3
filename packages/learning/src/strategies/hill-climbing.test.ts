import { describe, expect, test } from "vitest";
import { policyProblems } from "../policy/policy-problems.ts";
import { hillClimbing } from "./hill-climbing.ts";
import { changesOf, incumbentAtEnd, practicePolicy, practise } from "./practice.ts";
import { describeStrategy } from "./strategy-contract.ts";

describeStrategy("hill-climbing", () => hillClimbing({ parameter: "temperature" }));

const CHOICE = { kind: "hill-climbing", options: {} };
const LONG = { type: "number", base: 0.2, min: 0, max: 1, step: 0.1 } as const;

describe("a single hill", () => {
  const hill = ({ temperature }: Record<string, unknown>): number => 0.9 - 3 * (Number(temperature) - 0.6) ** 2;

  test("is climbed step by step to its top, in one parameter", () => {
    const policy = practicePolicy(CHOICE, { parameters: { temperature: LONG } });
    const decisions = practise(policy, { cycles: 250, calls: 400, rate: hill });
    for (const genre of ["jazz", "rock"]) {
      const reached = Number(incumbentAtEnd(decisions, genre)?.["temperature"]);
      // 0.5 and 0.7 lie 0.03 under the top of 0.9, which so few calls need not prove
      expect(Math.abs(reached - 0.6)).toBeLessThanOrEqual(0.1 + 1e-9);
    }
    const values = decisions
      .flatMap(({ adaptations }) => adaptations)
      .filter(({ context, status }) => context["genre"] === "rock" && status === "applied")
      .map(({ oldValue, newValue }) => Number(newValue) - Number(oldValue));
    expect(values.length).toBeGreaterThanOrEqual(3);
    for (const step of values) expect(Math.abs(step)).toBeCloseTo(0.1, 9);
  });

  test("is climbed in two parameters, one at a time", () => {
    const parameters = { pause: { type: "integer", base: 5, min: 1, max: 9 }, temperature: LONG } as const;
    const rate = ({ pause, temperature }: Record<string, unknown>): number =>
      hill({ temperature }) - 0.04 * Math.abs(Number(pause) - 3);
    const decisions = practise(practicePolicy(CHOICE, { parameters }), { cycles: 500, calls: 400, rate });
    const reached = incumbentAtEnd(decisions, "rock");
    expect(rate(reached ?? {})).toBeGreaterThan(rate({ pause: 5, temperature: 0.2 }) + 0.4); // of 0.56 that can be won
    for (const { adaptations } of decisions) {
      const changed = adaptations.filter(({ context }) => context["genre"] === "rock");
      expect(changed.length).toBeLessThanOrEqual(1);
    }
  });
});

test("nowhere to climb: of twenty contexts and 200 cycles without any difference hardly one changes", () => {
  let changes = 0;
  for (let run = 0; run < 10; run++)
    changes += changesOf(
      practise(practicePolicy(CHOICE), { cycles: 200, calls: 60, rate: () => 0.7, seed: `flat ${run}` }),
    );
  // Each step is adopted wrongly with a probability of at most 0.05. A context begins about six steps in 200 cycles (at most 60
  // windows each, two cycles a window, and rests between rounds): at most 0.3 a context, 6 in twenty. A Poisson count of mean 6 is
  // above 16 once in 7,000 seeds.
  expect(changes).toBeLessThanOrEqual(16);
});

test("when all directions have lost, the search rests and says until when", () => {
  const decisions = practise(practicePolicy({ kind: "hill-climbing", options: { patience: 2, restCycles: 1000 } }), {
    cycles: 60,
    calls: 100,
    rate: ({ temperature }) => 0.9 - Math.abs(Number(temperature) - 0.7),
  });
  const rock = decisions.at(-1)?.contexts.find(({ context }) => context["genre"] === "rock");
  expect(rock?.reason.code).toBe("SEARCH_RESTS");
  expect(rock?.reason.sentence).toMatch(/rests until cycle 1\d\d\d/);
  expect(decisions.at(-1)?.allocations.every(({ variants }) => variants.length === 1)).toBe(true);
  const refusals = decisions.flatMap(({ contexts }) =>
    contexts.flatMap(({ refused }) => refused.map(({ reason }) => reason.code)),
  );
  expect(new Set(refusals)).toEqual(
    new Set(["PROVEN_WORSE", "EQUIVALENT"].filter((code) => refusals.includes(code as never))),
  );
  expect(refusals).toHaveLength(4); // two directions in two contexts
});

test("a better neighbour that breaks the limit is not adopted", () => {
  const decisions = practise(
    practicePolicy(CHOICE, {
      objective: { success: { weight: 0.2 }, cost: { weight: 0.8, unit: "usd", reference: 1 } },
      constraints: [{ kind: "success-rate", minimum: 0.9 }],
    }),
    {
      cycles: 120,
      calls: 200,
      rate: ({ temperature }) => (temperature === 0.7 ? 0.95 : 0.8),
      alter: (evidence) => ({
        ...evidence,
        cells: {
          kind: "value",
          value: (evidence.cells.kind === "value" ? evidence.cells.value : []).map((cell) => {
            if (cell.reading.kind !== "value") return cell;
            const calls = cell.reading.value.success + cell.reading.value.failure;
            const each = cell.variant.startsWith("base-") ? 0.9 : 0.1; // what breaks the limit is cheap
            return {
              ...cell,
              reading: { kind: "value", value: { ...cell.reading.value, cost: { usd: { sum: each * calls } } } },
            };
          }),
        },
      }),
    },
  );
  expect(changesOf(decisions)).toBe(0);
});

test("a choice among the parameters is refused, unless one number is named", () => {
  const parameters = {
    model: { type: "choice", base: "small", choices: ["small", "large"] },
    temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.1 },
  } as const;
  const tell = (options: Record<string, unknown>): string[] =>
    policyProblems(practicePolicy({ kind: "hill-climbing", options }, { parameters })).map(
      ({ path, message }) => `${path.join(".")}: ${message}`,
    );
  expect(tell({})).toEqual([
    'strategy.options.parameter: hill-climbing moves numbers and integers only, and "model" is a choice; name the one parameter that shall move, or take response-surface',
  ]);
  expect(tell({ parameter: "model" })).toEqual([
    'strategy.options.parameter: "model" is a choice; the rule moves a number or an integer',
  ]);
  expect(tell({ parameter: "temperature" })).toEqual([]);
});
