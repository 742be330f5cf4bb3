/**
 * The promises of learning, kept in the built-in services. Few seeds and wide bounds: how good learning is, the score board tells on
 * many. Every run is deterministic, so nothing here is flaky: a failure is a change of behaviour.
 */
import {
  createLearner,
  type ProductLearner,
  type Strategy,
  type StrategyDefinition,
  type StrategyInput,
} from "@trimtab/learning";
import { describe, expect, test, vi } from "vitest";
import { BUILT_IN_ENVIRONMENTS } from "./built-in-environments.ts";
import type { Environment } from "./environment.ts";
import { type RunScores, scoresOf } from "./judge/run-scores.ts";
import { type CreateLearner, runEnvironment, type WatchedCycle } from "./run-environment.ts";
import { simulatedService } from "./service/simulated-service.ts";

vi.setConfig({ testTimeout: 120_000 }); // seconds on a free machine, more on a busy one

const SEEDS = [71, 72, 73];

function environment(name: string): Environment {
  const found = BUILT_IN_ENVIRONMENTS.find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no environment ${name}`);
  return found;
}

function run(name: string, cycles: number, seeds: readonly number[] = SEEDS): RunScores[] {
  return seeds.map((seed) => scoresOf(runEnvironment(environment(name), createLearner, seed, cycles)));
}

function watch(name: string, cycles: number, onCycle: (cycle: WatchedCycle) => void): RunScores {
  return scoresOf(runEnvironment(environment(name), createLearner, 71, cycles, { onCycle }));
}

function mean(scores: readonly RunScores[], pick: (each: RunScores) => number): number {
  return scores.reduce((sum, each) => sum + pick(each), 0) / scores.length;
}

test("a tie stays a tie: nothing is adopted, however long one looks", () => {
  // Seven seeds of three contexts. At the good target of 0.03 false changes per context that is a mean of 0.63, and more than two come
  // with a probability of 1 - e^-0.63 (1 + 0.63 + 0.63²/2) = 0.026; at 0.2 per context, twice what must be, with one of 0.79.
  const scores = run("tie", 300, [71, 72, 73, 74, 75, 76, 77]);
  const falseChanges = scores.reduce((sum, each) => sum + 3 * each.falseChanges, 0);
  expect(Math.round(falseChanges)).toBeLessThanOrEqual(2);
});

test("a clear winner is served to most calls within sixty cycles, and every change on the way is a true improvement", () => {
  const scores = run("clear-winner", 150);
  for (const { cyclesToLift, falseChanges, smallestBaselineShare } of scores) {
    expect(cyclesToLift).toBeLessThanOrEqual(60);
    expect(falseChanges).toBe(0);
    expect(smallestBaselineShare).toBeGreaterThanOrEqual(0.05);
  }
  // 0.05 is what the holdout itself costs
  expect(mean(scores, (each) => each.lastQuarterRegret)).toBeLessThan(0.08);
});

test("each context finds its own optimum, although the others' evidence speaks against it", () => {
  const scores = run("per-context-optimum", 200);
  expect(mean(scores, (each) => each.lastQuarterRegret)).toBeLessThan(0.15);
  expect(mean(scores, (each) => each.falseChanges)).toBeLessThanOrEqual(0.1);
});

test("240 contexts, most with a few calls a cycle, learn from each other", () => {
  const [scores] = run("sparse-contexts", 60, [71]);
  expect(scores?.cyclesToLift).toBeLessThanOrEqual(60);
  expect(scores?.falseChanges).toBeLessThanOrEqual(0.1);
});

describe("an outage of what is served", () => {
  const onBroken = new Map<number, number>();
  const scores = watch("outage", 300, ({ cycle, served }) => {
    const shares = Object.values(served).map((variants) =>
      variants.reduce((sum, { parameters, weight }) => sum + (parameters["model"] === "medium" ? weight : 0), 0),
    );
    onBroken.set(cycle, Math.max(...shares));
  });

  test("moves most calls of every context away within three cycles of its evidence", () => {
    expect(onBroken.get(119)).toBeGreaterThan(0.5); // it was served
    for (let cycle = 124; cycle < 160; cycle++) expect(onBroken.get(cycle)).toBeLessThan(0.5);
  });

  test("costs few calls, and the winner comes back after it", () => {
    expect(scores.violatingTraffic).toBeLessThan(0.02);
    expect(scores.lastQuarterRegret).toBeLessThan(0.2);
  });
});

test("silence holds everything, and learning goes on where it stopped", () => {
  const served: string[] = [];
  const { cyclesToLift } = watch("silence", 150, ({ cycle, served: allocations, learner }) => {
    if (cycle <= 60 || cycle >= 90) return;
    served.push(JSON.stringify(allocations));
    const decision = (learner as ProductLearner).decision();
    expect(decision).toMatchObject({ adaptations: [], mayExplore: false });
    for (const { reason } of decision?.contexts ?? []) expect(reason.code).toBe("EVIDENCE_NO_DATA");
  });
  expect(served).toHaveLength(29);
  expect(new Set(served).size).toBe(1);
  expect(cyclesToLift).toBeLessThanOrEqual(60);
});

test("where the base values are best they stay, and looking for better costs little", () => {
  const scores = run("baseline-best", 200);
  expect(mean(scores, (each) => each.changes)).toBe(0);
  expect(mean(scores, (each) => each.regret)).toBeLessThan(0.08);
});

test("a setting that is too slow is not kept, although its quality is best", () => {
  const scores = run("latency-limit", 300);
  // The nearest setting over the limit misses it with 11 % of its calls where 5 % may. A call of it raises the alarm by
  // 0.11 ln(9/5) + 0.89 ln(91/95) = 0.026 in the mean, so the bound of ln 600 = 6.4 takes about 245 calls. A context has 18,000 calls in
  // the mean: 0.02 of them are one and a half such alarms. Settings further out take fewer calls each.
  expect(mean(scores, (each) => each.violatingTraffic)).toBeLessThan(0.02);
  expect(mean(scores, (each) => each.lastQuarterRegret)).toBeLessThan(0.15);
});

test.each(["common-drop", "day-and-night"])("what hits every setting alike fools nobody: %s", (name) => {
  const scores = run(name, 200);
  expect(mean(scores, (each) => each.falseChanges)).toBeLessThanOrEqual(0.1);
  expect(mean(scores, (each) => each.lastQuarterRegret)).toBeLessThan(0.15);
});

test("when the optimum moves, learning moves after it", () => {
  expect(mean(run("drift", 300), (each) => each.lastQuarterRegret)).toBeLessThan(0.15);
});

describe("what people say, a few cycles late", () => {
  /** Nobody likes the base temperature; everybody likes 0.8. */
  const disliked = simulatedService({
    name: "disliked",
    summary: "Ratings rise with the temperature, and nothing else shows it.",
    contextKeys: ["genre"],
    traffic: { "genre=g0": 60, "genre=g1": 60 },
    parameters: { temperature: { base: 0.7, min: 0.5, max: 0.9, step: 0.1 } },
    objective: { success: 0.4, feedback: 0.6 },
    ratings: { share: 0.2, delayCycles: 3 },
    behaviour: ({ temperature }) => ({
      success: 0.9,
      quality: 0.5,
      medianSeconds: 1,
      rating: Number(temperature) > 0.75 && Number(temperature) < 0.85 ? 0.75 : 0.35,
    }),
  });
  const settingAfter = (create: CreateLearner, cycles: number): unknown => {
    let served: WatchedCycle["served"] = {};
    runEnvironment(disliked, create, 71, cycles, { onCycle: (cycle) => ({ served } = cycle) });
    return Object.values(served).map(
      (variants) => variants.toSorted((left, right) => right.weight - left.weight)[0]?.parameters["temperature"],
    );
  };
  const using =
    (kind: string, options: object, ...own: StrategyDefinition[]): CreateLearner =>
    (specification, seed) =>
      createLearner(
        { ...specification, strategy: { kind, options: { ...options } } },
        seed,
        Object.fromEntries(own.map((each) => [each.id, each])),
      );

  test("moves the feedback rule up by one step, and no further once people are content", () => {
    expect(settingAfter(using("feedback-rule", { entries: 8 }), 60)).toEqual([0.8, 0.8]);
  });

  test("teaches the response surface", () => {
    expect(settingAfter(using("response-surface", {}), 120)).toEqual([0.8, 0.8]);
  });

  test("reaches a strategy of one's own", () => {
    const counting: StrategyDefinition = {
      id: "up-once-disliked",
      options: {},
      build: () =>
        ({
          propose: ({ contexts }: StrategyInput) => ({
            contexts: Object.fromEntries(
              contexts.map(({ id, incumbent, feedback = [] }) => {
                const poor = feedback.filter(({ variant, score }) => variant === incumbent.id && score < 0.5);
                const reason = { sentence: `${poor.length} calls were rated badly.` };
                const temperature = Math.min(
                  0.9,
                  Math.round(10 * Number(incumbent.parameters["temperature"]) + 1) / 10,
                );
                const change = { to: { temperature }, confidence: 0.9, reason };
                return [id, poor.length > 4 ? { reason, change } : { reason }];
              }),
            ),
          }),
        }) as unknown as Strategy,
    };
    expect(settingAfter(using(counting.id, {}, counting), 60)).toEqual([0.8, 0.8]);
  });
});
