import { type Allocation, type Context, contextId, isContextSubset } from "@trimtab/conventions";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { OperationMemory } from "../decision/operation-state.ts";
import { REASON_CODES } from "../decision/reasons.ts";
import {
  anyRun,
  follow,
  type Model,
  OTHER_SPACES,
  POLICIES,
  run,
  SUGGESTING,
  type Turn,
} from "./acts-schedule.test.support.ts";

/** How often a schedule reached what it is about. */
interface Seen {
  overridden: number;
  frozen: number;
  readonly done: Set<string>;
}

/** Checks each decision of a schedule against what people have set, by a model of its own. */
function checkPeople(turns: readonly Turn[], seen: Seen): void {
  const model: Model = { frozen: undefined, overrides: new Map() };
  let before: readonly Allocation[] = [];
  for (const turn of turns) {
    const { allocations, acts = [], people } = turn.output.decision;
    const { holdout } = turn.policy;
    const wasFrozen = model.frozen;
    const isQuiet = !turn.isReloaded && acts.every(({ result }) => result === "refused");
    follow(model, turn);
    for (const { result, reason } of acts) if (result !== "refused") seen.done.add(reason.code);
    expect(people?.frozen !== undefined).toBe(model.frozen !== undefined);
    const holders = typeof model.frozen === "object" ? [...model.frozen] : [];
    const told = [people?.frozen, ...(people?.alsoFrozenBy ?? [])].flatMap((each) =>
      each?.alert === undefined ? [] : [each.id],
    );
    expect(told.sort()).toEqual(holders.sort());
    expect((people?.overrides ?? []).map(({ context }) => JSON.stringify(context)).sort()).toEqual(
      [...model.overrides.keys()].sort(),
    );
    for (const { context, variants } of allocations) {
      expect(Math.abs(variants.reduce((sum, { weight }) => sum + weight, 0) - 1)).toBeLessThan(1e-9);
      const baseline = variants.find(({ role }) => role === "baseline")?.weight ?? 0;
      // a freeze goes before a holdout that was made larger under it
      expect(baseline).toBeGreaterThanOrEqual(model.frozen === undefined ? holdout : 0);
      const covering = [...model.overrides.values()]
        .filter((override) => isContextSubset(override.context, context))
        .sort((left, right) => Object.keys(right.context).length - Object.keys(left.context).length)[0];
      if (covering === undefined) continue;
      const earlier = before.find((each) => JSON.stringify(each.context) === JSON.stringify(context));
      // also the parameters that the person did not name, as long as nobody acts
      expect(variants).toEqual(isQuiet && earlier !== undefined ? earlier.variants : variants);
      seen.overridden += 1;
      expect(variants.filter(({ role }) => role === "challenger")).toEqual([]);
      const served = variants.filter(({ role }) => role !== "baseline");
      for (const { parameters } of served.length === 0 ? variants : served)
        expect(parameters).toMatchObject(covering.values);
    }
    for (const { context } of model.overrides.values()) {
      expect(allocations.some((each) => JSON.stringify(each.context) === JSON.stringify(context))).toBe(true);
    }
    // what a reload may change under a freeze: what has no place any more in another space, or without its experiment
    const hasNoPlace = turn.hasNewSpace || turn.output.decision.experimentEnded !== undefined;
    const isActed = acts.some(({ result }) => result !== "refused");
    const isStill = wasFrozen === "by a person" && model.frozen === "by a person" && !isActed && !hasNoPlace;
    if (isStill) seen.frozen += 1;
    expect(isStill ? withoutHeadings(allocations) : withoutHeadings(before)).toEqual(withoutHeadings(before));
    for (const { reason } of acts) expect(REASON_CODES).toContain(reason.code);
    before = allocations;
  }
}

function withoutHeadings(allocations: readonly Allocation[]): object[] {
  return allocations.map(({ context, variants }) => ({ context, variants }));
}

