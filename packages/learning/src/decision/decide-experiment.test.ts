import { type AllocatedVariant, type Allocation, assignVariant, type ParameterValues } from "@trimtab/conventions";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Evidence, EvidenceCell, Measurements } from "../evidence/evidence.ts";
import { addMeasurements } from "../evidence/measurements.ts";
import type { OperationPolicy, StrategyChoice } from "../policy/policy.ts";
import { baselineOf } from "../policy/setting.ts";
import { type DecideOutput, decide } from "./decide.ts";
import type { OperationState } from "./operation-state.ts";
import { SAMPLE_CONTEXTS, SAMPLE_POLICY, sampleMeasurements, sampleWindow } from "./sample-operation.ts";
import { LARGEST_CHALLENGER_SHARE } from "./shares.ts";

const SURFACE: StrategyChoice = { kind: "response-surface", options: {} };
/** Raises the temperature at a success rate under 0.95, lowers it at one over 0.99. */
const RULE: StrategyChoice = { kind: "threshold-rule", options: { below: 0.95, above: 0.99 } };

function against(treatment: StrategyChoice, control: StrategyChoice = SURFACE, share = 0.5): OperationPolicy {
  return { ...SAMPLE_POLICY, strategy: control, experiment: { name: "ab", treatment, share } };
}

type Truth = (parameters: ParameterValues, cycle: number) => { readonly successRate: number; readonly quality: number };
const STEADY: Truth = () => ({ successRate: 0.9, quality: 0.6 });

/** One cell per variant, whichever arms serve it. */
function evidenceOf(cycle: number, allocations: readonly Allocation[], calls: number, truth: Truth): Evidence {
  const baseline: AllocatedVariant = { ...baselineOf(SAMPLE_POLICY.parameters), role: "baseline", weight: 1 };
  const cells = SAMPLE_CONTEXTS.flatMap((context): EvidenceCell[] => {
    const allocation = allocations.find((each) => each.context["genre"] === context["genre"]);
    const measured = new Map<string, Measurements>();
    for (const { id, weight, parameters } of allocation?.variants ?? [baseline]) {
      const { successRate, quality } = truth(parameters, cycle);
      const own = sampleMeasurements(Math.round(calls * weight), successRate, quality);
      const other = measured.get(id);
      if (calls * weight >= 0.5) measured.set(id, other === undefined ? own : addMeasurements(other, own));
    }
    return [...measured].map(([variant, value]) => ({ context, variant, reading: { kind: "value", value } }));
  });
  return { window: sampleWindow(cycle), queries: [], cells: { kind: "value", value: cells } };
}

interface RunOptions {
  readonly cycles: number;
  readonly truth?: Truth;
  readonly calls?: number;
  readonly after?: readonly DecideOutput[];
}

function run(policy: OperationPolicy, { cycles, truth = STEADY, calls = 400, after = [] }: RunOptions): DecideOutput[] {
  const outputs = [...after];
  for (let cycle = after.length; cycle < after.length + cycles; cycle++) {
    const before = outputs.at(-1);
    const evidence = evidenceOf(cycle, before?.decision.allocations ?? [], calls, truth);
    const state = before === undefined ? undefined : (JSON.parse(JSON.stringify(before.state)) as OperationState);
    outputs.push(decide({ policy, state, evidence, now: evidence.window.to, seed: `seed ${cycle}` }));
  }
  return outputs.slice(after.length);
}

function last(outputs: readonly DecideOutput[]): DecideOutput {
  const output = outputs.at(-1);
  if (output === undefined) throw new RangeError("there was no cycle");
  return output;
}

function served({ decision }: DecideOutput, genre = "rock"): readonly AllocatedVariant[] {
  return decision.allocations.find(({ context }) => context["genre"] === genre)?.variants ?? [];
}

