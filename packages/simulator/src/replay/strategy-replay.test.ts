/** Recorded cycles of a service whose truth is known, replayed with other strategies. */
import { type Context, contextId } from "@trimtab/conventions";
import {
  type Act,
  baselineOf,
  decide,
  type EvidenceCell,
  type OperationPolicy,
  type OperationState,
  randomFromSeed,
  type StrategyDefinition,
} from "@trimtab/learning";
import { describe, expect, test, vi } from "vitest";
import type { RecordedCycle } from "./recorded-cycle.ts";
import { type StrategyReplay, StrategyReplayer } from "./strategy-replay.ts";

vi.setConfig({ testTimeout: 60_000 });

const POLICY: OperationPolicy = {
  component: "shop",
  operation: "checkout",
  context: ["genre"],
  parameters: { level: { type: "integer", base: 2, min: 1, max: 5 } },
  objective: { success: { weight: 1 } },
  constraints: [],
  mode: "auto",
  confidence: 0.7,
  holdout: 0.1,
  strategy: { kind: "thompson-sampling", options: {} },
};
const BASELINE = baselineOf(POLICY.parameters);
const CONTEXTS: readonly Context[] = [{ genre: "jazz" }, { genre: "rock" }];

/** 0.6 at level 1, 0.65 at 2, up to 0.8 at 5; and everything gets better from day to day, which must not fool anybody. */
function rateOf(level: number, cycle: number): number {
  return 0.55 + 0.05 * level + 0.1 * (cycle / 150);
}

/** What a controller would have recorded, and the true utility per call of what it served less that of the base values. */
function record(seed: number, cycles = 150): { readonly cycles: RecordedCycle[]; readonly truth: number } {
  const random = randomFromSeed(`record ${seed}`);
  const recorded: RecordedCycle[] = [];
  let state: OperationState | undefined;
  let shares = new Map(CONTEXTS.map((context) => [contextId(context), [{ ...BASELINE, weight: 1 }]]));
  let [won, calls] = [0, 0];
  for (let cycle = 1; cycle <= cycles; cycle++) {
    const cells: EvidenceCell[] = CONTEXTS.flatMap((context) =>
      (shares.get(contextId(context)) ?? []).map(({ id, weight, parameters }) => {
        const count = Math.round(60 * weight);
        const level = Number(parameters["level"]);
        let success = 0;
        for (let call = 0; call < count; call++) if (random.uniform() < rateOf(level, cycle)) success += 1;
        calls += count;
        won += count * (rateOf(level, cycle) - rateOf(2, cycle));
        return {
          context,
          variant: id,
          reading: { kind: "value", value: { success, failure: count - success, partial: 0 } },
        };
      }),
    );
    const evidence = {
      window: { from: (cycle - 1) * 1000, to: cycle * 1000 },
      queries: [],
      cells: { kind: "value" as const, value: cells },
    };
    // the decision is made at the end of its window, and in force in the next one
    const output = decide({ policy: POLICY, state, evidence, now: cycle * 1000, seed: `cycle ${cycle}` });
    state = JSON.parse(JSON.stringify(output.state)) as OperationState;
    const { allocations } = output.decision;
    shares = new Map(allocations.map(({ context, variants }) => [contextId(context), [...variants]]));
    recorded.push({
      cycle,
      policy: POLICY,
      seed: `cycle ${cycle}`,
      evidence,
      decision: { at: cycle * 1000, allocations },
      ...(cycle % 20 === 0 ? { state } : {}),
    });
  }
  return { cycles: recorded, truth: won / calls };
}

function replay(
  cycles: readonly RecordedCycle[],
  ...[choice, own]: [OperationPolicy["strategy"]?, StrategyDefinition?]
): StrategyReplay {
  const replayer = new StrategyReplayer(choice, own === undefined ? {} : { [own.id]: own });
  for (const each of cycles) replayer.add(each);
  return replayer.report() as StrategyReplay;
}

const { cycles: CYCLES } = record(1);
const FIXED = { kind: "fixed", options: {} } as const;

