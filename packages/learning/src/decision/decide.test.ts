import type { Allocation, Json } from "@trimtab/conventions";
import { describe, expect, test } from "vitest";
import type { Evidence, EvidenceCell, MissingKind } from "../evidence/evidence.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import { type DecideOutput, decide } from "./decide.ts";
import type { OperationState } from "./operation-state.ts";
import { REASON_CODES } from "./reasons.ts";
import { SAMPLE_POLICY, sampleEvidence, sampleMeasurements, sampleWindow } from "./sample-operation.ts";

/** The large model is better by 0.15 in utility, whatever the temperature. */
function largeIsBetter(parameters: Allocation["variants"][number]["parameters"], _context: unknown, share: number) {
  return sampleMeasurements(Math.max(2, Math.round(100 * share)), 0.9, parameters["model"] === "large" ? 0.8 : 0.5);
}

/** Runs cycles and returns all outputs. */
function run(
  cycles: number,
  policy: OperationPolicy = SAMPLE_POLICY,
  measure = largeIsBetter,
  from: { state?: OperationState | undefined; allocations?: readonly Allocation[]; cycle?: number } = {},
): DecideOutput[] {
  const outputs: DecideOutput[] = [];
  let { state, allocations = [] } = from;
  for (let cycle = from.cycle ?? 0; cycle < (from.cycle ?? 0) + cycles; cycle++) {
    const evidence = sampleEvidence(policy, cycle, allocations, measure);
    const output = decide({ policy, state, evidence, now: evidence.window.to, seed: `seed ${cycle}` });
    ({ state } = output);
    ({ allocations } = output.decision);
    outputs.push(output);
  }
  return outputs;
}

function last(outputs: readonly DecideOutput[]): DecideOutput {
  const output = outputs.at(-1);
  if (output === undefined) throw new Error("there was no cycle");
  return output;
}

function rock(output: DecideOutput): Allocation {
  const allocation = output.decision.allocations.find(({ context }) => context["genre"] === "rock");
  if (allocation === undefined) throw new Error("rock has no allocation");
  return allocation;
}

test("the first cycle without data serves the base values to everyone", () => {
  const evidence: Evidence = { window: sampleWindow(0), queries: [], cells: { kind: "no-data", detail: "empty" } };
  const { decision } = decide({ policy: SAMPLE_POLICY, state: undefined, evidence, now: 12_000, seed: "" });
  expect(decision.allocations).toHaveLength(1);
  expect(decision.allocations[0]?.context).toEqual({});
  expect(decision.allocations[0]?.variants.map(({ role, weight }) => [role, weight])).toEqual([["baseline", 1]]);
  expect(decision.contexts[0]?.reason.code).toBe("EVIDENCE_NO_DATA");
  expect(decision.mayExplore).toBe(false);
});

test("a challenger that a service stopped by itself is taken back in that cycle, and rests", () => {
  const before = run(20);
  const { state, decision } = last(before);
  const challenger = rock(last(before)).variants.find(({ role }) => role === "challenger");
  expect(challenger).toBeDefined();
  const { allocations } = decision;
  const evidence = sampleEvidence(SAMPLE_POLICY, 20, allocations, largeIsBetter);
  const cells = evidence.cells.kind === "value" ? evidence.cells.value : [];
  const stopped = cells.map((cell) =>
    cell.variant === challenger?.id && cell.context["genre"] === "rock" && cell.reading.kind === "value"
      ? { ...cell, reading: { kind: "value" as const, value: { ...cell.reading.value, stops: 2 } } }
      : cell,
  );
  const turn = { policy: SAMPLE_POLICY, state, now: evidence.window.to, seed: "seed" };
  const output = decide({ ...turn, evidence: { ...evidence, cells: { kind: "value", value: stopped } } });
  expect(rock(output).variants.map(({ id }) => id)).not.toContain(challenger?.id);
  expect(output.decision.contexts.find(({ context }) => context["genre"] === "rock")).toMatchObject({
    kind: "roll-back",
    reason: {
      code: "STOPPED_BY_SERVICE",
      sentence: expect.stringContaining(`${challenger?.id}: the service stopped it by itself 2 times`) as string,
    },
  });
  const later = run(30, SAMPLE_POLICY, largeIsBetter, {
    state: output.state,
    allocations: output.decision.allocations,
    cycle: 21,
  });
  for (const each of later) expect(rock(each).variants.map(({ id }) => id)).not.toContain(challenger?.id);
});

