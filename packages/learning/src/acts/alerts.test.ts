import { expect, test } from "vitest";
import { type DecideOutput, decide } from "../decision/decide.ts";
import { SAMPLE_POLICY, sampleEvidence, sampleMeasurements } from "../decision/sample-operation.ts";
import type { Act, ActChange, ActRequest } from "./act.ts";

const alert = { name: "Slow", startedAt: 1 };

/** Cycles in which the large model does well or fails, and what people and alerts do between them. */
class Story {
  last: DecideOutput | undefined;
  private cycle = 0;
  private acts = 0;
  readonly applied: DecideOutput["decision"]["adaptations"][number][] = [];

  run(cycles: number, largeSucceeds = 0.9): this {
    for (let index = 0; index < cycles; index++) {
      const evidence = sampleEvidence(
        SAMPLE_POLICY,
        this.cycle++,
        this.last?.decision.allocations ?? [],
        (setting, _, share) =>
          sampleMeasurements(
            Math.max(2, Math.round(100 * share)),
            setting["model"] === "large" ? largeSucceeds : 0.9,
            setting["model"] === "large" ? 0.8 : 0.5,
          ),
      );
      this.decide({ evidence, now: evidence.window.to });
    }
    return this;
  }

  do(request: ActRequest & { alert?: typeof alert }, id = `act-${this.acts++}`): string | undefined {
    const now = (this.last?.decision.at ?? 0) + 1;
    const at = this.last?.decision.window.to ?? 0;
    const who = request.alert === undefined ? "ann" : "alert";
    const evidence = { window: { from: at, to: at }, queries: [], cells: { kind: "no-data" as const, detail: "" } };
    this.decide({ evidence, now, acts: [{ id, who, why: "a test", at: now, ...request } as Act] });
    return this.last?.decision.acts?.[0]?.reason.code;
  }

  private decide(input: Pick<Parameters<typeof decide>[0], "evidence" | "now" | "acts">): void {
    this.last = decide({ policy: SAMPLE_POLICY, state: this.last?.state, seed: "seed", ...input });
    this.applied.push(...this.last.decision.adaptations.filter(({ status }) => status === "applied"));
  }

  get frozenBy(): string | undefined {
    return this.last?.decision.people?.frozen?.who;
  }
}

test("an alert freezes and its end lets go on, but only what the alert itself froze", () => {
  const story = new Story().run(3);
  expect(story.do({ kind: "freeze", alert }, "a-1")).toBe("ALERT_FROZE");
  expect(story.frozenBy).toBe("alert");
  expect(story.do({ kind: "unfreeze", froze: "a-2", alert })).toBe("ALERT_OVERRULED");
  expect(story.do({ kind: "unfreeze", froze: "a-1", alert })).toBe("ALERT_UNFROZE");
  expect(story.do({ kind: "unfreeze", froze: "a-1", alert })).toBe("NOT_FROZEN");
});

test("a freeze of several alerts lasts until the last of them ends, in whatever order; a person ends it at once", () => {
  const other = { ...alert, name: "Other" };
  const story = new Story().run(3);
  story.do({ kind: "freeze", alert }, "a-1");
  expect(story.do({ kind: "freeze", alert: other }, "a-2")).toBe("ALERT_FROZE");
  expect(story.last?.decision.people?.alsoFrozenBy).toMatchObject([{ id: "a-2" }]);
  expect(story.do({ kind: "unfreeze", froze: "a-1", alert })).toBe("ALERT_FREEZE_STAYS");
  expect(story.last?.decision.people).toMatchObject({ frozen: { id: "a-2" } });
  expect(story.last?.decision.people?.alsoFrozenBy).toBeUndefined();
  expect(story.do({ kind: "unfreeze", froze: "a-1", alert })).toBe("ALERT_OVERRULED"); // it has let go already
  story.do({ kind: "freeze", alert }, "a-3");
  expect(story.do({ kind: "unfreeze", froze: "a-3", alert })).toBe("ALERT_FREEZE_STAYS");
  expect(story.do({ kind: "unfreeze", froze: "a-2", alert: other })).toBe("ALERT_UNFROZE");
  expect(story.frozenBy).toBeUndefined();

  for (const id of ["b-1", "b-2"]) story.do({ kind: "freeze", alert }, id);
  expect(story.do({ kind: "unfreeze" })).toBe("PERSON_UNFROZE");
  expect(story.frozenBy).toBeUndefined();
  for (const id of ["c-1", "c-2"]) story.do({ kind: "freeze", alert }, id);
  expect(story.do({ kind: "freeze" }, "p-1")).toBe("PERSON_FROZE");
  for (const froze of ["c-1", "c-2"]) expect(story.do({ kind: "unfreeze", froze, alert })).toBe("ALERT_OVERRULED");
  expect(story.frozenBy).toBe("ann");
});

