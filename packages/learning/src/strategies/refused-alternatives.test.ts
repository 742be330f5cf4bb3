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

test("a decision that changes nothing names what runs on, with its test and what that asks for", () => {
  const decisions = practise(practicePolicy({ kind: "response-surface", options: {} }), {
    cycles: 30,
    calls: 400,
    rate: () => 0.6,
  });
  const contexts = decisions.flatMap((decision) =>
    decision.contexts.map((context, index) => ({ ...context, variants: decision.allocations[index]?.variants ?? [] })),
  );
  const undecided = contexts
    .filter(({ kind }) => kind === "hold" || kind === "shift")
    .flatMap(({ refused, variants }) => refused.map(({ variant, reason }) => ({ variant, reason, variants })))
    .filter(({ reason }) => reason.code === "NOTHING_PROVEN");
  expect(undecided.length).toBeGreaterThan(0);
  for (const { variant, reason, variants } of undecided) {
    expect(reason.sentence).toMatch(/e-value \S+ of \S+, \d+ calls in \d+ windows/);
    expect(variants.map(({ id }) => id)).toContain(variant);
  }
  // at most one entry per variant that is served: what a store keeps stays bounded
  for (const { refused, variants } of contexts)
    expect(refused.filter(({ reason }) => reason.code === "NOTHING_PROVEN").length).toBeLessThan(
      Math.max(1, variants.length),
    );
});
