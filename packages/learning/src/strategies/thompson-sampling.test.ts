import { describe, expect, test } from "vitest";
import { changesOf, incumbentAtEnd, practicePolicy, practise } from "./practice.ts";
import { describeStrategy } from "./strategy-contract.ts";
import { thompsonSampling } from "./thompson-sampling.ts";

describeStrategy("thompson-sampling", () => thompsonSampling({}));

const POLICY = practicePolicy({ kind: "thompson-sampling", options: {} });

describe("a clear winner", () => {
  const rate = ({ temperature }: Record<string, unknown>, _cycle: number, genre: string): number =>
    temperature === (genre === "rock" ? 0.9 : 0.5) ? 0.85 : 0.6;
  const decisions = practise(POLICY, { cycles: 150, calls: 150, rate });

  test("is found in each context by itself", () => {
    expect(incumbentAtEnd(decisions, "rock")).toEqual({ temperature: 0.9 });
    expect(incumbentAtEnd(decisions, "jazz")).toEqual({ temperature: 0.5 });
    expect(changesOf(decisions)).toBeLessThanOrEqual(4);
  });

  test("is told with its test", () => {
    const [change] = decisions.flatMap(({ adaptations }) => adaptations);
    expect(change?.reason.code).toBe("PROVEN_BETTER");
    expect(change?.basis.test?.value).toBeGreaterThanOrEqual(change?.basis.test?.threshold ?? Number.NaN);
    expect(change?.basis.test?.threshold).toBeGreaterThanOrEqual(20);
    expect(change?.confidence).toBeGreaterThanOrEqual(0.95);
  });

  test("challengers never have more than seven tenths, and the holdout keeps its share", () => {
    for (const { allocations } of decisions) {
      for (const { variants } of allocations) {
        const of = (role: string): number =>
          variants.filter((variant) => variant.role === role).reduce((sum, { weight }) => sum + weight, 0);
        expect(of("challenger")).toBeLessThanOrEqual(0.7 + 1e-9);
        expect(of("baseline")).toBeGreaterThanOrEqual(0.05);
      }
    }
  });
});

test("no difference: of twenty contexts and 300 cycles hardly one changes", () => {
  let changes = 0;
  for (let run = 0; run < 10; run++)
    changes += changesOf(practise(POLICY, { cycles: 300, calls: 60, rate: () => 0.7, seed: `tie ${run}` }));
  // At most 0.05/√(1 + tests) per challenger. A context tries all four settings, the first at 0.05, later ones at less, together
  // at most 0.05 · (1 + 0.71 + 0.58 + 0.5) = 0.14 in a memory of 300 cycles: 2.8 in twenty contexts, and a Poisson count of that
  // mean is above 10 once in 5,000 seeds.
  expect(changes).toBeLessThanOrEqual(10);
});

test("a day that gets better while the challenger's share grows fools nobody", () => {
  let changes = 0;
  for (let run = 0; run < 10; run++) {
    const rate = (_values: unknown, cycle: number): number => 0.4 + 0.5 * Math.min(1, cycle / 200);
    changes += changesOf(practise(POLICY, { cycles: 200, calls: 100, rate, seed: `morning ${run}` }));
  }
  expect(changes).toBeLessThanOrEqual(10); // as above
});

test("after the world has turned, the new best takes over", () => {
  const rate = ({ temperature }: Record<string, unknown>, cycle: number): number =>
    temperature === (cycle < 120 ? 0.9 : 0.5) ? 0.85 : 0.6;
  const policy = practicePolicy({ kind: "thompson-sampling", options: { halfLifeCycles: 60 } });
  const decisions = practise(policy, { cycles: 420, calls: 200, rate });
  expect(incumbentAtEnd(decisions.slice(0, 120), "rock")).toEqual({ temperature: 0.9 });
  expect(incumbentAtEnd(decisions, "rock")).toEqual({ temperature: 0.5 });
});

test("a variant whose limit was not measured is not promoted", () => {
  const policy = practicePolicy(
    { kind: "thompson-sampling", options: {} },
    { constraints: [{ kind: "p95-latency", maximumSeconds: 1 }] },
  );
  const rate = ({ temperature }: Record<string, unknown>): number => (temperature === 0.9 ? 0.95 : 0.4);
  const decisions = practise(policy, { cycles: 100, calls: 150, rate }); // nobody measures durations
  expect(changesOf(decisions)).toBe(0);
  const codes = decisions.flatMap(({ contexts }) =>
    contexts.flatMap(({ refused }) => refused.map(({ reason }) => reason.code)),
  );
  expect(codes).toContain("LIMIT_UNKNOWN");
  const tried = decisions.flatMap(({ allocations }) =>
    allocations.flatMap(({ variants }) => variants.filter(({ role }) => role === "challenger")),
  );
  expect(tried.length).toBeGreaterThan(100);
  expect(Math.max(...tried.map(({ weight }) => weight))).toBeLessThanOrEqual(0.1); // nobody would see it break the limit
});