test("a model that is better by 0.15 is adopted in both contexts, with records that say why", () => {
  const outputs = run(60);
  const adopted = outputs
    .flatMap(({ decision }) => decision.adaptations)
    .filter(({ parameter }) => parameter === "model");
  expect(new Set(adopted.map(({ context }) => context["genre"]))).toEqual(new Set(["jazz", "rock"]));
  const [first] = adopted;
  expect(first).toMatchObject({
    oldValue: "small",
    newValue: "large",
    status: "applied",
    component: "shop",
    operation: "search",
  });
  expect(first?.id).toMatch(/^a-[a-z2-7]{10}$/);
  expect(first?.changeId).toMatch(/^c-[a-z2-7]{10}$/);
  expect(first?.confidence).toBeGreaterThan(0.7);
  expect(first?.basis.difference?.estimate).toBeGreaterThan(0.1);
  expect(first?.basis.from.calls).toBeGreaterThan(20);
  expect(first?.basis.to?.meanQuality).toBeCloseTo(0.8, 6);
  const incumbent = rock(last(outputs)).variants.find(({ role }) => role === "incumbent");
  expect(incumbent?.parameters["model"]).toBe("large");
});

test("the lift against the holdout is measured, and its interval excludes zero in the end", () => {
  const { decision } = last(run(60));
  const lift = decision.contexts.find(({ context }) => context["genre"] === "rock")?.lift;
  // 0.15 in truth; the five calls of the holdout cannot fail by halves, so here it measures 0.1
  expect(lift?.estimate).toBeGreaterThan(0.08);
  expect(lift?.lower).toBeGreaterThan(0);
  expect(lift?.upper).toBeLessThanOrEqual(1);
  expect(lift?.holdout.calls).toBeGreaterThan(0);
});

test("contexts that were not seen yet have the base values", () => {
  const everyone = last(run(40)).decision.allocations.find(({ context }) => Object.keys(context).length === 0);
  expect(everyone?.variants.map(({ role, weight }) => [role, weight])).toEqual([["baseline", 1]]);
});

test("an operation without context keys learns in the one context that it has", () => {
  const policy = { ...SAMPLE_POLICY, context: [] };
  let output: DecideOutput | undefined;
  for (let cycle = 0; cycle < 30; cycle++) {
    const [allocation] = output?.decision.allocations ?? [];
    const cells = (allocation?.variants ?? []).map(({ id, parameters, weight }): EvidenceCell => {
      return { context: {}, variant: id, reading: { kind: "value", value: largeIsBetter(parameters, {}, weight) } };
    });
    const evidence: Evidence = { window: sampleWindow(cycle), queries: [], cells: { kind: "value", value: cells } };
    output = decide({ policy, state: output?.state, evidence, now: evidence.window.to, seed: `${cycle}` });
  }
  expect(output?.decision.allocations).toHaveLength(1);
  expect(output?.decision.allocations[0]?.variants.find(({ role }) => role === "incumbent")?.parameters["model"]).toBe(
    "large",
  );
});