describe("two arms", () => {
  const outputs = run(against(RULE), {
    cycles: 60,
    truth: ({ model }) => ({
      successRate: 0.9,
      quality: model === "large" ? 0.8 : 0.6,
    }),
  });
  const { decision, state } = last(outputs);

  test("learn by themselves: the rule walks up, the surface finds the large model, each in its half", () => {
    const applied = outputs.flatMap(({ decision: each }) => each.adaptations);
    const byArm = (arm: string) => applied.filter(({ experiment }) => experiment?.arm === arm);
    expect(byArm("treatment").map(({ parameter }) => parameter)).toContain("temperature");
    expect(byArm("treatment").map(({ parameter }) => parameter)).not.toContain("model");
    expect(byArm("control").map(({ parameter }) => parameter)).toContain("model");
    expect(byArm("control").length + byArm("treatment").length).toBe(applied.length);
    expect(new Set(applied.map(({ id }) => id)).size).toBe(applied.length);
    const large = served(last(outputs)).filter(({ parameters }) => parameters["model"] === "large");
    const hot = served(last(outputs)).filter(({ parameters }) => parameters["temperature"] === 0.9);
    expect(large.reduce((sum, { weight }) => sum + weight, 0)).toBeGreaterThan(0.4);
    expect(hot.some(({ parameters }) => parameters["model"] === "small")).toBe(true);
  });

  test("are compared: the control does better, and the sentence says by how much", () => {
    const { experiment } = decision;
    expect(experiment?.arms).toEqual([
      { arm: "control", strategy: "response-surface", share: 0.5 },
      { arm: "treatment", strategy: "threshold-rule", share: 0.5 },
    ]);
    expect(experiment?.difference?.upper).toBeLessThan(0);
    expect(experiment?.windows).toBeGreaterThan(20);
    expect(experiment?.verdict.code).toBe("EXPERIMENT_CONTROL_BETTER");
    expect(experiment?.verdict.sentence).toMatch(
      /^A call under the treatment \(threshold-rule\) has -0\.\d{3} \(-0\.\d{3} to -0\.\d{3}\) in utility against the control \(response-surface\), over \d+ windows: the control does better\.$/,
    );
  });

  test("share the calls of what both serve, and still tell whole numbers of calls", () => {
    const climber: StrategyChoice = { kind: "hill-climbing", options: { parameter: "temperature" } };
    const climbing = run(against(climber, SURFACE, 0.37), {
      cycles: 60,
      truth: ({ temperature }) => ({ successRate: 0.9, quality: 0.5 + 0.4 * Number(temperature) }),
    });
    const proven = climbing.flatMap(({ decision: each }) => each.adaptations);
    expect(proven.some(({ basis }) => !Number.isInteger(basis.to?.calls))).toBe(true);
    for (const { reason } of proven) expect(reason.sentence).toMatch(/[ ,]\d+ calls in /);
  });

  test("have a decision each in every context", () => {
    expect(decision.contexts.map(({ context, arm }) => [context["genre"] ?? "", arm])).toEqual([
      ["", "control"],
      ["", "treatment"],
      ["jazz", "control"],
      ["jazz", "treatment"],
      ["rock", "control"],
      ["rock", "treatment"],
    ]);
  });

  test("keep every sticky key in its arm from the first cycle to the last", () => {
    const stages = outputs.filter((output) => served(output).length > 1);
    const edges = (variants: readonly AllocatedVariant[]) => {
      // the second arm begins where the first one's 0.475 end
      let sum = 0;
      return variants.slice(1).map((each) => ({ variant: each, isTreatment: (sum += each.weight) > 0.475 + 1e-6 }));
    };
    const salt = stages[0]?.decision.allocations.at(-1)?.salt ?? "";
    for (let key = 0; key < 200; key++) {
      const arms = stages.map((stage) => {
        const variants = served(stage);
        expect(stage.decision.allocations.at(-1)?.salt).toBe(salt);
        const chosen = assignVariant(variants, { holdoutSalt: "h", salt }, { key: `user ${key}` });
        return chosen.role === "baseline"
          ? "holdout"
          : edges(variants).find(({ variant }) => variant === chosen)?.isTreatment;
      });
      expect(new Set(arms).size).toBe(1);
    }
  });

  test("end with the control kept: what the rule had applied is rolled back, and only what is served is applied", () => {
    const { experiment: _, ...policy } = against(RULE);
    const ended = last(run(policy, { cycles: 1, after: outputs }));
    const applied = appliedAfter([...outputs, ended]);
    expect(applied.every(({ experiment }) => experiment?.arm === "control")).toBe(true);
    expect(applied.length).toBeGreaterThan(0);
    const reasons = ended.decision.transitions.map(({ status, reason }) => [status, reason.code]);
    expect(reasons).toContainEqual(["rolled-back", "EXPERIMENT_ENDED"]);
    expect(ended.decision.experimentEnded).toMatchObject({
      name: "ab",
      kept: "control",
      windows: decision.experiment?.windows,
    });
    expect(ended.decision.experimentEnded?.difference).toEqual(decision.experiment?.difference);
    expect(ended.decision.experiment).toBeUndefined();
    expect(Object.keys(ended.state)).not.toContain("experiment");
    const incumbent = served(ended).find(({ role }) => role === "incumbent");
    expect(incumbent?.parameters["model"]).toBe("large");
    const inRock = applied.filter(({ context }) => context["genre"] === "rock");
    for (const { parameter, newValue } of inRock) expect(incumbent?.parameters[parameter]).toBe(newValue);
  });

  test("end with the treatment kept where its strategy becomes the operation's", () => {
    const { experiment: _, ...policy } = { ...against(RULE), strategy: RULE };
    const [ended, next] = run(policy, { cycles: 2, after: outputs });
    const applied = appliedAfter([...outputs, ended as DecideOutput]);
    expect(ended?.decision.experimentEnded?.kept).toBe("treatment");
    expect(applied.length).toBeGreaterThan(0);
    expect(applied.every(({ experiment }) => experiment?.arm === "treatment")).toBe(true);
    expect(served(ended as DecideOutput).find(({ role }) => role === "incumbent")?.parameters["temperature"]).toBe(0.9);
    expect(served(next as DecideOutput)).toEqual(served(ended as DecideOutput));
  });

  test("under another name begin anew: the control keeps what it found, the treatment starts from the base values", () => {
    const policy = against(RULE);
    const renamed = { ...policy, experiment: { name: "cd", treatment: RULE, share: 0.5 } };
    const next = last(run(renamed, { cycles: 1, after: outputs }));
    expect(next.decision.experimentEnded).toMatchObject({ name: "ab", kept: "control" });
    expect(next.decision.experiment).toMatchObject({ name: "cd", windows: 0 });
    expect(next.decision.experiment?.verdict.code).toBe("EXPERIMENT_COLLECTING");
    const [holdout, first, ...rest] = served(next);
    expect([holdout?.role, first?.parameters["model"]]).toEqual(["baseline", "large"]);
    expect(rest.at(-1)).toMatchObject({ role: "incumbent", parameters: { temperature: 0.7, model: "small" } });
  });

  test("go on where only the share changes, each with what it has learnt", () => {
    const ramped = last(run(against(RULE, SURFACE, 0.2), { cycles: 1, after: outputs }));
    expect(ramped.decision.experimentEnded).toBeUndefined();
    expect(ramped.decision.experiment?.windows).toBeGreaterThanOrEqual(decision.experiment?.windows ?? 0);
    const hot = served(ramped).find(
      ({ parameters }) => parameters["temperature"] === 0.9 && parameters["model"] === "small",
    );
    expect(hot?.weight).toBeCloseTo(0.2 * 0.95, 6);
  });

  test("restart the comparison, and nothing else, where the objective changes", () => {
    const policy = { ...against(RULE), objective: { quality: { weight: 1 } } };
    const next = last(run(policy, { cycles: 1, after: outputs }));
    expect(next.decision.experiment).toMatchObject({ windows: 0, startedAt: decision.experiment?.startedAt });
    expect(next.decision.experiment?.since).toBe(next.decision.at);
    expect(served(next).some(({ parameters }) => parameters["temperature"] === 0.9)).toBe(true);
  });

  test("serve the base values to everyone in mode observe, with nothing left applied", () => {
    const observing = last(run({ ...against(RULE), mode: "observe" }, { cycles: 1, after: outputs }));
    expect(observing.decision.allocations.every(({ variants }) => variants.length === 1)).toBe(true);
    expect(appliedAfter([...outputs, observing])).toEqual([]);
  });

  test("remember as JSON: the state read back gives the same decision", () => {
    const evidence = evidenceOf(60, decision.allocations, 400, STEADY);
    const input = { policy: against(RULE), evidence, now: evidence.window.to, seed: "again" };
    const back = JSON.parse(JSON.stringify(state)) as OperationState;
    expect(JSON.stringify(decide({ ...input, state: back }))).toBe(JSON.stringify(decide({ ...input, state })));
  });
});