describe("the strategy that was in force", () => {
  test("gives itself back: nothing is unknown, and the difference is 0", () => {
    const report = replay(CYCLES);
    expect(report).toMatchObject({ first: 1, last: 150, cycles: 150, unreadable: 0 });
    expect(report.divergedAfter).toBeUndefined();
    expect(report.all).toMatchObject({ known: 1, difference: { estimate: 0, lower: 0, upper: 0 } });
    for (const { servedSettings, otherSettings } of report.contexts)
      expect(otherSettings.map(({ variant }) => variant)).toEqual(
        expect.arrayContaining(servedSettings.map(({ variant }) => variant)),
      );
  });

  test("also from the middle on, where only later cycles are kept", () => {
    const report = replay(CYCLES.slice(50));
    // the first state that is kept after cycle 50 is that of cycle 60
    expect(report).toMatchObject({ first: 61, last: 150, all: { known: 1, difference: { estimate: 0 } } });
    expect(report.divergedAfter).toBeUndefined();
  });

  test("with other options it is another strategy", () => {
    const report = replay(CYCLES, { kind: "thompson-sampling", options: { challengers: 1 } });
    expect(report.divergedAfter).toBeGreaterThan(0);
    expect(report.all.known).toBeLessThan(1);
  });
});

describe("the base values for ever, which always ran", () => {
  test("are known wholly, and their difference is what learning has won", () => {
    const { all, contexts } = replay(CYCLES, FIXED);
    expect(all.known).toBe(1);
    expect(all.bounds).toBeUndefined();
    expect(all.difference?.estimate).toBeLessThan(-0.02);
    for (const { otherSettings } of contexts)
      expect(otherSettings).toMatchObject([{ parameters: { level: 2 }, share: 1 }]);
  });

  test("the interval holds the truth as often as it says", () => {
    const inside = Array.from({ length: 20 }, (_, seed) => {
      const { cycles, truth } = record(100 + seed, 60);
      const { lower, upper } = replay(cycles, FIXED).all.difference ?? { lower: 1, upper: -1 };
      return lower <= -truth && -truth <= upper;
    }).filter(Boolean).length;
    // With a true coverage of 0.95, fewer than 16 of 20 has the probability 0.003 (binomial); the runs are fixed, so this is a check and not a gamble.
    expect(inside).toBeGreaterThanOrEqual(16);
  });
});

test("a setting that never ran is unknown, and is not guessed", () => {
  const own: StrategyDefinition = {
    id: "straight-up",
    options: {},
    build: () => ({
      propose: ({ contexts }: { contexts: readonly { id: string }[] }) => ({
        contexts: Object.fromEntries(
          contexts.map(({ id }) => [
            id,
            { reason: { sentence: "Up." }, challengers: [{ parameters: { level: 1 }, weight: 0.4 }] },
          ]),
        ),
      }),
    }),
  } as unknown as StrategyDefinition;
  const never = CYCLES.slice(0, 20).map((each) => {
    const { cells } = each.evidence;
    const value = cells.kind === "value" ? cells.value.filter(({ variant }) => variant === BASELINE.id) : [];
    return { ...each, evidence: { ...each.evidence, cells: { kind: "value" as const, value } } };
  });
  const { all, contexts } = replay(never, { kind: own.id, options: {}, module: { path: "own.mjs", digest: "x" } }, own);
  expect(all.known).toBeCloseTo(0.62, 1); // the first cycle whole, then 60 %
  expect(all.difference).toMatchObject({ estimate: 0 }); // what is known of it is the base values, as served
  expect(all.bounds?.lower).toBeLessThan(-0.2);
  expect(all.bounds?.upper).toBeGreaterThan(0.1);
  expect(contexts[0]?.otherSettings).toContainEqual(expect.objectContaining({ parameters: { level: 1 } }));
});

test("what a person overruled stays overruled, whatever decides", () => {
  const override: Act = {
    kind: "override",
    id: "act-1",
    who: "ada",
    why: "We have a deadline.",
    at: 39_500,
    context: {},
    values: { level: 4 },
  };
  const overruled = CYCLES.map((each) => (each.cycle === 40 ? { ...each, acts: [override] } : each));
  const { contexts } = replay(overruled, FIXED);
  for (const { otherSettings } of contexts) {
    const [first] = otherSettings;
    expect(first).toMatchObject({ parameters: { level: 4 } });
    expect(first?.share).toBeGreaterThan(0.5);
  }
});

test("cycles without evidence are counted and change nothing", () => {
  const silent = CYCLES.map((each) =>
    each.cycle === 30
      ? { ...each, evidence: { ...each.evidence, cells: { kind: "timeout" as const, detail: "no answer" } } }
      : each,
  );
  expect(replay(silent, FIXED)).toMatchObject({ cycles: 150, unreadable: 1, all: { known: 1 } });
});

test("without a cycle to start from there is no report", () => {
  expect(replay(CYCLES.slice(61, 75))).toBeUndefined();
  expect(replay([])).toBeUndefined();
});