describe("no data is never a number", () => {
  const before = last(run(30));
  const kinds: MissingKind[] = ["no-data", "not-a-number", "several-series", "stale", "partial", "error", "timeout"];

  test.each(kinds)("evidence that is %s holds every context and changes nothing that is remembered", (kind) => {
    const evidence: Evidence = { window: sampleWindow(30), queries: [], cells: { kind, detail: "so it is" } };
    const { decision, state } = decide({ policy: SAMPLE_POLICY, state: before.state, evidence, now: 72_000, seed: "" });
    expect(decision.contexts.every((context) => context.kind === "hold")).toBe(true);
    expect(new Set(decision.contexts.map(({ reason }) => reason.code))).toEqual(
      new Set([`EVIDENCE_${kind.toUpperCase().replaceAll("-", "_")}`]),
    );
    expect(decision.allocations).toEqual(before.decision.allocations);
    expect(decision.adaptations).toEqual([]);
    expect(decision.mayExplore).toBe(false);
    expect(state).toEqual(before.state);
  });

  test.each([
    ["NaN", Number.NaN],
    ["negative", -1],
    ["infinite", Number.POSITIVE_INFINITY],
  ])("a %s count in one cell holds its context, and only that", (_, wrong) => {
    const good = sampleEvidence(SAMPLE_POLICY, 30, before.decision.allocations, largeIsBetter);
    const cells = good.cells.kind === "value" ? good.cells.value : [];
    const spoilt = cells.map((cell, index): EvidenceCell => {
      return index === 0
        ? { ...cell, reading: { kind: "value", value: { success: wrong, failure: 0, partial: 0 } } }
        : cell;
    });
    const evidence: Evidence = { ...good, cells: { kind: "value", value: spoilt } };
    const { decision, state } = decide({ policy: SAMPLE_POLICY, state: before.state, evidence, now: 72_000, seed: "" });
    const codes = Object.fromEntries(
      decision.contexts.map(({ context, reason }) => [context["genre"] ?? "", reason.code]),
    );
    expect(codes["jazz"]).toBe("EVIDENCE_NOT_A_NUMBER");
    expect(codes["rock"]).not.toBe("EVIDENCE_NOT_A_NUMBER");
    expect(memoryOf(state, "genre=jazz")).toEqual(memoryOf(before.state, "genre=jazz"));
    expect(decision.mayExplore).toBe(true);
  });

  test("one variant measured twice is several series", () => {
    const good = sampleEvidence(SAMPLE_POLICY, 30, before.decision.allocations, largeIsBetter);
    const cells = good.cells.kind === "value" ? good.cells.value : [];
    const evidence: Evidence = { ...good, cells: { kind: "value", value: [...cells, ...cells.slice(0, 1)] } };
    const { decision } = decide({ policy: SAMPLE_POLICY, state: before.state, evidence, now: 72_000, seed: "" });
    expect(decision.contexts.find(({ context }) => context["genre"] === "jazz")?.reason.code).toBe(
      "EVIDENCE_SEVERAL_SERIES",
    );
  });

  test("a context without calls holds, and exploring is not confirmed when no context had any", () => {
    const evidence: Evidence = { window: sampleWindow(30), queries: [], cells: { kind: "value", value: [] } };
    const { decision } = decide({ policy: SAMPLE_POLICY, state: before.state, evidence, now: 72_000, seed: "" });
    expect(decision.contexts.map(({ reason }) => reason.code)).toEqual(["BASELINE_ONLY", "NO_CALLS", "NO_CALLS"]);
    expect(decision.mayExplore).toBe(false);
  });
});

describe("mode and confidence", () => {
  test("observe tries nothing, and takes back what was learnt before", () => {
    const learnt = last(run(30));
    const policy: OperationPolicy = { ...SAMPLE_POLICY, mode: "observe" };
    const [output] = run(1, policy, largeIsBetter, { ...learnt, allocations: learnt.decision.allocations, cycle: 30 });
    for (const allocation of output?.decision.allocations ?? []) expect(allocation.variants).toHaveLength(1);
    expect(output?.decision.transitions.length).toBeGreaterThan(0);
    expect(new Set(output?.decision.transitions.map(({ status, reason }) => `${status} ${reason.code}`))).toContain(
      "rolled-back MODE_IS_OBSERVE",
    );
    expect(run(30, policy).every(({ decision }) => decision.adaptations.length === 0)).toBe(true);
  });

  test("suggest proves with challengers, suggests once, and changes no incumbent", () => {
    const outputs = run(40, { ...SAMPLE_POLICY, mode: "suggest" });
    const suggested = outputs
      .flatMap(({ decision }) => decision.adaptations)
      .filter(({ context }) => context["genre"] === "rock");
    expect(suggested.length).toBeGreaterThan(0);
    expect(new Set(suggested.map(({ status }) => status))).toEqual(new Set(["suggested"]));
    expect(rock(last(outputs)).variants.some(({ role }) => role === "incumbent")).toBe(false);
    expect(
      outputs.some(({ decision }) => decision.contexts.some(({ reason }) => reason.code === "SUGGESTION_OPEN")),
    ).toBe(true);
  });

  test("a change below the confidence threshold is only suggested", () => {
    const outputs = run(30, { ...SAMPLE_POLICY, confidence: 1 });
    const statuses = outputs.flatMap(({ decision }) => decision.adaptations.map(({ status }) => status));
    expect(statuses.length).toBeGreaterThan(0);
    expect(statuses.filter((status) => status === "applied").length).toBe(0);
  });
});

