import { describe, expect, test } from "vitest";
import { policyProblems } from "../policy/policy-problems.ts";
import { fixed } from "./fixed.ts";
import { incumbentAtEnd, practicePolicy, practise } from "./practice.ts";
import { describeStrategy } from "./strategy-contract.ts";

describeStrategy("fixed", () => fixed({}));
describeStrategy("fixed with values", () => fixed({ values: { temperature: 0.9, model: "large" } }));

const WORLD = {
  cycles: 40,
  calls: 200,
  rate: ({ temperature }: Record<string, unknown>) => (temperature === 0.9 ? 0.9 : 0.3),
};

describe("without values", () => {
  test("the base values are served to everyone, whatever the evidence says", () => {
    const decisions = practise(practicePolicy({ kind: "fixed", options: {} }), WORLD);
    expect(decisions.flatMap(({ adaptations }) => adaptations)).toEqual([]);
    for (const { allocations } of decisions) for (const { variants } of allocations) expect(variants).toHaveLength(1);
    const rock = decisions.at(-1)?.contexts.find(({ context }) => context["genre"] === "rock");
    expect(rock?.reason).toEqual({
      code: "FIXED_VALUES",
      sentence: "The operation is configured to serve temperature 0.7.",
    });
  });
});

describe("with values", () => {
  const policy = practicePolicy({ kind: "fixed", options: { values: { temperature: 0.9 } } });

  test("they are served from the first cycle on, beside the holdout, and the lift tells what they are worth", () => {
    const decisions = practise(policy, WORLD);
    expect(incumbentAtEnd(decisions, "rock")).toEqual({ temperature: 0.9 });
    const [first] = decisions[0]?.adaptations ?? [];
    expect([first?.oldValue, first?.newValue, first?.status]).toEqual([0.7, 0.9, "applied"]);
    const lift = decisions.at(-1)?.contexts.find(({ context }) => context["genre"] === "rock")?.lift;
    expect(lift?.lower).toBeGreaterThan(0.2); // the truth is 0.6
    expect(lift?.upper).toBeGreaterThan(0.6);
    expect(decisions.slice(1).flatMap(({ adaptations }) => adaptations)).toEqual([]);
  });

  test("a way longer than the largest step is walked in several", () => {
    const temperature = { type: "number", base: 0.5, min: 0.1, max: 0.9, step: 0.1, largestStep: 0.3 } as const;
    const decisions = practise({ ...policy, parameters: { temperature } }, { ...WORLD, rate: () => 0.5 });
    const rock = decisions.flatMap(({ adaptations }) =>
      adaptations.filter(({ context }) => context["genre"] === "rock"),
    );
    expect(rock.map(({ newValue }) => newValue)).toEqual([0.8, 0.9]);
  });

  test("in mode suggest a person takes the change", () => {
    const decisions = practise({ ...policy, mode: "suggest" }, { ...WORLD, cycles: 3 });
    expect(decisions.flatMap(({ adaptations }) => adaptations.map(({ status }) => status))).toEqual([
      "suggested",
      "suggested",
    ]);
  });

  test("values that broke a limit are not forced back in", () => {
    const decisions = practise(
      { ...policy, constraints: [{ kind: "success-rate", minimum: 0.6 }] },
      { ...WORLD, cycles: 12, rate: ({ temperature }) => (temperature === 0.9 ? 0.2 : 0.9) },
    );
    const kinds = decisions.map(({ contexts }) => contexts.find(({ context }) => context["genre"] === "rock")?.kind);
    expect(kinds.filter((kind) => kind === "roll-back")).toHaveLength(1);
    expect(incumbentAtEnd(decisions, "rock")).toEqual({ temperature: 0.7 });
    const { refused } = decisions.at(-1)?.contexts.find(({ context }) => context["genre"] === "rock") ?? {};
    expect(refused?.map(({ reason }) => reason.code)).toEqual(["BARRED"]);
  });
});

test("values outside the space and misspelt parameters are told", () => {
  const problems = policyProblems(
    practicePolicy({ kind: "fixed", options: { values: { temperature: 1.5, temprature: 0.6 } } }),
  );
  expect(problems.map(({ path, message }) => `${path.join(".")} ${message}`)).toEqual([
    "strategy.options.values.temperature 1.5 is outside 0.5 to 0.9",
    "strategy.options.values.temprature is no parameter of this operation; did you mean temperature?",
  ]);
  const forms = [0.6, [0.6], { temperature: null }].map((values) =>
    policyProblems(practicePolicy({ kind: "fixed", options: { values } })),
  );
  expect(forms.map((list) => list.map(({ path }) => path.join(".")))).toEqual([
    ["strategy.options.values"],
    ["strategy.options.values"],
    ["strategy.options.values"],
  ]);
});