const REACHED = [
  "PERSON_APPROVED",
  "PERSON_REJECTED",
  "PERSON_ROLLED_BACK",
  "PERSON_UNDID_RESET",
  "RESET_ON_SCHEDULE",
  "ALERT_FROZE",
  "ALERT_UNFROZE",
  "ALERT_FREEZE_STAYS",
  "ALERT_ROLLED_BACK",
];

test("nothing automatic, and no alert, changes what a person set; shares sum to one and the holdout stays", () => {
  const seen: Seen = { overridden: 0, frozen: 0, done: new Set() };
  fc.assert(
    fc.property(anyRun, ({ policy, steps }) => checkPeople(run(policy, steps), seen)),
    { numRuns: 220, seed: 7 },
  );
  // the schedules reach what they are about
  expect(seen.overridden).toBeGreaterThan(200);
  expect(seen.frozen).toBeGreaterThan(50);
  expect([...seen.done]).toEqual(expect.arrayContaining(REACHED));
});

test("neither does a reload of the configuration or a restart, unless what was set has no place in the new parameters", () => {
  const seen: Seen = { overridden: 0, frozen: 0, done: new Set() };
  const reloads = { same: 0, other: 0 };
  fc.assert(
    fc.property(anyRun, ({ policy, steps }) => {
      const turns = run(policy, steps, [...POLICIES, ...OTHER_SPACES]);
      for (const { isReloaded, hasNewSpace } of turns) if (isReloaded) reloads[hasNewSpace ? "other" : "same"] += 1;
      checkPeople(turns, seen);
    }),
    { numRuns: 150, seed: 13 },
  );
  expect(Math.min(reloads.same, reloads.other)).toBeGreaterThan(100);
  expect(seen.overridden).toBeGreaterThan(200);
  expect(seen.frozen).toBeGreaterThan(50);
  expect([...seen.done]).toEqual(expect.arrayContaining(["OVERRIDE_UNFIT", "ALERT_FREEZE_STAYS", "PERSON_REJECTED"]));
});

/** No decision suggests or applies what a person turned down, until a person resets, or the parameters are others. */
function checkTurnedDown(turns: readonly Turn[], seen: { rejected: number }): void {
  const turned = new Set<string>();
  for (const { act, output, step, hasNewSpace } of turns) {
    const { decision } = output;
    if (hasNewSpace) turned.clear();
    const done = decision.acts?.find((each) => each.act === act?.id)?.result === "done";
    if (done && act?.kind === "reset") turned.clear();
    if (done && act?.kind === "undo-reset") return; // brings rejections back that this model does not keep
    if (
      done &&
      act?.alert === undefined &&
      (act?.kind === "reject" || act?.kind === "roll-back") &&
      step.act !== undefined
    ) {
      const [first] = act.change.adaptations;
      const basis = first as unknown as { basis: { to?: { variant: string } } };
      if (act.kind === "reject" && basis.basis.to !== undefined) {
        turned.add(JSON.stringify([act.change.context, basis.basis.to.variant]));
        seen.rejected += 1;
      }
    }
    for (const { context, basis } of decision.adaptations) {
      expect(turned.has(JSON.stringify([context, basis.to?.variant]))).toBe(false);
    }
    // it may take many more cycles than a schedule has until the same would be suggested again
    const { contexts } = output.state as unknown as OperationMemory;
    for (const text of turned) {
      const [context, variant] = JSON.parse(text) as [Context, string];
      expect(contexts[contextId(context)]?.rejected).toContain(variant);
    }
  }
}

test("what a person turned down does not come back, also over reloads and restarts", () => {
  const seen = { rejected: 0 };
  fc.assert(
    fc.property(anyRun, ({ steps }) => checkTurnedDown(run(SUGGESTING, steps), seen)),
    { numRuns: 60, seed: 11 },
  );
  fc.assert(
    fc.property(anyRun, ({ steps }) => checkTurnedDown(run(SUGGESTING, steps, [SUGGESTING, ...POLICIES]), seen)),
    { numRuns: 60, seed: 17 },
  );
  expect(seen.rejected).toBeGreaterThan(5);
});
