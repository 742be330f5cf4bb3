/** What every store must keep. Each store's own test begins with it. */
import { randomBytes } from "node:crypto";
import type { AdaptationStatus, Reason } from "@trimtab/learning";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  FIRST_CYCLE_AT,
  INTERVAL_MILLISECONDS,
  sampleAdaptation,
  sampleAllocation,
  sampleCycle,
  sampleDecision,
} from "./sample-cycles.ts";
import { CycleConflictError, IllegalRecordError, InvalidCursorError, type Page, type Store } from "./store.ts";

/** A store to be tested, and what belongs to it. */
export interface StoreUnderTest {
  readonly store: Store;
  /** Closes the store and opens what it has kept. Absent where nothing outlives the process. */
  reopen?(): Promise<Store>;
  /** Closes the store and removes all traces. */
  remove(): Promise<void>;
}

const key = { component: "shop", operation: "checkout" };
const reason = (sentence: string): Reason => ({ code: "REPLACED", sentence });

/** Runs the suite against stores that `open` makes, each of them empty. */
export function describeStore(name: string, open: () => Promise<StoreUnderTest>): void {
  // Hundreds of transactions, each flushed to the disk: on a busy machine they take their time.
  describe(`${name} keeps the store contract`, { timeout: 60_000 }, () => {
    let opened: StoreUnderTest;
    let store: Store;
    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });
    afterEach(() => opened.remove());

    /** What is tested must also hold after a restart, where there is such a thing. */
    const restart = async (): Promise<void> => {
      if (opened.reopen !== undefined) store = await opened.reopen();
    };

    test("an operation without a cycle is unknown", async () => {
      expect(await store.loadOperation(key)).toBeUndefined();
      expect(await store.sumAllocationsSince("shop", [])).toBe(0);
      expect(await store.loadServed(key)).toBeUndefined();
      expect(await store.listLastCycles()).toEqual([]);
      expect(await store.listCycles(key, { limit: 10 })).toEqual({ items: [] });
      expect(await store.listOperations()).toEqual([]);
    });

    test("every operation with a cycle is listed by name, in order", async () => {
      await store.recordCycle({ ...sampleCycle(1), operation: "refund" });
      await store.recordCycle(sampleCycle(1));
      await store.recordCycle(sampleCycle(2));
      await restart();
      expect(await store.listOperations()).toEqual([key, { ...key, operation: "refund" }]);
    });

    test("the next cycle starts from what the last one recorded", async () => {
      await store.recordCycle(sampleCycle(1));
      const second = sampleCycle(2, { allocations: [sampleAllocation("jazz", "decision-2")], mayExplore: false });
      await store.recordCycle(second);
      await restart();
      expect(await store.loadOperation(key)).toEqual({
        ...key,
        cycle: 2,
        state: second.state,
        windowEnd: second.evidence.window.to,
        decision: second.decision,
        policyHash: "policy-1",
      });
    });

    test("a cycle reads back as it was recorded, with the policy it was decided under", async () => {
      const first = sampleCycle(1);
      await store.recordCycle(first);
      await restart();
      const { policy, ...recorded } = first;
      expect((await store.listCycles(key, { limit: 10 })).items).toEqual([recorded]);
      expect(await store.loadPolicy(first.policyHash)).toEqual(policy);
      expect(await store.loadPolicy("no such policy")).toBeUndefined();
    });

    test("a cycle of thousands of cells reads back as it was recorded, from the list as from the latest", async () => {
      const { evidence, ...rest } = sampleCycle(20);
      const value = Array.from({ length: 2_000 }, (_, index) => ({
        context: { genre: `жанр ${index}` },
        variant: `v-${index % 7}`,
        reading: { kind: "value" as const, value: { success: index, failure: index / 7, partial: 0 } },
      }));
      for (let cycle = 1; cycle <= 19; cycle++) await store.recordCycle(sampleCycle(cycle));
      const contexts = value.slice(0, 100).map(({ context }) => ({
        context,
        kind: "hold" as const,
        reason: reason(`Nothing in ${context.genre}.`),
        refused: [],
      }));
      const state = { schema: 1 as const, seen: value.map(({ variant }) => variant) };
      const large = {
        ...rest,
        evidence: { ...evidence, cells: { kind: "value" as const, value } },
        decision: { ...rest.decision, contexts },
        state,
      };
      await store.recordCycle(large);
      await restart();
      const { policy: _policy, ...recorded } = large;
      expect((await store.listCycles(key, { limit: 1 })).items).toEqual([recorded]);
      expect(await store.loadOperation(key)).toMatchObject({ decision: large.decision, state });
      await store.recordCycle(sampleCycle(21));
      expect((await store.listCycles(key, { limit: 2 })).items[1]).toEqual(recorded);
    });

    test("allocations that come back after others are told apart from those between", async () => {
      const [rock, jazz] = [[sampleAllocation("rock", "decision-1")], [sampleAllocation("jazz", "decision-2")]];
      const served = [rock, jazz, rock, rock];
      for (const [index, allocations] of served.entries())
        await store.recordCycle(sampleCycle(index + 1, { allocations }));
      const { items } = await store.listCycles(key, { limit: 10 });
      expect(items.map((cycle) => cycle.decision.allocations)).toEqual([...served].reverse());
    });

    test("a state comes with every twentieth cycle and with the last", async () => {
      for (let cycle = 1; cycle <= 41; cycle++) await store.recordCycle(sampleCycle(cycle));
      const { items } = await store.listCycles(key, { limit: 100 });
      expect(items.flatMap((cycle) => (cycle.state === undefined ? [] : [cycle.cycle]))).toEqual([41, 40, 20]);
      expect(items.find((cycle) => cycle.cycle === 20)?.state).toEqual(sampleCycle(20).state);
    });

    describe("a record with the wrong number is refused and changes nothing", () => {
      test.each([1, 2, 4, 0])("cycle %i after cycle 2", async (cycle) => {
        await store.recordCycle(sampleCycle(1));
        await store.recordCycle(sampleCycle(2));
        const stored = await store.loadOperation(key);
        const intruder = sampleCycle(cycle, { adaptations: [sampleAdaptation("a1", 5)], allocations: [] });
        await expect(store.recordCycle(intruder)).rejects.toThrow(CycleConflictError);
        expect(await store.loadOperation(key)).toEqual(stored);
        expect((await store.listCycles(key, { limit: 10 })).items).toHaveLength(2);
        expect(await store.getAdaptation("a1")).toBeUndefined();
      });

      test("the second cycle of an operation that has no first", async () => {
        await expect(store.recordCycle(sampleCycle(2))).rejects.toThrow(
          'Cycle 2 of "shop/checkout" does not follow cycle 0',
        );
        expect(await store.loadOperation(key)).toBeUndefined();
      });

      test("of ten that race for the same number one is recorded", async () => {
        const racers = Array.from({ length: 10 }, (_, racer) => ({ ...sampleCycle(1), seed: `racer-${racer}` }));
        const results = await Promise.allSettled(racers.map((racer) => store.recordCycle(racer)));
        const names = results.map((result) =>
          result.status === "rejected" ? (result.reason as Error).name : "recorded",
        );
        expect(names.sort()).toEqual([...Array(9).fill("CycleConflictError"), "recorded"]);
        expect(await store.listLastCycles()).toEqual([{ ...key, cycle: 1 }]);
      });
    });

    test("what is served is told with the time since when, however long it stays and whatever becomes of the cycles", async () => {
      const at = (cycle: number): number => sampleCycle(cycle).decision.at;
      const told = await store.recordCycle(sampleCycle(1, { mayExplore: true }));
      const since = { allocationsSince: 1, allocationsAt: at(1), exploredAt: at(1) };
      expect(told).toEqual({ cycle: 1, decision: sampleCycle(1, { mayExplore: true }).decision, ...since });
      await store.recordCycle(sampleCycle(2, { mayExplore: false }));
      await restart();
      await store.dropCyclesBefore(Number.MAX_SAFE_INTEGER);
      const { decision } = sampleCycle(2, { mayExplore: false });
      expect(await store.loadServed(key)).toEqual({ cycle: 2, decision, ...since });
      expect(await store.sumAllocationsSince("shop", [])).toBe(1);
      const changed = { allocations: [sampleAllocation("jazz", "decision-3")], mayExplore: false };
      await store.recordCycle(sampleCycle(3, changed));
      expect(await store.loadServed(key)).toMatchObject({
        allocationsSince: 3,
        allocationsAt: at(3),
        exploredAt: at(1),
      });
      expect(await store.sumAllocationsSince("shop", [])).toBe(3);
    });

    test("operations and components do not touch each other", async () => {
      await store.recordCycle(sampleCycle(1));
      await store.recordCycle(sampleCycle(2));
      await store.recordCycle(sampleCycle(1, { operation: "search" }));
      await store.recordCycle(sampleCycle(1, { component: "mail" }));
      expect(await store.sumAllocationsSince("shop", [])).toBe(2); // two lists of allocations, each since its first cycle
      expect(await store.sumAllocationsSince("shop", ["search"])).toBe(1);
      expect(await store.sumAllocationsSince("shop", ["search", "checkout"])).toBe(0);
      expect((await store.listCycles({ component: "shop", operation: "search" }, { limit: 10 })).items).toHaveLength(1);
    });

    describe("adaptations", () => {
      test("one that is superseded keeps its story", async () => {
        const old = sampleAdaptation("a1", FIRST_CYCLE_AT);
        await store.recordCycle(sampleCycle(1, { adaptations: [old] }));
        const next = sampleAdaptation("a2", FIRST_CYCLE_AT + INTERVAL_MILLISECONDS, { oldValue: 0.6, newValue: 0.7 });
        const transitions = [{ id: "a1", status: "superseded" as const, reason: reason("0.7 took its place.") }];
        const second = sampleCycle(2, { adaptations: [next], transitions });
        await store.recordCycle(second);
        await restart();
        expect(await store.getAdaptation("a1")).toEqual({
          ...old,
          status: "superseded",
          history: [
            { id: "a1", status: "applied", reason: old.reason, at: FIRST_CYCLE_AT },
            { ...transitions[0], at: second.decision.at },
          ],
        });
        expect((await store.getAdaptation("a2"))?.status).toBe("applied");
        expect(await store.getAdaptation("a3")).toBeUndefined();
      });

      const legal: readonly (readonly AdaptationStatus[])[] = [
        ["suggested", "superseded"],
        ["suggested", "rejected"],
        ["suggested", "approved", "applied", "rolled-back"],
        ["suggested", "approved", "failed"],
        ["applied", "superseded"],
        ["applied", "rolled-back"],
      ];
      test.each(legal.map((path) => ({ path })))("may go $path", async ({ path }) => {
        for (const [index, status] of path.entries()) {
          await store.recordCycle(
            index === 0
              ? sampleCycle(1, { adaptations: [sampleAdaptation("a1", FIRST_CYCLE_AT, { status })] })
              : sampleCycle(index + 1, { transitions: [{ id: "a1", status, reason: reason("next") }] }),
          );
        }
        const stored = await store.getAdaptation("a1");
        expect(stored?.history.map((transition) => transition.status)).toEqual(path);
      });

      const illegal: readonly (readonly AdaptationStatus[])[] = [
        ["approved"],
        ["superseded"],
        ["failed"],
        ["suggested", "applied"],
        ["suggested", "rolled-back"],
        ["suggested", "rejected", "approved"],
        ["suggested", "approved", "rejected"],
        ["applied", "suggested"],
        ["applied", "applied"],
        ["applied", "rolled-back", "applied"],
        ["applied", "superseded", "rolled-back"],
      ];
      test.each(illegal.map((path) => ({ path })))("may not go $path, and nothing is recorded", async ({ path }) => {
        const records = path.map((status, index) =>
          index === 0
            ? sampleCycle(1, { adaptations: [sampleAdaptation("a1", FIRST_CYCLE_AT, { status })] })
            : sampleCycle(index + 1, {
                adaptations: [sampleAdaptation("another", FIRST_CYCLE_AT, { parameter: "other" })],
                transitions: [{ id: "a1", status, reason: reason("next") }],
              }),
        );
        const last = records.pop();
        for (const record of records)
          await store.recordCycle({
            ...record,
            decision: { ...record.decision, adaptations: record.cycle === 1 ? record.decision.adaptations : [] },
          });
        const before = [await store.loadOperation(key), await store.listAdaptations({}, { limit: 10 })];
        await expect(store.recordCycle(last ?? sampleCycle(99))).rejects.toThrow(IllegalRecordError);
        await restart();
        expect([await store.loadOperation(key), await store.listAdaptations({}, { limit: 10 })]).toEqual(before);
      });

      test("a transition of an adaptation that nobody knows is refused", async () => {
        const transitions = [{ id: "ghost", status: "rolled-back" as const, reason: reason("?") }];
        await expect(store.recordCycle(sampleCycle(1, { transitions }))).rejects.toThrow(
          'Adaptation "ghost" is unknown and cannot become rolled-back',
        );
        expect(await store.loadOperation(key)).toBeUndefined();
      });

      test("at most one is applied per parameter and context, wherever it stands in the decision", async () => {
        await store.recordCycle(sampleCycle(1, { adaptations: [sampleAdaptation("a1", 1)] }));
        const second = sampleCycle(2, { adaptations: [sampleAdaptation("a2", 2)] });
        await expect(store.recordCycle(second)).rejects.toThrow(
          'Two adaptations of "temperature" would be applied in the context "genre=rock" of "shop/checkout"',
        );
        const elsewhere = [
          sampleAdaptation("a2", 2, { context: { genre: "jazz" } }),
          sampleAdaptation("a3", 2, { parameter: "level" }),
          sampleAdaptation("a4", 2, { status: "suggested" }),
        ];
        await store.recordCycle(sampleCycle(2, { adaptations: elsewhere }));
        expect((await store.listAdaptations({ status: "applied" }, { limit: 10 })).items).toHaveLength(3);
      });

      test("in each arm of an experiment one may be applied, and the control goes on with what was applied before", async () => {
        const place = (arm: "control" | "treatment", startedAt = 1) => ({ experiment: { name: "ab", startedAt, arm } });
        await store.recordCycle(sampleCycle(1, { adaptations: [sampleAdaptation("a1", 1)] }));
        const control = sampleCycle(2, { adaptations: [sampleAdaptation("a2", 2, place("control"))] });
        await expect(store.recordCycle(control)).rejects.toThrow("Two adaptations");
        await store.recordCycle(sampleCycle(2, { adaptations: [sampleAdaptation("a2", 2, place("treatment"))] }));
        expect((await store.getAdaptation("a2"))?.experiment).toEqual({ name: "ab", startedAt: 1, arm: "treatment" });
        const again = sampleCycle(3, { adaptations: [sampleAdaptation("a3", 3, place("treatment"))] });
        await expect(store.recordCycle(again)).rejects.toThrow(
          'would be applied in the context "genre=rock" of "shop/checkout", in the treatment of "ab" since 1',
        );
        await store.recordCycle(sampleCycle(3, { adaptations: [sampleAdaptation("a3", 3, place("treatment", 9))] }));
      });

      test("the same id twice is refused", async () => {
        await store.recordCycle(sampleCycle(1, { adaptations: [sampleAdaptation("a1", 1)] }));
        const again = sampleCycle(2, { adaptations: [sampleAdaptation("a1", 2, { parameter: "level" })] });
        await expect(store.recordCycle(again)).rejects.toThrow('Adaptation "a1" exists already');
      });

      test("are listed newest first and filtered by everything at once", async () => {
        const adaptations = [
          sampleAdaptation("a1", 1),
          sampleAdaptation("a2", 2, { parameter: "level", changeId: "c", status: "suggested" }),
          sampleAdaptation("a3", 2, { context: {}, changeId: "c" }),
        ];
        await store.recordCycle(sampleCycle(1, { adaptations }));
        const ids = async (filter: Parameters<Store["listAdaptations"]>[0]): Promise<string[]> =>
          (await store.listAdaptations(filter, { limit: 10 })).items.map((item) => item.id);
        expect(await ids({})).toEqual(["a3", "a2", "a1"]);
        expect(await ids({ component: "shop", operation: "checkout" })).toEqual(["a3", "a2", "a1"]);
        expect(await ids({ component: "mail" })).toEqual([]);
        expect(await ids({ contextId: "" })).toEqual(["a3"]);
        expect(await ids({ contextId: "genre=rock" })).toEqual(["a2", "a1"]);
        expect(await ids({ status: "suggested" })).toEqual(["a2"]);
        expect(await ids({ changeId: "c", parameter: "temperature" })).toEqual(["a3"]);
      });
    });

    describe("pages", () => {
      const everything = async <Item>(read: (cursor?: string) => Promise<Page<Item>>): Promise<Item[][]> => {
        const pages: Item[][] = [];
        let cursor: string | undefined;
        do {
          const page: Page<Item> = await read(cursor);
          pages.push([...page.items]);
          cursor = page.nextCursor;
        } while (cursor !== undefined);
        return pages;
      };

      test("of cycles follow each other, also while new ones are recorded", async () => {
        for (let cycle = 1; cycle <= 5; cycle++) await store.recordCycle(sampleCycle(cycle));
        let next = 6;
        const pages = await everything(async (cursor) => {
          const page = await store.listCycles(key, cursor === undefined ? { limit: 2 } : { limit: 2, cursor });
          await store.recordCycle(sampleCycle(next++));
          return page;
        });
        expect(pages.map((page) => page.map((cycle) => cycle.cycle))).toEqual([[5, 4], [3, 2], [1]]);
      });

      test("of large cycles are shorter than asked for, and miss none", async () => {
        const promql = randomBytes(300_000).toString("base64"); // stays as large when it is packed
        for (let cycle = 1; cycle <= 12; cycle++) {
          const record = sampleCycle(cycle);
          await store.recordCycle({
            ...record,
            evidence: { ...record.evidence, queries: [{ question: "calls", promql }] },
          });
        }
        const pages = await everything((cursor) =>
          store.listCycles(key, cursor === undefined ? { limit: 1_000 } : { limit: 1_000, cursor }),
        );
        expect(pages.length).toBeGreaterThan(1);
        expect(pages.flat().map(({ cycle }) => cycle)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
      });

      test("of adaptations of one instant follow each other", async () => {
        const adaptations = ["a", "b", "c", "d"].map((id) => sampleAdaptation(id, 7, { parameter: id }));
        await store.recordCycle(sampleCycle(1, { adaptations }));
        const pages = await everything((cursor) =>
          store.listAdaptations({ operation: "checkout" }, cursor === undefined ? { limit: 2 } : { limit: 2, cursor }),
        );
        expect(pages.map((page) => page.map((item) => item.id))).toEqual([
          ["d", "c"],
          ["b", "a"],
        ]);
      });

      test.each([0, -1, 1.5, 1_001, Number.NaN])("of %d items are refused", async (limit) => {
        await expect(store.listCycles(key, { limit })).rejects.toThrow(RangeError);
        await expect(store.listAdaptations({}, { limit })).rejects.toThrow(RangeError);
      });

      test("a cursor of another list, and any other text, is refused", async () => {
        const adaptations = ["a", "b"].map((id) => sampleAdaptation(id, 7, { parameter: id }));
        await store.recordCycle(sampleCycle(1, { adaptations }));
        const { nextCursor = "" } = await store.listAdaptations({ component: "shop" }, { limit: 1 });
        expect(nextCursor).not.toBe("");
        for (const cursor of [nextCursor, "", "7", "bm90IG1pbmU", `${nextCursor}x`, "é"]) {
          await expect(store.listAdaptations({ component: "mail" }, { limit: 1, cursor })).rejects.toThrow(
            InvalidCursorError,
          );
          await expect(store.listCycles(key, { limit: 1, cursor })).rejects.toThrow(InvalidCursorError);
        }
      });
    });

    test("what has no JSON text is refused, not changed to null", async () => {
      const record = { ...sampleCycle(1), state: { schema: 1 as const, mean: Number.NaN } };
      await expect(store.recordCycle(record)).rejects.toThrow(
        'Cycle 1 of "shop/checkout": the state has the number NaN at "mean", which has no JSON text',
      );
      expect(await store.loadOperation(key)).toBeUndefined();
    });

    test("a part of more than 64 MiB is refused, and a state of 40 MiB is not", async () => {
      const long = { schema: 1 as const, text: "x".repeat(40 * 1024 * 1024) };
      await store.recordCycle({ ...sampleCycle(1), state: long });
      const stored = await store.loadOperation(key);
      expect(JSON.stringify(stored?.state) === JSON.stringify(long)).toBe(true); // shown, a difference would be 40 MiB long
      const { items } = await store.listCycles(key, { limit: 1 });
      expect(JSON.stringify(items[0]?.state) === JSON.stringify(long)).toBe(true);
      const decision = sampleDecision(2, { id: "x".repeat(65 * 1024 * 1024) });
      await expect(store.recordCycle({ ...sampleCycle(2), decision })).rejects.toThrow(IllegalRecordError);
      expect((await store.loadOperation(key))?.cycle).toBe(1);
    });

    test("a policy goes with the last cycle that names it, except the one that is in force", async () => {
      for (let cycle = 1; cycle <= 6; cycle++) {
        const policyHash = `policy-${Math.ceil(cycle / 2)}`; // three policies, each for two cycles
        await store.recordCycle({ ...sampleCycle(cycle), policyHash });
      }
      const kept = async () => {
        const hashes = ["policy-1", "policy-2", "policy-3"];
        const policies = await Promise.all(hashes.map((hash) => store.loadPolicy(hash)));
        return hashes.filter((_, index) => policies[index] !== undefined);
      };
      await store.dropCyclesBefore(FIRST_CYCLE_AT + 3 * INTERVAL_MILLISECONDS); // the first three
      expect(await kept()).toEqual(["policy-2", "policy-3"]);
      await store.dropCyclesBefore(Number.MAX_SAFE_INTEGER);
      expect(await kept()).toEqual(["policy-3"]);
    });

    test("old cycles are dropped, what is served and the adaptations stay", async () => {
      await store.recordCycle(sampleCycle(1, { adaptations: [sampleAdaptation("a1", FIRST_CYCLE_AT)] }));
      for (let cycle = 2; cycle <= 603; cycle++) await store.recordCycle(sampleCycle(cycle));
      const served = await store.loadOperation(key);
      const boundary = FIRST_CYCLE_AT + 600 * INTERVAL_MILLISECONDS;
      expect(await store.dropCyclesBefore(boundary)).toBe(600);
      expect(await store.dropCyclesBefore(boundary)).toBe(0);
      const { items } = await store.listCycles(key, { limit: 10 });
      expect(items.map((cycle) => cycle.cycle)).toEqual([603, 602, 601]);
      expect(items[2]?.decision).toEqual(sampleCycle(601).decision);
      expect(await store.loadOperation(key)).toEqual(served);
      expect((await store.getAdaptation("a1"))?.status).toBe("applied");
      expect(await store.dropCyclesBefore(Number.MAX_SAFE_INTEGER)).toBe(3);
      expect(await store.loadOperation(key)).toEqual(served);
      expect(await store.listLastCycles()).toEqual([{ ...key, cycle: 603 }]);
      await store.recordCycle(sampleCycle(604));
    });
  });
}
