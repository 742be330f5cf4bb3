import type { Allocation, Json } from "@trimtab/conventions";
import { describe, expect, test } from "vitest";
import { type DecideOutput, decide } from "../decision/decide.ts";
import type { Adaptation } from "../decision/decision.ts";
import { SAMPLE_POLICY, sampleEvidence, sampleMeasurements } from "../decision/sample-operation.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import type { Act, ActChange, ActRequest } from "./act.ts";
import { RESET_UNDO_MILLISECONDS } from "./reset.ts";

const DAY = 86_400_000;

/** The large model is better by 0.15 in utility. */
function largeIsBetter(parameters: Allocation["variants"][number]["parameters"], _context: unknown, share: number) {
  return sampleMeasurements(Math.max(2, Math.round(100 * share)), 0.9, parameters["model"] === "large" ? 0.8 : 0.5);
}

/** The large model fails every second call. */
function largeFails(parameters: Allocation["variants"][number]["parameters"], _context: unknown, share: number) {
  return sampleMeasurements(Math.max(2, Math.round(100 * share)), parameters["model"] === "large" ? 0.5 : 0.95, 0.6);
}

/** An operation that lives: cycles with evidence, and acts between or within them. */
class Story {
  readonly outputs: DecideOutput[] = [];
  private readonly policy: OperationPolicy;
  private cycle = 0;
  private acts = 0;

  constructor(changes: Partial<OperationPolicy> = {}) {
    this.policy = { ...SAMPLE_POLICY, ...changes };
  }

  run(cycles: number, measure = largeIsBetter): this {
    for (let index = 0; index < cycles; index++) {
      const evidence = sampleEvidence(this.policy, this.cycle, this.last?.decision.allocations ?? [], measure);
      this.cycle += 1;
      this.decide({ evidence, now: evidence.window.to });
    }
    return this;
  }

  /** As the cycle does: between two windows, with nothing else to look at. */
  act(request: ActRequest, later = 0): this {
    const now = (this.last?.decision.at ?? 0) + 1 + later;
    const at = this.last?.decision.window.to ?? 0;
    const act: Act = { id: `act-${this.acts++}`, who: "ann", why: "a test", at: now, ...request };
    const evidence = { window: { from: at, to: at }, queries: [], cells: { kind: "no-data" as const, detail: "none" } };
    this.decide({ evidence, now, acts: [act] });
    return this;
  }

  private decide(input: Pick<Parameters<typeof decide>[0], "evidence" | "now" | "acts">): void {
    const state = this.last?.state;
    const once = decide({ policy: this.policy, state, seed: "seed", ...input });
    // what is recorded gives the same decision again, bit for bit
    const recorded = JSON.parse(JSON.stringify({ policy: this.policy, state, seed: "seed", ...input }));
    if (JSON.stringify(decide(recorded)) !== JSON.stringify(once)) throw new Error("the replay differs");
    this.outputs.push(once);
  }

  get last(): DecideOutput | undefined {
    return this.outputs.at(-1);
  }

  get outcome() {
    return this.last?.decision.acts?.map(({ result, reason }) => [result, reason.code]);
  }

  /** Model and share of what the context serves. */
  served(genre: string | undefined = "rock") {
    const allocation = this.last?.decision.allocations.find(({ context }) => context["genre"] === genre);
    return allocation?.variants.map(({ role, weight, parameters }) => [role, weight, parameters["model"]]);
  }

  reasonOf(genre = "rock") {
    return this.last?.decision.contexts.find(({ context }) => context["genre"] === genre)?.reason;
  }

  change(status: Adaptation["status"], genre = "rock"): ActChange {
    const all = this.outputs.flatMap(({ decision }) => decision.adaptations);
    const newest = all.findLast((each) => each.status === status && each.context["genre"] === genre);
    if (newest === undefined) throw new Error(`nothing was ${status}`);
    const { changeId, context } = newest;
    return { changeId, context, adaptations: all.filter((each) => each.changeId === changeId) };
  }
}