describe("limits", () => {
  const policy: OperationPolicy = { ...SAMPLE_POLICY, constraints: [{ kind: "success-rate", minimum: 0.8 }] };
  const largeFails = (parameters: Allocation["variants"][number]["parameters"], _context: unknown, share: number) =>
    sampleMeasurements(Math.max(2, Math.round(100 * share)), parameters["model"] === "large" ? 0.2 : 0.95, 0.7);

  test("an incumbent that starts to fail is taken back within three cycles, and its adaptations with it", () => {
    const learnt = last(run(60, policy));
    expect(rock(learnt).variants.find(({ role }) => role === "incumbent")?.parameters["model"]).toBe("large");
    const outputs = run(3, policy, largeFails, { ...learnt, allocations: learnt.decision.allocations, cycle: 30 });
    expect(rock(last(outputs)).variants.find(({ role }) => role === "incumbent")).toBeUndefined();
    const rolledBack = outputs
      .flatMap(({ decision }) => decision.transitions)
      .filter(({ status }) => status === "rolled-back");
    expect(rolledBack.length).toBeGreaterThanOrEqual(2);
    expect(rolledBack[0]?.reason.code).toBe("LIMIT_SUCCESS_RATE");
    expect(outputs.some(({ decision }) => decision.contexts.some(({ kind }) => kind === "roll-back"))).toBe(true);
  });

  test("a variant that was taken back rests", () => {
    const learnt = last(run(60, policy));
    const outputs = run(30, policy, largeFails, { ...learnt, allocations: learnt.decision.allocations, cycle: 30 });
    const taken = rock(learnt).variants.find(({ role }) => role === "incumbent")?.id;
    for (const output of outputs.slice(4)) expect(rock(output).variants.map(({ id }) => id)).not.toContain(taken);
  });

  test("without the measurements that a limit needs nothing is tried or promoted", () => {
    const unmeasured: OperationPolicy = { ...SAMPLE_POLICY, constraints: [{ kind: "p95-latency", maximumSeconds: 1 }] };
    const withoutDurations = (
      parameters: Allocation["variants"][number]["parameters"],
      context: unknown,
      share: number,
    ) => {
      const { duration: _, ...rest } = largeIsBetter(parameters, context, share);
      return rest;
    };
    const outputs = run(30, unmeasured, withoutDurations);
    expect(outputs.flatMap(({ decision }) => decision.adaptations)).toEqual([]);
    expect(
      outputs.some(({ decision }) => decision.contexts.some(({ reason }) => reason.code === "LIMIT_UNKNOWN")),
    ).toBe(true);
    expect(
      outputs.flatMap(({ decision }) => decision.allocations.flatMap(({ variants }) => variants.slice(1))),
    ).toEqual([]);
  });
});

describe("allocations", () => {
  test("what did not change keeps its decision and its salt", () => {
    const outputs = run(30);
    const incumbentOf = (allocation: Allocation) => allocation.variants.find(({ role }) => role === "incumbent")?.id;
    const wrong = outputs.slice(1).filter((output, index) => {
      const [before, after] = [rock(outputs[index] as DecideOutput), rock(output)];
      const isSame = JSON.stringify(before.variants) === JSON.stringify(after.variants);
      const isDecisionRight = after.decision === (isSame ? before.decision : output.decision.id);
      return !isDecisionRight || (before.salt === after.salt) !== (incumbentOf(before) === incumbentOf(after));
    });
    expect(wrong).toEqual([]);
    expect(new Set(outputs.map((output) => rock(output).salt)).size).toBeGreaterThan(1);
  });

  test("a larger holdout is kept from the next cycle on, whatever the evidence", () => {
    const learnt = last(run(30));
    const evidence: Evidence = { window: sampleWindow(30), queries: [], cells: { kind: "timeout", detail: "slow" } };
    const output = decide({
      policy: { ...SAMPLE_POLICY, holdout: 0.3 },
      state: learnt.state,
      evidence,
      now: 72_000,
      seed: "",
    });
    expect(rock(output).variants.find(({ role }) => role === "baseline")?.weight).toBeGreaterThanOrEqual(0.3);
  });

  test("new base values restart the comparison and take back what was learnt against the old ones", () => {
    const learnt = last(run(30));
    const policy: OperationPolicy = {
      ...SAMPLE_POLICY,
      parameters: {
        ...SAMPLE_POLICY.parameters,
        model: { type: "choice", base: "large", choices: ["small", "large"] },
      },
    };
    const [output] = run(1, policy, largeIsBetter, { ...learnt, cycle: 30 });
    expect(output?.decision.transitions.every(({ reason }) => reason.code === "POLICY_CHANGED")).toBe(true);
    expect(output?.decision.transitions.length).toBeGreaterThan(0);
    for (const { variants } of output?.decision.allocations ?? [])
      expect(variants[0]?.parameters["model"]).toBe("large");
  });

  test("a context whose labels were collapsed gets no allocation: no call will ever ask for it", () => {
    const cell: EvidenceCell = {
      context: { genre: "__other__" },
      variant: "unknown",
      reading: { kind: "value", value: { success: 9, failure: 0, partial: 0 } },
    };
    const evidence: Evidence = { window: sampleWindow(0), queries: [], cells: { kind: "value", value: [cell] } };
    const { decision } = decide({ policy: SAMPLE_POLICY, state: undefined, evidence, now: 12_000, seed: "" });
    expect(decision.allocations.map(({ context }) => context)).toEqual([{}]);
  });
});

