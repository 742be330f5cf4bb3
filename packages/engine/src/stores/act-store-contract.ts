/** What every store of acts must keep, together with the store of the cycles that take them. */
import type { Act } from "@trimtab/learning";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ActCommand, ActStore, NewAct } from "./act-store.ts";
import { FIRST_CYCLE_AT, sampleAdaptation, sampleCycle } from "./sample-cycles.ts";
import { type CycleRecord, IllegalRecordError, InvalidCursorError, type Store } from "./store.ts";

/** Both stores over one database. */
export interface ActStoreUnderTest {
  readonly store: Store;
  readonly acts: ActStore;
  /** Closes and opens again. Absent where nothing outlives the process. */
  reopen?(): Promise<Pick<ActStoreUnderTest, "store" | "acts">>;
  remove(): Promise<void>;
}

const key = { component: "shop", operation: "checkout" };

/** An act on `shop/checkout`. */
export function sampleAct(number: number, command: ActCommand = { kind: "freeze" }): NewAct {
  return { ...key, id: `act-${number}`, who: "ann", why: "a reason", at: FIRST_CYCLE_AT + number, ...command };
}

/** A cycle that took these acts. */
export function actingCycle(cycle: number, acts: readonly Act[]): CycleRecord {
  const reason = { code: "PERSON_FROZE", sentence: "ann froze the operation: a reason" } as const;
  const outcomes = acts.map(({ id }) => ({ act: id, result: "done" as const, reason }));
  return { ...sampleCycle(cycle, { acts: outcomes }), acts };
}

/** Runs the suite against stores that `open` makes, each of them empty. */
export function describeActStore(name: string, open: () => Promise<ActStoreUnderTest>): void {
  describe(`${name} keeps the contract of acts`, () => {
    let opened: ActStoreUnderTest;
    let store: Store;
    let acts: ActStore;
    beforeEach(async () => {
      opened = await open();
      ({ store, acts } = opened);
    });
    afterEach(() => opened.remove());
    const restart = async (): Promise<void> => {
      if (opened.reopen !== undefined) ({ store, acts } = await opened.reopen());
    };

    test("acts wait in the order of their arrival, once each, until a cycle takes them", async () => {
      await acts.addAct(sampleAct(2));
      await acts.addAct(
        sampleAct(1, { kind: "override", context: { genre: "rock" }, values: { temperature: 0.6 }, until: 9 }),
      );
      await acts.addAct(sampleAct(2));
      await restart();
      const waiting = await acts.waitingActs(key, 10);
      expect(waiting.map(({ id }) => id)).toEqual(["act-2", "act-1"]);
      expect(await acts.waitingActs({ ...key, operation: "search" }, 10)).toEqual([]);
      await store.recordCycle(actingCycle(1, waiting));
      await restart();
      expect(await acts.waitingActs(key, 10)).toEqual([]);
      expect(await acts.getAct("act-1")).toEqual({
        act: sampleAct(1, { kind: "override", context: { genre: "rock" }, values: { temperature: 0.6 }, until: 9 }),
        outcome: {
          result: "done",
          reason: { code: "PERSON_FROZE", sentence: "ann froze the operation: a reason" },
          cycle: 1,
          at: FIRST_CYCLE_AT,
        },
      });
      expect(await acts.getAct("nobody")).toBeUndefined();
    });

    test("a cycle reads back with the acts that it took, as the decision saw them", async () => {
      await store.recordCycle(sampleCycle(1));
      await acts.addAct(sampleAct(1));
      const waiting = await acts.waitingActs(key, 10);
      await store.recordCycle(actingCycle(2, waiting));
      await restart();
      const { items } = await store.listCycles(key, { limit: 10 });
      expect(items.map((cycle) => cycle.acts)).toEqual([waiting, undefined]);
    });

    test("an act on an adaptation comes with its whole change", async () => {
      const changes = { changeId: "c-1", status: "suggested" } as const;
      const adaptations = [
        sampleAdaptation("a1", 5, changes),
        sampleAdaptation("a2", 5, { ...changes, parameter: "model" }),
      ];
      await store.recordCycle(sampleCycle(1, { adaptations }));
      for (const [index, target] of ["a2", "c-1", "nothing"].entries())
        await acts.addAct(sampleAct(index, { kind: "approve", target }));
      const [byAdaptation, byChange, unknown] = await acts.waitingActs(key, 10);
      expect(byAdaptation).toMatchObject({
        kind: "approve",
        change: {
          changeId: "c-1",
          context: { genre: "rock" },
          adaptations: [{ id: "a2", status: "suggested" }, { id: "a1" }],
        },
      });
      expect(byChange).toMatchObject({ change: { changeId: "c-1" } });
      expect(unknown).toMatchObject({ change: { changeId: "nothing", context: {}, adaptations: [] } });
    });

    describe("a cycle is refused whole", () => {
      /** Refused, and nothing was recorded. */
      const isRefused = async (record: CycleRecord): Promise<boolean> => {
        const before = JSON.stringify(await store.loadOperation(key));
        const error: unknown = await store.recordCycle(record).catch((problem: unknown) => problem);
        return error instanceof IllegalRecordError && JSON.stringify(await store.loadOperation(key)) === before;
      };

      test("that takes an act again", async () => {
        await acts.addAct(sampleAct(1));
        const waiting = await acts.waitingActs(key, 10);
        await store.recordCycle(actingCycle(1, waiting));
        expect(await isRefused(actingCycle(2, waiting))).toBe(true);
      });

      test("that takes an act which nobody did, or another operation's", async () => {
        expect(await isRefused(actingCycle(1, [{ id: "act-9", who: "ann", why: "", at: 1, kind: "freeze" }]))).toBe(
          true,
        );
        await acts.addAct({ ...sampleAct(1), operation: "search" });
        expect(await isRefused(actingCycle(1, await acts.waitingActs({ ...key, operation: "search" }, 1)))).toBe(true);
      });

      test("that does not say what became of an act, which goes on waiting", async () => {
        await acts.addAct(sampleAct(1));
        const waiting = await acts.waitingActs(key, 10);
        expect(await isRefused({ ...sampleCycle(1), acts: waiting })).toBe(true);
        expect(await acts.waitingActs(key, 10)).toEqual(waiting);
      });
    });

    test("the list is newest first, in pages, by operation, kind and person", async () => {
      for (let number = 1; number <= 5; number++)
        await acts.addAct(sampleAct(number, { kind: number % 2 === 0 ? "reset" : "freeze" }));
      await acts.addAct({ ...sampleAct(6), who: "bob" });
      const first = await acts.listActs({}, { limit: 4 });
      expect(first.items.map(({ act }) => act.id)).toEqual(["act-6", "act-5", "act-4", "act-3"]);
      const rest = await acts.listActs({}, { limit: 4, cursor: first.nextCursor ?? "" });
      expect(rest).toEqual({ items: [{ act: sampleAct(2, { kind: "reset" }) }, { act: sampleAct(1) }] });
      const ids = async (filter: Parameters<ActStore["listActs"]>[0]) =>
        (await acts.listActs(filter, { limit: 9 })).items.map(({ act }) => act.id);
      expect(await ids({ kind: "reset" })).toEqual(["act-4", "act-2"]);
      expect(await ids({ who: "bob" })).toEqual(["act-6"]);
      expect(await ids({ operation: "search" })).toEqual([]);
      await expect(acts.listActs({ who: "bob" }, { limit: 1, cursor: first.nextCursor ?? "" })).rejects.toThrow(
        InvalidCursorError,
      );
    });
  });
}