function appliedAfter(outputs: readonly DecideOutput[]) {
  const gone = new Set(outputs.flatMap(({ decision }) => decision.transitions.map(({ id }) => id)));
  return outputs
    .flatMap(({ decision }) => decision.adaptations)
    .filter(({ id, status }) => status === "applied" && !gone.has(id));
}

describe("people", () => {
  const origin = { id: "act-1", at: 1, who: "mira", why: "because" };
  /** Both arms would walk to 0.9, and only suggest it. */
  const suggesting: OperationPolicy = {
    ...against(RULE, { ...RULE, options: { ...RULE.options, step: 0.1 } }),
    mode: "suggest",
  };

  test("override both arms: every call outside of the holdout has what the person set", () => {
    const outputs = run(against(RULE), { cycles: 10 });
    const act = { ...origin, kind: "override" as const, context: {}, values: { temperature: 0.5 } };
    const before = last(outputs);
    const evidence = evidenceOf(10, before.decision.allocations, 400, STEADY);
    const output = decide({
      policy: against(RULE),
      state: before.state,
      evidence,
      now: evidence.window.to,
      seed: "s",
      acts: [act],
    });
    expect(output.decision.acts?.map(({ result }) => result)).toEqual(["done"]);
    for (const genre of ["rock", "jazz"]) {
      const others = served(output, genre).filter(({ role }) => role !== "baseline");
      expect(others.map(({ parameters }) => parameters["temperature"])).toEqual([0.5, 0.5]);
    }
  });

  test("reject a change in one arm: its values are not tried in the other either", () => {
    const outputs = run(suggesting, { cycles: 3 });
    const suggested = outputs.flatMap(({ decision }) => decision.adaptations);
    const mine = suggested.filter(
      ({ experiment, context }) => experiment?.arm === "control" && context["genre"] === "rock",
    );
    const [first] = mine;
    if (first === undefined) throw new RangeError("nothing was suggested");
    const change = { changeId: first.changeId, context: first.context, adaptations: mine };
    const before = last(outputs);
    const evidence = evidenceOf(3, before.decision.allocations, 400, STEADY);
    const acts = [{ ...origin, kind: "reject" as const, change }];
    const acted = decide({
      policy: suggesting,
      state: before.state,
      evidence,
      now: evidence.window.to,
      seed: "s",
      acts,
    });
    expect(acted.decision.acts?.map(({ result }) => result)).toEqual(["done"]);
    const later = run(suggesting, { cycles: 10, after: [...outputs, acted] });
    const inRock = later
      .flatMap(({ decision }) => decision.contexts)
      .filter(({ context }) => context["genre"] === "rock");
    const barred = inRock.filter(({ refused }) => refused.some(({ reason }) => reason.code === "BARRED"));
    expect(new Set(barred.map(({ arm }) => arm))).toEqual(new Set(["control", "treatment"]));
  });
});