const override = (values: Record<string, string | number>, context: Record<string, string> = { genre: "rock" }) =>
  ({ kind: "override", context, values }) as const;

describe("an override", () => {
  test("is served at once to all but the holdout, whatever the evidence says, until it is released", () => {
    const story = new Story().run(60);
    expect(story.served()?.[1]?.[2]).toBe("large");
    story.act(override({ model: "small", temperature: 0.5 }));
    expect(story.outcome).toEqual([["done", "PERSON_OVERRODE"]]);
    expect(story.served()).toEqual([
      ["baseline", 0.05, "small"],
      ["incumbent", 0.95, "small"],
    ]);
    story.run(60);
    expect(story.served()).toHaveLength(2);
    expect(story.reasonOf()?.code).toBe("OVERRIDDEN");
    story.act({ kind: "release", context: { genre: "rock" } });
    expect(story.served()).toEqual([
      ["baseline", 0.05, "small"],
      ["incumbent", 0.95, "large"],
    ]);
  });

  test("covers the contexts below it, and those that nobody has seen yet", () => {
    const story = new Story().run(5).act(override({ model: "large" }, {}));
    for (const genre of ["rock", "jazz", undefined])
      expect(story.served(genre)?.[1]).toEqual(["incumbent", 0.95, "large"]);
    story.act(override({ model: "large", temperature: 0.5 }, { genre: "unseen" }));
    expect(story.served("unseen")?.[1]).toEqual(["incumbent", 0.95, "large"]);
    story.act({ kind: "release", context: { genre: "unseen" } });
    expect(story.served("unseen")).toBeUndefined();
  });

  test("that breaks a limit is told of and not undone", () => {
    const story = new Story({ constraints: [{ kind: "success-rate", minimum: 0.8 }] }).run(3, largeFails);
    story.act(override({ model: "large" })).run(10, largeFails);
    expect(story.reasonOf()?.code).toBe("BREACH_LEFT_TO_PERSON");
    expect(story.served()?.[1]).toEqual(["incumbent", 0.95, "large"]);
  });

  test("ends at the time that was given with it", () => {
    const story = new Story().run(5);
    const until = (story.last?.decision.at ?? 0) + 8_000;
    story.act({ ...override({ model: "large" }), until }).run(2);
    expect(story.served()?.[1]?.[2]).toBe("large");
    story.run(3);
    expect(story.outputs.flatMap(({ decision }) => decision.acts ?? []).at(-1)).toMatchObject({
      act: "act-0",
      result: "ended",
      reason: { code: "OVERRIDE_EXPIRED" },
    });
    expect(story.last?.decision.people).toBeUndefined();
  });

  test("ends where the configuration has no place for it any more, and only then", () => {
    const story = new Story().run(5).act(override({ temperature: 0.5 }));
    const evidence = sampleEvidence(SAMPLE_POLICY, 9, [], largeIsBetter);
    const next = (parameters: OperationPolicy["parameters"]) =>
      decide({ policy: { ...SAMPLE_POLICY, parameters }, state: story.last?.state, evidence, now: 10, seed: "" });
    const { temperature, model } = SAMPLE_POLICY.parameters;
    const other = { ...model, base: "large" } as OperationPolicy["parameters"][string];
    const kept = next({ temperature, model: other } as OperationPolicy["parameters"]).decision;
    expect(kept.people?.overrides).toHaveLength(1);
    expect(kept.allocations.find(({ context }) => context["genre"] === "rock")?.variants[1]?.parameters).toEqual({
      temperature: 0.5,
      model: "large",
    });
    const ended = next({ model } as OperationPolicy["parameters"]).decision;
    expect(ended.acts).toMatchObject([{ act: "act-0", result: "ended", reason: { code: "OVERRIDE_UNFIT" } }]);
    expect(ended.people).toBeUndefined();
  });
});

