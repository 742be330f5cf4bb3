/** Random schedules of cycles, people's acts, alerts, restarts and reloads of the configuration, and a model of what people have set. */
import type { Allocation, ParameterValues } from "@trimtab/conventions";
import fc from "fast-check";
import { expect } from "vitest";
import { type DecideOutput, decide } from "../decision/decide.ts";
import type { OperationState } from "../decision/operation-state.ts";
import { SAMPLE_CONTEXTS, SAMPLE_POLICY, sampleMeasurements, sampleWindow } from "../decision/sample-operation.ts";
import type { EvidenceCell, MissingKind, Reading } from "../evidence/evidence.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import { baselineOf } from "../policy/setting.ts";
import type { Act, ActRequest } from "./act.ts";

/** A person takes each change. */
export const SUGGESTING: OperationPolicy = { ...SAMPLE_POLICY, mode: "suggest", holdout: 0.1 };

/** Ways to run the sample operation, in one space of parameters. */
export const POLICIES: readonly OperationPolicy[] = [
  SAMPLE_POLICY,
  {
    ...SAMPLE_POLICY,
    constraints: [{ kind: "success-rate", minimum: 0.7 }],
    reset: { everyMilliseconds: 3_600_000, keep: 0.3 },
  },
  SUGGESTING,
  { ...SAMPLE_POLICY, mode: "observe" },
  { ...SAMPLE_POLICY, strategy: { kind: "threshold-rule", options: {} } },
  { ...SAMPLE_POLICY, mode: "suggest", strategy: { kind: "threshold-rule", options: {} } },
  {
    ...SAMPLE_POLICY,
    experiment: { name: "two", treatment: { kind: "threshold-rule", options: {} }, share: 0.5 },
    reset: { everyMilliseconds: 3_600_000, keep: 0.3 },
  },
];

/** Other spaces: some overrides have no place in them, and what was learnt starts again. */
export const OTHER_SPACES: readonly OperationPolicy[] = [
  {
    ...SAMPLE_POLICY,
    parameters: { ...SAMPLE_POLICY.parameters, model: { type: "choice", base: "small", choices: ["small", "tiny"] } },
  },
  { ...SAMPLE_POLICY, mode: "suggest", context: ["country"] },
];

/** What an alert does: it fires and freezes, ends, or takes the newest change back. */
type AlertStep = "alert-freeze" | "alert-end" | "alert-roll-back";

/** One step of a schedule. */
export type Step = {
  /** Milliseconds that pass: now and then hours, so that resets and ends come due. */
  readonly pause: number;
  readonly small: number;
  readonly large: number;
  readonly missing: MissingKind | undefined;
  readonly act: ActRequest | "approve" | "reject" | "roll-back" | AlertStep | undefined;
  readonly untilAfter: number | undefined;
  /** Which of several alerts ends. */
  readonly which: number;
  /** The place of the policy that is in force from this step on, of those that may be reloaded; undefined: none is. */
  readonly reload: number | undefined;
};

const anyContext = fc.constantFrom({}, { genre: "rock" }, { genre: "jazz" }, { genre: "unseen" });
const anyAct: fc.Arbitrary<Step["act"]> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(undefined) },
  { weight: 2, arbitrary: fc.constantFrom<Step["act"]>("approve", "reject", "reject", "roll-back") },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Step["act"]>("alert-freeze", "alert-freeze", "alert-end", "alert-roll-back"),
  },
  fc.constantFrom<Step["act"]>({ kind: "freeze" }, { kind: "unfreeze" }, { kind: "reset" }, { kind: "undo-reset" }),
  anyContext.map((context): Step["act"] => ({ kind: "release", context })),
  fc
    .record({
      context: anyContext,
      model: fc.constantFrom("small", "large", "unknown"),
      temperature: fc.constantFrom(0.5, 0.7, 9),
    })
    .map(({ context, model, temperature }): Step["act"] => ({
      kind: "override",
      context,
      values: { model, temperature },
    })),
  anyContext.map((context): Step["act"] => ({ kind: "override", context, values: { model: "large" } })),
);
const anyStep: fc.Arbitrary<Step> = fc.record({
  pause: fc.constantFrom(15_000, 15_000, 15_000, 1_800_000, 700_000_000),
  small: fc.double({ min: 0.2, max: 1, noNaN: true }),
  large: fc.double({ min: 0.2, max: 1, noNaN: true }),
  missing: fc.constantFrom<MissingKind | undefined>(
    undefined,
    undefined,
    undefined,
    "no-data",
    "not-a-number",
    "timeout",
  ),
  act: anyAct,
  untilAfter: fc.constantFrom(undefined, undefined, 30_000, 2_000_000),
  which: fc.constantFrom(0, 0, 1),
  reload: fc.option(fc.nat(20), { nil: undefined, freq: 2 }),
});

