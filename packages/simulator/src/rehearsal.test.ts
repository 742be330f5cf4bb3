import type { OperationPolicy } from "@trimtab/learning";
import { describe, expect, test } from "vitest";
import { TruthBook } from "./judge/truth-book.ts";
import { baseLearner } from "./reference-learners.ts";
import { type Rehearsal, rehearsalEnvironment } from "./rehearsal.ts";
import { runEnvironment } from "./run-environment.ts";

const POLICY: OperationPolicy = {
  component: "shop",
  operation: "checkout",
  context: ["country", "device"],
  parameters: {
    timeout: { type: "integer", base: 400, min: 100, max: 1600, step: 100, scale: "log" },
    cache: { type: "boolean", base: false },
    model: { type: "choice", base: "small", choices: ["small", "large"] },
  },
  objective: { success: { weight: 0.5 }, latency: { weight: 0.5, goodSeconds: 0.1, badSeconds: 5 } },
  constraints: [{ kind: "success-rate", minimum: 0.9 }],
  mode: "observe",
  confidence: 0.7,
  holdout: 0.1,
  strategy: { kind: "response-surface", options: {} },
};

function rehearsal(changes: Partial<Rehearsal> = {}): Rehearsal {
  return { policy: POLICY, callsPerCycle: 300, contexts: 5, gain: 0.05, ...changes };
}

function truths(of: Rehearsal, seeds: readonly number[]): TruthBook[] {
  const environment = rehearsalEnvironment(of);
  return seeds.map((seed) => new TruthBook(environment, environment.create(seed).truth));
}

describe("an operation of one's own with an invented truth", () => {
  const run = rehearsalEnvironment(rehearsal()).create(1);

  test("has contexts of its keys, the first with the most calls, all calls together as given", () => {
    expect(run.contexts).toEqual([
      "country=v0,device=v0",
      "country=v1,device=v0",
      "country=v2,device=v0",
      "country=v0,device=v1",
      "country=v1,device=v1",
    ]);
    const traffic = run.contexts.map((context) => run.truth.traffic?.(context, 0) ?? 0);
    expect(traffic.reduce((sum, calls) => sum + calls, 0)).toBeCloseTo(300, 9);
    expect(traffic[0]).toBeGreaterThan(traffic[4] as number);
  });

  test("a setting beats the base values by about the gain, or none does because the base values are the best", () => {
    for (const truth of truths(rehearsal(), [1, 2, 3, 4, 5, 6, 7, 8])) {
      for (const context of run.contexts) {
        const { best, base } = truth.stakesOf(context, 0);
        expect(best - base).toBeGreaterThanOrEqual(0);
        expect(best - base).toBeLessThan(0.06);
      }
    }
    const gains = truths(rehearsal(), [1, 2, 3, 4, 5, 6, 7, 8]).map((truth) => {
      const { best, base } = truth.stakesOf("country=v0,device=v0", 0);
      return best - base;
    });
    expect(Math.max(...gains)).toBeGreaterThan(0.04);
    expect(new Set(gains.map((gain) => gain.toFixed(6))).size).toBeGreaterThan(4); // each seed is another truth
  });

  test("some settings break the limit, the base values and the best setting do not", () => {
    const dangerous = truths(rehearsal(), [1, 2, 3, 4, 5, 6]).map((truth) => {
      const context = "country=v0,device=v0";
      expect(truth.of(context, truth.space.base, 0).breaksLimit).toBe(false);
      expect(truth.of(context, truth.bestOf(context, 0), 0).breaksLimit).toBe(false);
      return truth.space.settings().filter((setting) => truth.of(context, setting, 0).breaksLimit).length;
    });
    expect(Math.max(...dangerous)).toBeGreaterThan(0);
  });

  test("an operation without context keys has one context, and one without limits none to break", () => {
    const plain = rehearsalEnvironment(rehearsal({ policy: { ...POLICY, context: [], constraints: [] }, contexts: 1 }));
    expect(plain.create(1).contexts).toEqual([""]);
    expect(runEnvironment(plain, baseLearner, 1, 5).hasLimits).toBe(false);
  });
});