test("an override holds in both arms of an experiment that begins under it", () => {
  const story = new Story().run(5).act(override({ model: "large" }));
  const experiment = { name: "two", treatment: { kind: "threshold-rule", options: {} }, share: 0.5 };
  const policy: OperationPolicy = { ...SAMPLE_POLICY, experiment };
  const evidence = sampleEvidence(policy, 9, story.last?.decision.allocations ?? [], largeIsBetter);
  const { decision } = decide({ policy, state: story.last?.state, evidence, now: evidence.window.to, seed: "" });
  const rock = decision.allocations.find(({ context }) => context["genre"] === "rock");
  const served = rock?.variants.filter(({ role }) => role !== "baseline") ?? [];
  expect(served.map(({ parameters }) => parameters["model"])).toEqual(["large", "large"]);
});

describe("a frozen operation", () => {
  test("serves exactly what it served, challengers too, and tells of a breach", () => {
    const story = new Story({ constraints: [{ kind: "success-rate", minimum: 0.8 }] }).run(12);
    const before = story.act({ kind: "freeze" }).last?.decision.allocations;
    expect(story.served()?.some(([role]) => role === "challenger")).toBe(true);
    story.run(40, largeFails);
    expect(story.last?.decision.allocations).toEqual(before);
    expect(
      story.outputs.some(({ decision }) =>
        decision.contexts.some(({ reason }) => reason.code === "BREACH_LEFT_TO_PERSON"),
      ),
    ).toBe(true);
    expect(story.last?.decision.people?.frozen).toMatchObject({ who: "ann", why: "a test" });
    story.act({ kind: "unfreeze" }).run(1, largeFails);
    expect(story.last?.decision.allocations).not.toEqual(before);
  });
});

describe("a change", () => {
  test("that waits is applied when a person approves it, with the records that say so", () => {
    const story = new Story({ mode: "suggest" }).run(60);
    const change = story.change("suggested");
    story.act({ kind: "approve", change });
    const id = change.adaptations[0]?.id;
    expect(story.last?.decision.transitions.filter((each) => each.id === id).map(({ status }) => status)).toEqual([
      "approved",
      "applied",
    ]);
    expect(story.served()?.[1]?.[2]).toBe("large");
    story.act({ kind: "approve", change });
    expect(story.outcome).toEqual([["refused", "CHANGE_NOT_OPEN"]]);
  });

  test("that a person rejects is neither suggested nor tried again", () => {
    const story = new Story({ mode: "suggest" }).run(60);
    const change = story.change("suggested");
    const { basis } = change.adaptations[0] as Adaptation;
    story.act({ kind: "reject", change });
    const before = story.outputs.length;
    story.run(80);
    const later = story.outputs.slice(before).flatMap(({ decision }) => decision.adaptations);
    const again = later.filter(
      (each) => each.context["genre"] === "rock" && each.basis.to?.variant === basis.to?.variant,
    );
    expect(again).toEqual([]);
    const ids = story.last?.decision.allocations
      .find(({ context }) => context["genre"] === "rock")
      ?.variants.map((variant) => variant.id);
    expect(ids).not.toContain(basis.to?.variant);
  });

  test("that is in force goes back to the values before it, and does not come back", () => {
    const story = new Story().run(60);
    const change = story.change("applied");
    const ids = change.adaptations.map(({ id }) => id);
    story.act({ kind: "roll-back", change });
    expect(story.outcome).toEqual([["done", "PERSON_ROLLED_BACK"]]);
    expect(story.last?.decision.transitions).toMatchObject(ids.map((id) => ({ id, status: "rolled-back" })));
    const given = (change.adaptations[0] as Adaptation).basis.to?.variant;
    const before = story.outputs.length;
    story.run(60); // others may prove themselves, the very same values do not run again
    for (const { decision } of story.outputs.slice(before)) {
      const rock = decision.allocations.find(({ context }) => context["genre"] === "rock");
      expect(rock?.variants.map(({ id }) => id)).not.toContain(given);
    }
    story.act({ kind: "roll-back", change });
    expect(story.outcome).toEqual([["refused", "CHANGE_NOT_APPLIED"]]);
  });
});