function cellsOf(policy: OperationPolicy, allocations: readonly Allocation[], { small, large }: Step): EvidenceCell[] {
  const baseline = { ...baselineOf(policy.parameters), weight: 1 };
  const contexts = policy.context.includes("genre") ? SAMPLE_CONTEXTS : [{ country: "at" }];
  return contexts.flatMap((context: Readonly<Record<string, string>>) => {
    const allocation = allocations.find(({ context: own }) => JSON.stringify(own) === JSON.stringify(context));
    return (allocation?.variants ?? [baseline]).flatMap(({ id, parameters, weight }): EvidenceCell[] => {
      const count = Math.round(200 * weight);
      const rate = parameters["model"] === "large" ? large : small;
      return count === 0
        ? []
        : [{ context, variant: id, reading: { kind: "value", value: sampleMeasurements(count, rate, rate) } }];
    });
  });
}

/** The newest change of a status, as the store would hand it to an act. */
function changeOf(outputs: readonly DecideOutput[], status: "suggested" | "applied") {
  const adaptations = outputs.flatMap(({ decision }) => decision.adaptations);
  const newest = adaptations.findLast((adaptation) => adaptation.status === status);
  if (newest === undefined) return undefined;
  const together = adaptations.filter(({ changeId }) => changeId === newest.changeId);
  return { changeId: newest.changeId, context: newest.context, adaptations: together };
}

/** The act of an alert, with what the store would know of people: that they unfroze since, or approved the change. */
function actOfAlert(
  step: AlertStep,
  origin: Omit<Act, "kind">,
  earlier: readonly Act[],
  outputs: readonly DecideOutput[],
  which: number,
) {
  const startedAt = origin.at - 600_000;
  const alert = { ...origin, who: "alert", alert: { name: "Slow", startedAt } };
  if (step === "alert-freeze") {
    const unfroze = earlier.find((act) => act.kind === "unfreeze" && act.alert === undefined && act.at >= startedAt);
    return { ...alert, kind: "freeze" as const, ...(unfroze === undefined ? {} : { overruledAt: unfroze.at }) };
  }
  if (step === "alert-end") {
    const froze = earlier.filter((act) => act.kind === "freeze" && act.alert !== undefined).at(-1 - which);
    return froze === undefined ? undefined : { ...alert, kind: "unfreeze" as const, froze: froze.id };
  }
  const change = changeOf(outputs, "applied") ?? changeOf(outputs, "suggested");
  if (change === undefined) return undefined;
  const approved = earlier.find((act) => act.kind === "approve" && act.change.changeId === change.changeId);
  return {
    ...alert,
    kind: "roll-back" as const,
    change,
    ...(approved === undefined ? {} : { overruledAt: approved.at }),
  };
}

function actOf(
  step: Step,
  index: number,
  at: number,
  outputs: readonly DecideOutput[],
  earlier: readonly Act[],
): Act | undefined {
  const origin = { id: `act-${index}`, who: "ann", why: "because", at };
  if (step.act === undefined) return undefined;
  if (step.act === "alert-freeze" || step.act === "alert-end" || step.act === "alert-roll-back")
    return actOfAlert(step.act, origin, earlier, outputs, step.which);
  if (typeof step.act !== "string") {
    const until = step.act.kind === "override" && step.untilAfter !== undefined ? { until: at + step.untilAfter } : {};
    return { ...origin, ...step.act, ...until };
  }
  const change = changeOf(outputs, step.act === "roll-back" ? "applied" : "suggested");
  return change === undefined ? undefined : { ...origin, kind: step.act, change };
}

/** A decision of a schedule, with what led to it. */
export interface Turn {
  readonly step: Step;
  readonly policy: OperationPolicy;
  /** Have parameters or context keys changed since the decision before? */
  readonly hasNewSpace: boolean;
  /** Is another policy in force than at the decision before? */
  readonly isReloaded: boolean;
  readonly act: Act | undefined;
  readonly now: number;
  readonly output: DecideOutput;
}

/**
 * Each step's luck stays for three cycles; the act comes with the first of them, and so does a reload. The state goes through JSON each time, as it
 * does where the controller starts anew between two cycles.
 */
