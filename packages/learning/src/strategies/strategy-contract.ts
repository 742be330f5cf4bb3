/**
 * What every strategy must keep, also one that somebody else writes. Its test calls `describeStrategy` first.
 */
import type { Json, ParameterValues } from "@trimtab/conventions";
import { parameterValuesProblems } from "@trimtab/conventions";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SAMPLE_CONTEXTS, SAMPLE_POLICY, sampleMeasurements } from "../decision/sample-operation.ts";
import type { ClosedWindow, WindowArm } from "../evidence/windows.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import { baselineOf, type Setting, settingOf } from "../policy/setting.ts";
import type { ContextObservation, Strategy, StrategyInput, StrategyProposal } from "./strategy.ts";

/** Runs the contract on a strategy that tunes the sample operation. */
export function describeStrategy(name: string, build: () => Strategy, policy: OperationPolicy = SAMPLE_POLICY): void {
  describe(`${name} keeps the strategy contract`, () => {
    test("the same evidence and seed give the same proposal, whatever the order of contexts", () => {
      fc.assert(
        fc.property(anyTurn(policy), (turn) => {
          const once = texts(build().propose(turn));
          expect(texts(build().propose(turn))).toEqual(once);
          expect(texts(build().propose({ ...turn, contexts: [...turn.contexts].reverse() }))).toEqual(once);
        }),
      );
    });

    test("whatever is proposed lies inside the space, with shares and confidences from 0 to 1 and a reason", () => {
      fc.assert(
        fc.property(anyTurn(policy), (turn) => {
          for (const { challengers = [], change, reason } of build().propose(turn).contexts.values()) {
            expect(reason.sentence.length).toBeGreaterThan(0);
            for (const { parameters, weight } of challengers) {
              expect(parameterValuesProblems(policy.parameters, parameters)).toEqual([]);
              expect(weight).toBeGreaterThanOrEqual(0);
              expect(weight).toBeLessThanOrEqual(1);
            }
            if (change === undefined) continue;
            expect(parameterValuesProblems(policy.parameters, change.to)).toEqual([]);
            expect(change.confidence).toBeGreaterThanOrEqual(0);
            expect(change.confidence).toBeLessThanOrEqual(1);
            expect(change.reason.sentence.length).toBeGreaterThan(0);
          }
        }),
      );
    });

    test("nothing that runs or is adopted lies further from the incumbent than one adaptation may go", () => {
      fc.assert(
        fc.property(anyTurn(policy), (turn) => {
          const { contexts } = build().propose(turn);
          for (const { id, incumbent, baseline } of turn.contexts) {
            const { change, challengers = [] } = contexts.get(id) ?? {};
            const changed = change === undefined ? incumbent : settingOf(change.to, baseline);
            // back to the base values for safety it goes any distance
            const adopted = changed.id === baseline.id ? incumbent : changed;
            expect(tooFar(policy, incumbent.parameters, adopted.parameters)).toEqual([]);
            const from = change !== undefined && turn.mayApply(change.confidence) ? changed : incumbent;
            for (const { parameters } of challengers) expect(tooFar(policy, from.parameters, parameters)).toEqual([]);
          }
        }),
      );
    });

    test("barred variants and those that were just taken back are not proposed", () => {
      fc.assert(
        fc.property(anyTurn(policy), (turn) => {
          const { contexts } = build().propose(turn);
          for (const { id, barred, takenBack, baseline } of turn.contexts) {
            const proposed = (contexts.get(id)?.challengers ?? []).map(
              ({ parameters }) => settingOf(parameters, baseline).id,
            );
            for (const variant of [...barred, ...takenBack]) expect(proposed).not.toContain(variant);
          }
        }),
      );
    });

    test("the memory is JSON: after a round trip the next turn is the same", () => {
      fc.assert(
        fc.property(anyTurn(policy), anyTurn(policy), (first, second) => {
          const proposal = build().propose(first);
          const memories = new Map([...proposal.contexts].map(([id, { memory }]) => [id, memory]));
          const next = (copy: (memory: Json) => Json): StrategyInput => ({
            ...second,
            shared: copy(proposal.shared),
            contexts: second.contexts.map((observation) => {
              const memory = memories.get(observation.id);
              return { ...observation, memory: memory === undefined ? undefined : copy(memory) };
            }),
          });
          const roundTrip = (memory: Json): Json => JSON.parse(JSON.stringify(memory)) as Json;
          expect(texts(build().propose(next(roundTrip)))).toEqual(texts(build().propose(next((memory) => memory))));
        }),
      );
    });
  });
}