test("a whole run replays bit for bit, also from states that went through JSON", () => {
  const straight = run(40);
  let state: OperationState | undefined;
  let allocations: readonly Allocation[] = [];
  straight.forEach((expected, cycle) => {
    const evidence = JSON.parse(
      JSON.stringify(sampleEvidence(SAMPLE_POLICY, cycle, allocations, largeIsBetter)),
    ) as Evidence;
    const output = decide({ policy: SAMPLE_POLICY, state, evidence, now: evidence.window.to, seed: `seed ${cycle}` });
    expect(JSON.stringify(output)).toBe(JSON.stringify(expected));
    state = JSON.parse(JSON.stringify(output.state)) as OperationState;
    ({ allocations } = output.decision);
  });
});

test("every reason that is given is on the list", () => {
  const given = run(60).flatMap(({ decision }) => decision.contexts.map(({ reason }) => reason.code));
  for (const code of given) expect(REASON_CODES).toContain(code);
});

function memoryOf(state: OperationState, id: string): Json | undefined {
  return (state["contexts"] as Readonly<Record<string, Json>>)[id];
}

test("a state in an older form restarts the comparison and keeps the values in force", () => {
  const before = run(30).at(-1) as DecideOutput;
  expect(rock(before).variants.some(({ role }) => role === "incumbent")).toBe(true);
  const memory = JSON.parse(JSON.stringify(before.state)) as Record<string, unknown>;
  const contexts = Object.entries(memory["contexts"] as Record<string, object>).map(([id, context]) => {
    const { retired: _, ...old } = context as { retired: unknown };
    return [id, { ...old, strategy: { trials: { v: { weight: 1 } } }, lift: { windows: 3 }, harm: null }] as const;
  });
  const state = { ...memory, aims: "older", shared: { levels: 7 }, contexts: Object.fromEntries(contexts) };
  const cells = sampleEvidence(SAMPLE_POLICY, 30, before.decision.allocations, largeIsBetter);
  const after = decide({
    policy: SAMPLE_POLICY,
    state: state as never,
    evidence: cells,
    now: cells.window.to,
    seed: "s",
  });
  const incumbentOf = ({ variants }: Allocation) => variants.find(({ role }) => role === "incumbent")?.id;
  expect(incumbentOf(rock(after))).toBe(incumbentOf(rock(before)));
  // at most the one window that this cycle closed
  for (const { lift } of after.decision.contexts) expect(lift?.windows ?? 0).toBeLessThanOrEqual(1);
});

test("while the calls do not follow the shares nothing is learnt or changed, and the reason says which", () => {
  // 15 % of the calls come from an instance that never heard of any allocation
  const deaf = run(200, SAMPLE_POLICY, (parameters, context, share) => {
    const isBaseline = parameters["model"] === "small" && parameters["temperature"] === 0.7;
    return largeIsBetter(parameters, context, 0.85 * share + (isBaseline ? 0.15 : 0));
  });
  const reasons = deaf.map(
    (output) => output.decision.contexts.find(({ context }) => context["genre"] === "rock")?.reason,
  );
  const held = reasons.find((reason) => reason?.code === "SAMPLE_RATIO_MISMATCH");
  const mismatched = deaf
    .flatMap(({ decision }) => decision.contexts)
    .filter(({ reason }) => reason.code === "SAMPLE_RATIO_MISMATCH");
  expect(new Set(mismatched.map(({ isSampleMismatched }) => isSampleMismatched))).toEqual(new Set([true]));
  expect(held?.sentence).toMatch(/^The \w+ had \d+\.\d % of \d+ calls where its share is \d+\.\d %/);
});

test("three run beside the baseline while it is the best that is known, two beside an incumbent", () => {
  const most = (outputs: readonly DecideOutput[], hasIncumbent: boolean): number =>
    Math.max(
      ...outputs
        .map((output) => rock(output).variants)
        .filter((variants) => variants.some(({ role }) => role === "incumbent") === hasIncumbent)
        .map((variants) => variants.filter(({ role }) => role === "challenger").length),
    );
  const outputs = run(40);
  expect(most(outputs, false)).toBe(3);
  expect(most(outputs, true)).toBeLessThanOrEqual(2);
});