export function run(
  first: OperationPolicy,
  steps: readonly Step[],
  reloadable: readonly OperationPolicy[] = [],
): Turn[] {
  const turns: Turn[] = [];
  const outputs: DecideOutput[] = [];
  let now = sampleWindow(0).to;
  let policy = first;
  steps.forEach((step, index) => {
    for (let repeat = 0; repeat < 3; repeat++) {
      const from = now;
      now += repeat === 0 ? step.pause : 15_000;
      const before = outputs.at(-1);
      const policyBefore = policy;
      const chosen = step.reload === undefined ? undefined : reloadable[step.reload % Math.max(1, reloadable.length)];
      if (repeat === 0 && chosen !== undefined) policy = chosen;
      const earlier = turns.flatMap((turn) => (turn.act === undefined ? [] : [turn.act]));
      const act = repeat === 0 ? actOf(step, index, now, outputs, earlier) : undefined;
      const cells: Reading<readonly EvidenceCell[]> =
        step.missing === undefined
          ? { kind: "value", value: cellsOf(policy, before?.decision.allocations ?? [], step) }
          : { kind: step.missing, detail: "so drawn" };
      const output = decide({
        policy,
        state: before === undefined ? undefined : (JSON.parse(JSON.stringify(before.state)) as OperationState),
        evidence: { window: { from, to: now }, queries: [], cells },
        now,
        seed: "seed",
        ...(act === undefined ? {} : { acts: [act] }),
      });
      outputs.push(output);
      const hasNewSpace = spaceOf(policy) !== spaceOf(policyBefore);
      turns.push({ step, policy, hasNewSpace, isReloaded: policy !== policyBefore, act, now, output });
    }
  });
  return turns;
}

function spaceOf({ parameters, context }: OperationPolicy): string {
  return JSON.stringify([parameters, context]);
}

/** A schedule, and the policy that it begins under. */
export const anyRun: fc.Arbitrary<{ readonly policy: OperationPolicy; readonly steps: readonly Step[] }> = fc.record({
  policy: fc.constantFrom(...POLICIES),
  steps: fc.array(anyStep, { minLength: 3, maxLength: 20 }),
});

/** What stands by a model of its own: an override from its act on, until its end or its release. */
export type Model = {
  /** A person, or the freezes of the alerts that have not ended. */
  frozen: "by a person" | ReadonlySet<string> | undefined;
  overrides: Map<string, { context: Record<string, string>; values: ParameterValues; until: number }>;
};

/** Takes a decision into the model, and checks what is said of its act. */
export function follow(model: Model, { act, now, output, policy, hasNewSpace }: Turn): void {
  if (hasNewSpace)
    for (const [key, override] of model.overrides) if (!fits(override, policy)) model.overrides.delete(key);
  for (const [key, { until }] of model.overrides) if (until <= now) model.overrides.delete(key);
  if (act === undefined) return;
  const outcome = output.decision.acts?.find((each) => each.act === act.id);
  expect(outcome).toBeDefined();
  if (outcome?.result !== "done") return;
  const isOverruled = "overruledAt" in act && act.overruledAt !== undefined;
  expect(act.alert !== undefined && (model.frozen === "by a person" || isOverruled)).toBe(false);
  const alerts = model.frozen === undefined || model.frozen === "by a person" ? new Set<string>() : model.frozen;
  if (act.kind === "freeze") model.frozen = act.alert === undefined ? "by a person" : new Set([...alerts, act.id]);
  if (act.kind === "unfreeze") {
    const left = new Set([...alerts].filter((id) => act.froze !== undefined && id !== act.froze));
    model.frozen = left.size === 0 ? undefined : left;
  }
  if (act.kind === "override") {
    const { context, values, until = Number.POSITIVE_INFINITY } = act;
    model.overrides.set(JSON.stringify(context), { context: { ...context }, values, until });
  }
  if (act.kind === "release") model.overrides.delete(JSON.stringify(act.context));
}

/** Has an override a place under this policy? */
function fits(
  { context, values }: { context: Record<string, string>; values: ParameterValues },
  policy: OperationPolicy,
): boolean {
  return (
    Object.keys(context).every((key) => policy.context.includes(key)) &&
    Object.entries(values).every(([name, value]) => {
      const specification = policy.parameters[name];
      return (
        specification !== undefined && (!("choices" in specification) || specification.choices.includes(String(value)))
      );
    })
  );
}
