import { expect, test } from "vitest";
import { practicePolicy, practise } from "./practice.ts";

test("the record of a change names what ran beside the winner, with its values and why it was not taken", () => {
  const decisions = practise(practicePolicy({ kind: "response-surface", options: {} }), {
    cycles: 60,
    calls: 400,
    rate: ({ temperature }) => (temperature === 0.6 ? 0.9 : 0.6),
  });
  const [first] = decisions.flatMap(({ adaptations }) => adaptations);
  const refused = first?.basis.refused ?? [];
  expect(refused.length).toBeGreaterThan(0);
  for (const { variant, parameters, reason } of refused) {
    expect(variant).not.toBe(first?.basis.to?.variant);
    expect(parameters?.["temperature"]).toBeTypeOf("number");
    expect(reason.sentence).toContain("utility");
  }
  // the decision itself says the same
  const decision = decisions.find(({ adaptations }) => adaptations.length > 0);
  const context = decision?.contexts.find(({ kind }) => kind === "adapt");
  expect(context?.refused.map(({ variant }) => variant)).toEqual(refused.map(({ variant }) => variant));
});