describe("a reset", () => {
  const evidenceOf = ({ state }: DecideOutput) => {
    const { shared, contexts } = state as unknown as { shared: Json; contexts: Record<string, { strategy: Json }> };
    return { shared, strategies: Object.entries(contexts).map(([id, { strategy }]) => [id, strategy]) };
  };

  test("keeps the values in force, makes the evidence weaker, and its undo restores it exactly", () => {
    const story = new Story().run(60);
    const before = story.last as DecideOutput;
    story.act({ kind: "reset" });
    const after = story.last as DecideOutput;
    expect(after.decision.allocations).toEqual(before.decision.allocations);
    expect(evidenceOf(after)).not.toEqual(evidenceOf(before));
    story.run(5).act({ kind: "undo-reset" });
    expect(evidenceOf(story.last as DecideOutput)).toEqual(evidenceOf(before));
    story.act({ kind: "undo-reset" });
    expect(story.outcome).toEqual([["refused", "NOTHING_TO_UNDO"]]);
  });

  test("can be undone for a week", () => {
    const story = new Story().run(5).act({ kind: "reset" }).act({ kind: "undo-reset" }, RESET_UNDO_MILLISECONDS);
    expect(story.outcome).toEqual([["refused", "NOTHING_TO_UNDO"]]);
  });

  test("is due on the policy's schedule, is seen coming, and waits while a person has frozen the operation", () => {
    const story = new Story({ reset: { everyMilliseconds: 7 * DAY, keep: 0.3 } }).run(30);
    const start = story.outputs[0]?.decision.at ?? 0;
    expect(story.last?.decision.people).toEqual({ overrides: [], resetDueAt: start + 7 * DAY });
    story.act({ kind: "freeze" }).act({ kind: "reset" }).act({ kind: "undo-reset" }, DAY);
    story.act({ kind: "freeze" }, 6 * DAY);
    expect(story.outcome).toEqual([["refused", "ALREADY_FROZEN"]]);
    story.act({ kind: "unfreeze" });
    expect(story.outcome).toEqual([
      ["done", "PERSON_UNFROZE"],
      ["done", "RESET_ON_SCHEDULE"],
    ]);
    expect(story.last?.decision.people?.resetDueAt).toBe((story.last?.decision.at ?? 0) + 7 * DAY);
  });
});

const CHANGE: ActChange = { changeId: "c-none", context: { genre: "rock" }, adaptations: [] };

test.each<[string, ActRequest]>([
  ["UNKNOWN_CHANGE", { kind: "approve", change: CHANGE }],
  ["UNKNOWN_CHANGE", { kind: "roll-back", change: { ...CHANGE, context: { genre: "unseen" } } }],
  ["OUTSIDE_SPACE", override({ temperature: 9 })],
  ["OUTSIDE_SPACE", override({ temprature: 0.5 })],
  ["OUTSIDE_SPACE", override({})],
  ["UNKNOWN_CONTEXT", override({ model: "large" }, { gerne: "rock" })],
  ["EXPIRY_PAST", { ...override({ model: "large" }), until: 5 }],
  ["NO_OVERRIDE", { kind: "release", context: { genre: "rock" } }],
  ["NOT_FROZEN", { kind: "unfreeze" }],
  ["NOTHING_TO_UNDO", { kind: "undo-reset" }],
])("an act that is refused with %s changes nothing", (code, request) => {
  const story = new Story().run(20);
  const before = story.last;
  story.act(request);
  expect(story.outcome).toEqual([["refused", code]]);
  expect(story.last?.state).toEqual(before?.state);
  expect(story.last?.decision.allocations).toEqual(before?.decision.allocations);
});