test("a storm of alerts does not grow what is remembered without end", () => {
  const story = new Story().run(3);
  for (let index = 0; index < 100; index++)
    expect(story.do({ kind: "freeze", alert }, `a-${index}`)).toBe("ALERT_FROZE");
  expect(story.do({ kind: "freeze", alert }, "a-100")).toBe("ALREADY_FROZEN");
});

test("a person takes an alert's freeze over, and then the end of the alert does not end it", () => {
  const story = new Story().run(3);
  story.do({ kind: "freeze", alert }, "a-1");
  expect(story.do({ kind: "freeze" })).toBe("PERSON_FROZE");
  expect(story.frozenBy).toBe("ann");
  expect(story.do({ kind: "unfreeze", froze: "a-1", alert })).toBe("ALERT_OVERRULED");
  expect(story.do({ kind: "freeze", alert })).toBe("ALREADY_FROZEN");
  expect(story.frozenBy).toBe("ann");
});

test("an alert does not freeze what a person let go on after it began", () => {
  const story = new Story().run(3);
  expect(story.do({ kind: "freeze", alert, overruledAt: 2 })).toBe("ALERT_OVERRULED");
  expect(story.frozenBy).toBeUndefined();
});

test("under an alert's freeze what breaks a limit is taken back; under a person's it is left to the person", () => {
  for (const [by, kinds] of [
    [{ alert }, "roll-back"],
    [{}, "hold"],
  ] as const) {
    const story = new Story().run(30);
    expect(story.applied.length).toBeGreaterThan(0);
    story.do({ kind: "freeze", ...by });
    const seen = new Set<string>();
    for (let cycle = 0; cycle < 20; cycle++) {
      story.run(1, 0.2);
      for (const { kind } of story.last?.decision.contexts ?? []) seen.add(kind);
    }
    expect([...seen]).toContain(kinds);
    expect(seen.has("roll-back")).toBe(kinds === "roll-back");
  }
});

test("an alert takes a change back, but none that a person approved, covered or froze", () => {
  const grown = (): { story: Story; change: ActChange } => {
    const story = new Story().run(30);
    const newest = story.applied.at(-1);
    if (newest === undefined) throw new Error("nothing was applied");
    const adaptations = story.applied.filter(({ changeId }) => changeId === newest.changeId);
    return { story, change: { changeId: newest.changeId, context: newest.context, adaptations } };
  };
  const free = grown();
  expect(free.story.do({ kind: "roll-back", change: free.change, alert })).toBe("ALERT_ROLLED_BACK");
  const approved = grown();
  expect(approved.story.do({ kind: "roll-back", change: approved.change, alert, overruledAt: 2 })).toBe(
    "ALERT_OVERRULED",
  );
  const covered = grown();
  covered.story.do({ kind: "override", context: {}, values: { model: "large" } });
  expect(covered.story.do({ kind: "roll-back", change: covered.change, alert })).toBe("ALERT_OVERRULED");
  const frozen = grown();
  frozen.story.do({ kind: "freeze" });
  expect(frozen.story.do({ kind: "roll-back", change: frozen.change, alert })).toBe("ALERT_OVERRULED");
});