/**
 * The parameters that move further than they may, with both values. Compared here once more, and not by the function that strategies
 * use themselves: a contract that asks the code under test believes its mistakes.
 */
function tooFar({ parameters }: OperationPolicy, from: ParameterValues, to: ParameterValues): string[] {
  return Object.entries(parameters).flatMap(([name, specification]) => {
    if (specification.type === "choice" || specification.type === "boolean") return [];
    const { largestStep = Number.POSITIVE_INFINITY, largestFactor = Number.POSITIVE_INFINITY } = specification;
    const [before, after] = [Number(from[name]), Number(to[name])];
    const isNear = Math.abs(after - before) < largestStep * 1.000001;
    const isInProportion =
      largestFactor === Number.POSITIVE_INFINITY ||
      Math.abs(Math.log(after / before)) < Math.log(largestFactor) * 1.000001;
    return isNear && isInProportion ? [] : [`${name} ${before} to ${after}`];
  });
}

function texts({ shared, contexts }: StrategyProposal): unknown {
  return JSON.parse(
    JSON.stringify({ shared, contexts: [...contexts].sort(([left], [right]) => (left < right ? -1 : 1)) }),
  );
}

/** A turn of two contexts in which something ran beside the baseline. */
function anyTurn(policy: OperationPolicy): fc.Arbitrary<StrategyInput> {
  const baseline = baselineOf(policy.parameters);
  const others: Setting[] = [0.6, 0.8].map((temperature) =>
    settingOf({ ...baseline.parameters, temperature }, baseline),
  );
  const settings = [baseline, ...others];
  const anyArm = fc.record({
    calls: fc.integer({ min: 1, max: 300 }),
    rate: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const anyContext = fc.record({
    arms: fc.tuple(anyArm, anyArm, anyArm),
    incumbent: fc.integer({ min: 0, max: 1 }),
    isCurrent: fc.boolean(),
    windows: fc.integer({ min: 0, max: 3 }),
    isTakenBack: fc.boolean(),
    isBarred: fc.boolean(),
  });
  return fc
    .tuple(fc.array(anyContext, { minLength: 2, maxLength: 2 }), fc.string(), fc.boolean())
    .map(([drawn, seed, isAuto]) => {
      const contexts = drawn.map(
        ({ arms, incumbent, isCurrent, windows, isTakenBack, isBarred }, index): ContextObservation => {
          const measured = new Map(
            settings.map(({ id }, arm) => [id, sampleMeasurements(arms[arm]?.calls ?? 1, arms[arm]?.rate ?? 0, 0.5)]),
          );
          const closed = Array.from({ length: windows }, (_, number): ClosedWindow => {
            const list = [...measured].map(([variant, measurements], arm): WindowArm => {
              const calls = arms[arm]?.calls ?? 1;
              return { variant, calls, utility: arms[arm]?.rate ?? 0, variance: 0.25 / calls, measurements };
            });
            return { from: 1000 * number, to: 1000 * (number + 1), cycles: 2, arms: list, isCurrent };
          });
          const [challenger] = others;
          return {
            id: `genre=${SAMPLE_CONTEXTS[index]?.["genre"]}`,
            context: SAMPLE_CONTEXTS[index] ?? {},
            memory: undefined,
            baseline,
            incumbent: settings[incumbent] ?? baseline,
            serving: settings.map((setting, arm) => ({
              ...setting,
              role: arm === 0 ? "baseline" : "challenger",
              weight: 0.2,
            })),
            known: new Map(settings.map(({ id, parameters }) => [id, parameters])),
            measured,
            windows: closed,
            takenBack: isTakenBack && challenger !== undefined ? [challenger.id] : [],
            barred: new Set(isBarred || isTakenBack ? [challenger?.id ?? ""] : []),
            limitLevels: policy.constraints.map(() => null),
            limits: () => ({ verdict: "passed", probability: 1, sentence: "every limit holds", level: 0, proof: 20 }),
          };
        },
      );
      const mayApply = (confidence: number): boolean => isAuto && confidence >= policy.confidence;
      return {
        policy,
        window: { from: 0, to: 1000 },
        now: 1000,
        cycle: 7,
        seed,
        shared: undefined,
        contexts,
        mayApply,
      };
    });
}