test("under a freeze an experiment waits, and begins when it has ended", () => {
  const alone = run({ ...SAMPLE_POLICY, strategy: SURFACE }, { cycles: 5 });
  const act = (before: DecideOutput, cycle: number, policy: OperationPolicy, kind: "freeze" | "unfreeze") => {
    const evidence = evidenceOf(cycle, before.decision.allocations, 400, STEADY);
    const acts = [{ id: kind, at: 1, who: "mira", why: "because", kind }];
    return decide({ policy, state: before.state, evidence, now: evidence.window.to, seed: "s", acts });
  };
  const frozen = act(last(alone), 5, { ...SAMPLE_POLICY, strategy: SURFACE }, "freeze");
  const waiting = last(run(against(RULE), { cycles: 1, after: [...alone, frozen] }));
  expect(waiting.decision.experiment).toBeUndefined();
  expect(waiting.decision.allocations).toEqual(frozen.decision.allocations);
  const released = act(waiting, 7, against(RULE), "unfreeze");
  expect(released.decision.experiment).toBeUndefined();
  const begun = last(run(against(RULE), { cycles: 1, after: [...alone, frozen, waiting, released] }));
  expect(begun.decision.experiment?.name).toBe("ab");
});

describe("the whole operation", () => {
  const values = (temperature: number): StrategyChoice => ({ kind: "fixed", options: { values: { temperature } } });
  const limited: OperationPolicy = {
    ...against(values(0.8), values(0.8)),
    constraints: [{ kind: "success-rate", minimum: 0.8 }],
  };
  const failsLater: Truth = ({ temperature }, cycle) => ({
    successRate: temperature === 0.8 && cycle >= 20 ? 0.5 : 0.95,
    quality: 0.6,
  });

  test("takes a variant that both arms serve back in both at once, on the evidence of both", () => {
    const outputs = run(limited, { cycles: 40, truth: failsLater, calls: 60 });
    expect(
      served(outputs[19] as DecideOutput).filter(({ parameters }) => parameters["temperature"] === 0.8),
    ).toHaveLength(2);
    const rolledBack = outputs.flatMap(({ decision }, cycle) =>
      decision.contexts
        .filter(({ kind, context }) => kind === "roll-back" && context["genre"] === "rock")
        .map(({ arm }) => [cycle, arm]),
    );
    const first = rolledBack[0]?.[0];
    expect(first).toBeGreaterThanOrEqual(20);
    expect(rolledBack.slice(0, 2)).toEqual([
      [first, "control"],
      [first, "treatment"],
    ]);
    // as early as one strategy with all calls
    const { experiment: _, ...alone } = limited;
    const reference = run(alone, { cycles: 40, truth: failsLater, calls: 60 });
    const without = reference.findIndex(({ decision }) =>
      decision.contexts.some(({ kind, context }) => kind === "roll-back" && context["genre"] === "rock"),
    );
    expect(first).toBe(without);
  });

  test("lets what was taken back before the experiment rest in the treatment, too", () => {
    const { experiment: _, ...alone } = { ...limited, strategy: values(0.8) };
    const before = run(alone, {
      cycles: 10,
      truth: ({ temperature }) => ({ successRate: temperature === 0.8 ? 0.5 : 0.95, quality: 0.6 }),
    });
    const codes = before.flatMap(({ decision }) => decision.contexts.map(({ reason }) => reason.code));
    expect(codes).toContain("LIMIT_SUCCESS_RATE");
    const begun = last(run(limited, { cycles: 1, after: before }));
    const treated = begun.decision.contexts.find(
      ({ arm, context }) => arm === "treatment" && context["genre"] === "rock",
    );
    expect(treated?.refused.map(({ reason }) => reason.code)).toContain("BARRED");
    expect(served(begun).every(({ parameters }) => parameters["temperature"] === 0.7)).toBe(true);
  });

  test("holds both arms where the calls do not follow the shares", () => {
    const policy = against(values(0.9), values(0.8));
    const outputs = run(policy, { cycles: 10 });
    for (let cycle = 10; cycle < 110; cycle++) {
      const before = last(outputs);
      const evidence = evidenceOf(cycle, before.decision.allocations, 400, STEADY);
      const cells = evidence.cells.kind === "value" ? evidence.cells.value : [];
      // half of the calls of one setting lose their label
      const lost = cells.map((cell) => {
        const isHit = served(before).some(
          ({ id, parameters }) => id === cell.variant && parameters["temperature"] === 0.9,
        );
        return isHit ? { ...cell, reading: { kind: "value" as const, value: sampleMeasurements(95, 0.9, 0.6) } } : cell;
      });
      const spoilt = { ...evidence, cells: { kind: "value" as const, value: lost } };
      outputs.push(decide({ policy, state: before.state, evidence: spoilt, now: evidence.window.to, seed: "s" }));
    }
    const rock = last(outputs).decision.contexts.filter(({ context }) => context["genre"] === "rock");
    expect(rock.map(({ arm, reason }) => [arm, reason.code])).toEqual([
      ["control", "SAMPLE_RATIO_MISMATCH"],
      ["treatment", "SAMPLE_RATIO_MISMATCH"],
    ]);
  });

  test("opens the breaker of the arm that does the third roll-back, whoever did the first two", () => {
    // each arm may serve what breaks the limit, and does again once its bar is over
    const policy: OperationPolicy = { ...against(values(0.8), values(0.9)), constraints: limited.constraints };
    const rates: Readonly<Record<string, number>> = { 0.7: 0.95, 0.8: 0.7, 0.9: 0.3 };
    const bad: Truth = ({ temperature }) => ({ successRate: rates[String(temperature)] ?? 0, quality: 0.6 });
    const outputs = run(policy, { cycles: 90, truth: bad });
    const events = outputs.flatMap(({ decision }) =>
      decision.contexts.filter(({ context }) => context["genre"] === "rock"),
    );
    const rollBacks = events.filter(({ kind }) => kind === "roll-back").map(({ arm }) => arm);
    const open = new Set(events.filter(({ reason }) => reason.code === "BREAKER_OPEN").map(({ arm }) => arm));
    expect(new Set(rollBacks)).toEqual(new Set(["control", "treatment"]));
    // no arm had three of its own before a breaker opened
    expect(open.size).toBeGreaterThan(0);
    const opened = events.filter(({ reason }) => reason.code === "BREAKER_OPEN");
    expect(new Set(opened.map(({ breaker }) => breaker))).toEqual(new Set(["open"]));
    const untilOpen = events.slice(
      0,
      events.findIndex(({ reason }) => reason.code === "BREAKER_OPEN"),
    );
    for (const arm of ["control", "treatment"])
      expect(untilOpen.filter((each) => each.kind === "roll-back" && each.arm === arm).length).toBeLessThan(3);
  });

  test("whatever happens: shares sum to one, one holdout, few challengers, and any order of cells gives the same", () => {
    const anyLuck = fc.record({
      calls: fc.integer({ min: 0, max: 400 }),
      small: fc.double({ min: 0.2, max: 1, noNaN: true }),
      large: fc.double({ min: 0.2, max: 1, noNaN: true }),
    });
    const anyPolicy = fc.constantFrom(
      against(RULE),
      against(SURFACE, RULE, 0.3),
      { ...against({ kind: "thompson-sampling", options: {} }), holdout: 1 / 3, constraints: limited.constraints },
      { ...against(RULE), mode: "suggest" as const },
    );
    fc.assert(
      fc.property(anyPolicy, fc.array(anyLuck, { minLength: 1, maxLength: 10 }), (policy, luck) => {
        const reverse: DecideOutput[] = [];
        let before: DecideOutput | undefined;
        for (let cycle = 0; cycle < 4 * luck.length; cycle++) {
          const { calls, small, large } = luck[Math.floor(cycle / 4)] as (typeof luck)[number];
          const truth: Truth = ({ model }) => ({
            successRate: model === "large" ? large : small,
            quality: model === "large" ? large : small,
          });
          const evidence = evidenceOf(cycle, before?.decision.allocations ?? [], calls, truth);
          const input = { policy, state: before?.state, now: evidence.window.to, seed: "s" };
          const output = decide({ ...input, evidence });
          const turned = evidence.cells.kind === "value" ? [...evidence.cells.value].reverse() : [];
          reverse.push(decide({ ...input, evidence: { ...evidence, cells: { kind: "value", value: turned } } }));
          expect(JSON.stringify(reverse.at(-1))).toBe(JSON.stringify(output));
          for (const { variants } of output.decision.allocations) {
            expect(Math.abs(variants.reduce((sum, { weight }) => sum + weight, 0) - 1)).toBeLessThan(1e-9);
            expect(variants.every(({ weight }) => weight >= 0)).toBe(true);
            const baseline = variants.filter(({ role }) => role === "baseline");
            expect(baseline).toHaveLength(1);
            expect(baseline[0]?.weight).toBeGreaterThanOrEqual(policy.holdout);
            const tried = variants.filter(({ role }) => role === "challenger");
            expect(tried.reduce((sum, { weight }) => sum + weight, 0)).toBeLessThanOrEqual(
              LARGEST_CHALLENGER_SHARE + 1e-6,
            );
          }
          before = output;
        }
      }),
      { numRuns: 8 },
    );
  });
});

test("an operation without an experiment remembers and decides nothing of one", () => {
  const { decision, state } = last(run(SAMPLE_POLICY, { cycles: 5 }));
  expect(Object.keys(state)).not.toContain("experiment");
  expect(Object.keys(decision)).not.toContain("experiment");
  expect(decision.contexts.every((each) => !Object.hasOwn(each, "arm"))).toBe(true);
});
