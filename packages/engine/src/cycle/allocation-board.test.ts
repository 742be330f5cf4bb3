import { type AllocationDocument, parseAllocationDocument, shortDigest, variantId } from "@trimtab/conventions";
import type { Decision, OperationPolicy } from "@trimtab/learning";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  FIRST_CYCLE_AT,
  INTERVAL_MILLISECONDS,
  sampleAllocation,
  sampleCycle,
  sampleDecision,
  samplePolicy,
} from "../stores/sample-cycles.ts";
import { createSqlStore } from "../stores/sql-store.ts";
import { openSqliteDatabase } from "../stores/sqlite-dialect.ts";
import type { Store } from "../stores/store.ts";
import { type AllocationBoard, createAllocationBoard, type ServedDocument } from "./allocation-board.ts";
import { FakeClock } from "./fake-clock.ts";

const base = variantId({ temperature: 0.5 }, "baseline");
const incumbent = variantId({ temperature: 0.6 });
const challenger = variantId({ temperature: 0.7 });
const key = { component: "shop", operation: "checkout" };
const LIFE = 10 * INTERVAL_MILLISECONDS; // how long a decision lets challengers run

describe("the allocation board", () => {
  let store: Store;
  let clock: FakeClock;
  beforeEach(async () => {
    store = createSqlStore(await openSqliteDatabase(":memory:"));
    clock = new FakeClock(FIRST_CYCLE_AT);
  });
  afterEach(() => store.close());

  const open = (policies: readonly OperationPolicy[] = [samplePolicy()]): Promise<AllocationBoard> => {
    const operations = policies.map((policy) => ({ policy, intervalMilliseconds: INTERVAL_MILLISECONDS }));
    return createAllocationBoard({ store, operations, clock });
  };
  /** Records a cycle and tells the board, as the loop does. */
  const decided = async (board: AllocationBoard, cycle: number, changes: Partial<Decision> = {}): Promise<void> => {
    clock.set(FIRST_CYCLE_AT + (cycle - 1) * INTERVAL_MILLISECONDS);
    const record = sampleCycle(cycle, changes);
    board.update({ component: record.component, operation: record.operation }, await store.recordCycle(record));
  };
  const served = (board: AllocationBoard, component = "shop") => {
    const found = board.document(component);
    if (found === undefined) throw new Error(`nothing is served for ${component}`);
    return found;
  };
  const weights = (document: AllocationDocument, context: object, operation = "checkout") =>
    Object.fromEntries(
      document.operations[operation]?.allocations
        .find((allocation) => JSON.stringify(allocation.context) === JSON.stringify(context))
        ?.variants.map(({ id, weight }) => [id, weight]) ?? [],
    );

  test("serves the base values before the first decision", async () => {
    const { document, bytes, etag } = served(await open());
    expect(weights(document, {})).toEqual({ [base]: 1 });
    expect(document.revision).toMatch(/^0-[a-z2-7]{8}$/);
    expect(etag).toBe(`"${document.revision}"`);
    expect(parseAllocationDocument(JSON.parse(new TextDecoder().decode(bytes)))).toEqual({ document });
  });

  test("serves what was decided, and the base values where nothing was", async () => {
    const board = await open();
    await decided(board, 1);
    const { document, bytes } = served(board);
    expect(weights(document, { genre: "rock" })).toEqual({ [base]: 0.05, [incumbent]: 0.75, [challenger]: 0.2 });
    expect(weights(document, {})).toEqual({ [base]: 1 });
    expect(document.revision).toMatch(/^1-/);
    expect(document.exploreUntil).toBe(new Date(FIRST_CYCLE_AT + LIFE).toISOString());
    expect(new TextDecoder().decode(bytes)).toBe(JSON.stringify(document));
    const { revision, ...unnamed } = document;
    expect(revision).toBe(`1-${shortDigest(JSON.stringify(unnamed)).slice(0, 8)}`);
  });

  test("knows nothing of components and operations that are not configured", async () => {
    const board = await open();
    expect(board.components).toEqual(["shop"]);
    expect(board.document("mail")).toBeUndefined();
    expect(board.resolve({ component: "shop", operation: "toString" }, {}, { chance: 0 })).toBeUndefined();
    expect(board.resolve({ component: "mail", operation: "checkout" }, {}, { chance: 0 })).toBeUndefined();
    const strange = { cycle: 1, decision: sampleDecision(1), allocationsSince: 1, allocationsAt: 1, exploredAt: 1 };
    board.update({ component: "mail", operation: "send" }, strange);
    expect(board.document("mail")).toBeUndefined();
  });

  describe("its tag", () => {
    test("stays while cycles hold, and moves when the time to explore is half over", async () => {
      const board = await open();
      const tags: string[] = [];
      for (let cycle = 1; cycle <= 13; cycle++) {
        await decided(board, cycle);
        tags.push(served(board).etag);
        const left = Date.parse(served(board).document.exploreUntil) - clock.now();
        expect(left).toBeGreaterThanOrEqual(LIFE / 2); // five more cycles may be lost before any client stops exploring
      }
      const [first, second, third] = new Set(tags);
      expect(tags).toEqual([...Array(5).fill(first), ...Array(5).fill(second), ...Array(3).fill(third)]);
      expect(new Set(tags).size).toBe(3);
    });

    test("stays for ever while there is no challenger", async () => {
      const board = await open();
      await decided(board, 1, { allocations: [] });
      const { etag } = served(board);
      for (let cycle = 2; cycle <= 40; cycle++) await decided(board, cycle, { allocations: [] });
      expect(served(board).etag).toBe(etag);
      expect(served(board).document.revision).toMatch(/^1-/);
      expect(Date.parse(served(board).document.exploreUntil)).toBeGreaterThan(
        Date.parse(served(board).document.issuedAt),
      );
    });

    test("moves with each change of what is served, and equal tags have equal bytes", async () => {
      const board = await open();
      const seen = new Map<string, string>();
      for (let cycle = 1; cycle <= 30; cycle++) {
        await decided(board, cycle, { allocations: [sampleAllocation(cycle % 3 === 0 ? "jazz" : "rock", "d")] });
        const { etag, bytes } = served(board);
        const text = new TextDecoder().decode(bytes);
        expect(seen.get(etag) ?? text).toBe(text);
        seen.set(etag, text);
      }
      // 20 changes of the list; and of the five times that exploring is extended, two fall between them
      expect(seen.size).toBe(22);
    });

    test("has a number that never falls: over restarts, with operations that come and go", async () => {
      const search = samplePolicy({ operation: "search" });
      const number = (board: AllocationBoard) => Number(served(board).document.revision.split("-")[0]);
      const board = await open([samplePolicy(), search]);
      await decided(board, 1);
      await decided(board, 1, { operation: "search", allocations: [sampleAllocation("jazz", "d")] });
      await decided(board, 2, { allocations: [sampleAllocation("jazz", "d")] });
      expect(number(board)).toBe(3);
      expect(number(await open([samplePolicy(), search]))).toBe(3);
      expect(number(await open([samplePolicy()]))).toBe(3);
      expect(number(await open([search, samplePolicy({ operation: "new" })]))).toBe(3);
    });

    test("differs after a restart with another configuration although no cycle came between", async () => {
      const before = served(await open()).etag;
      expect(served(await open([samplePolicy({ context: ["genre", "mood"] })])).etag).not.toBe(before);
    });
  });

  describe("when evidence fails", () => {
    test("challengers run until the time is over, then their share goes to the incumbent until evidence returns", async () => {
      const board = await open();
      await decided(board, 1);
      for (let cycle = 2; cycle <= 10; cycle++) await decided(board, cycle, { mayExplore: false });
      expect(weights(served(board).document, { genre: "rock" })).toHaveProperty(challenger);
      const exploring = served(board).etag;

      clock.set(FIRST_CYCLE_AT + LIFE);
      expect(weights(served(board).document, { genre: "rock" })).toEqual({ [base]: 0.05, [incumbent]: 0.95 });
      expect(served(board).etag).not.toBe(exploring);
      const held = served(board).etag;
      await decided(board, 11, { mayExplore: false });
      expect(served(board).etag).toBe(held);

      await decided(board, 12);
      expect(weights(served(board).document, { genre: "rock" })).toHaveProperty(challenger);
    });

    test("one operation's silence does not stop another's challengers", async () => {
      const search = samplePolicy({ operation: "search" });
      const board = await open([samplePolicy(), search]);
      await decided(board, 1);
      await decided(board, 1, { operation: "search" });
      for (let cycle = 2; cycle <= 12; cycle++) await decided(board, cycle, { operation: "search" });
      const { document } = served(board);
      expect(weights(document, { genre: "rock" }, "checkout")).not.toHaveProperty(challenger);
      expect(weights(document, { genre: "rock" }, "search")).toHaveProperty(challenger);
      expect(Date.parse(document.exploreUntil)).toBeGreaterThan(clock.now());
    });
  });

  describe("a cold start with everything else down", () => {
    test("serves the last decision as it was", async () => {
      const board = await open();
      await decided(board, 1);
      clock.set(clock.now() + LIFE / 2);
      expect(served(await open()).document.operations).toEqual(served(board).document.operations);
    });

    test("keeps challengers during an outage as long as the last good decision allowed, and no longer", async () => {
      const board = await open();
      await decided(board, 1);
      for (let cycle = 2; cycle <= 5; cycle++) await decided(board, cycle, { mayExplore: false });
      expect(served(await open()).document.exploreUntil).toBe(new Date(FIRST_CYCLE_AT + LIFE).toISOString());
      clock.set(FIRST_CYCLE_AT + LIFE);
      expect(weights(served(await open()).document, { genre: "rock" })).not.toHaveProperty(challenger);
    });

    test("serves it without challengers once the time to explore is over", async () => {
      await decided(await open(), 1);
      clock.set(clock.now() + LIFE);
      const { document } = served(await open());
      expect(weights(document, { genre: "rock" })).toEqual({ [base]: 0.05, [incumbent]: 0.95 });
    });

    test.each<[string, Partial<OperationPolicy>]>([
      ["values outside the space", { parameters: { temperature: { type: "number", base: 0.5, min: 0, max: 0.65 } } }],
      ["other base values", { parameters: { temperature: { type: "number", base: 0.4, min: 0, max: 1 } } }],
      [
        "a parameter that is new",
        {
          parameters: {
            temperature: { type: "number", base: 0.5, min: 0, max: 1 },
            model: { type: "boolean", base: false },
          },
        },
      ],
      ["a context key that is not declared any more", { context: ["mood"] }],
      ["mode observe", { mode: "observe" }],
    ])("serves the base values where the configuration has changed to %s", async (_, changes) => {
      await decided(await open(), 1);
      const policy = samplePolicy(changes);
      const { document } = served(await open([policy]));
      const { allocations, parameters } = document.operations["checkout"] ?? {};
      expect(parameters).toEqual(policy.parameters);
      expect(allocations?.map(({ context, variants }) => [context, variants.length, variants[0]?.role])).toEqual([
        [{}, 1, "baseline"],
      ]);
      expect("document" in parseAllocationDocument(document)).toBe(true);
    });
  });

  test("every replica serves the same bytes, whenever it started and whatever of the cycles it saw", async () => {
    const search = samplePolicy({ operation: "search" });
    const policies = [samplePolicy(), search];
    const leader = await open(policies);
    const follower = await open(policies);
    const documents = new Set<string>();
    for (let cycle = 1; cycle <= 60; cycle++) {
      const isBlind = cycle > 20 && cycle < 36; // challengers stop meanwhile
      const genre = cycle < 40 ? "rock" : "jazz";
      await decided(leader, cycle, { mayExplore: !isBlind, allocations: [sampleAllocation(genre, "d")] });
      if (cycle % 7 === 0)
        await decided(leader, cycle / 7, {
          operation: "search",
          at: clock.now(),
          allocations: [sampleAllocation("folk", "s")],
        });
      if (cycle % 4 !== 0) continue;
      for (const policy of policies) {
        const last = await store.loadServed(policy);
        if (last !== undefined) follower.update(policy, last);
      }
      const restarted = await open(policies);
      for (const board of [follower, restarted]) {
        expect(served(board).etag).toBe(served(leader).etag);
        expect(served(board).bytes).toEqual(served(leader).bytes);
      }
      documents.add(served(leader).etag);
    }
    expect(documents.size).toBeGreaterThan(6);
  });

  test("a decision that comes late changes nothing", async () => {
    const board = await open();
    await decided(board, 1);
    await decided(board, 2, { allocations: [] });
    const { etag } = served(board);
    board.update(key, { ...sampleCycle(1), allocationsSince: 1, allocationsAt: clock.now(), exploredAt: clock.now() });
    expect(served(board).etag).toBe(etag);
  });

  test("tells its subscribers each new document, and only those", async () => {
    const board = await open();
    const listener = vi.fn<(served: ServedDocument) => void>();
    const unsubscribe = board.subscribe(listener);
    await decided(board, 1);
    await decided(board, 2);
    await decided(board, 3, { allocations: [] });
    expect(listener.mock.calls.map(([{ document }]) => document.revision.split("-")[0])).toEqual(["1", "3"]);
    unsubscribe();
    await decided(board, 4);
    expect(listener).toHaveBeenCalledTimes(2);
  });

  describe("resolving one call", () => {
    test.each([
      [{ genre: "rock" }, 0.01, base, "baseline", "SPLIT"],
      [{ genre: "rock" }, 0.5, incumbent, "incumbent", "SPLIT"],
      [{ genre: "rock", unknown: 7 }, 0.9, challenger, "challenger", "SPLIT"],
      [{ genre: "jazz" }, 0.5, base, "baseline", "STATIC"],
      [{}, 0.5, base, "baseline", "STATIC"],
      [{ genre: "folk" }, 0.5, incumbent, "incumbent", "TARGETING_MATCH"],
    ])("in %j at %d gives %s", async (context, chance, variant, role, reason) => {
      const board = await open();
      const only = { id: incumbent, role: "incumbent", weight: 1, parameters: { temperature: 0.6 } } as const;
      const folk = { context: { genre: "folk" }, salt: "f", decision: "decision-1", variants: [only] };
      await decided(board, 1, { allocations: [sampleAllocation("rock", "decision-1"), folk] });
      const resolved = board.resolve(key, context, { chance });
      expect(resolved).toMatchObject({ variant, role, reason, revision: served(board).document.revision });
      expect(resolved?.values).toEqual({ temperature: { [base]: 0.5, [incumbent]: 0.6, [challenger]: 0.7 }[variant] });
      expect(resolved?.decision).toBe(reason === "STATIC" ? undefined : "decision-1");
    });

    test("a key keeps its variant over revisions and restarts, and a held-out one has the base values everywhere", async () => {
      const board = await open();
      await decided(board, 1);
      const keys = Array.from({ length: 2_000 }, (_, index) => `user-${index}`);
      const assign = (on: AllocationBoard, genre: string) =>
        new Map(keys.map((name) => [name, on.resolve(key, { genre }, { key: name })?.variant]));
      const before = assign(board, "rock");
      await decided(board, 2, {
        allocations: [sampleAllocation("rock", "d2"), { ...sampleAllocation("jazz", "d2"), salt: "z" }],
      });
      const restarted = await open();
      expect(assign(restarted, "rock")).toEqual(before);
      const jazz = assign(restarted, "jazz");
      const heldOut = keys.filter((name) => before.get(name) === base);
      // 2,000 keys at 5 % are 100 with standard deviation 9.7; the salt is fixed, so this is no chance.
      expect(heldOut.length).toBeGreaterThan(60);
      expect(heldOut.length).toBeLessThan(140);
      expect(heldOut.filter((name) => jazz.get(name) !== base)).toEqual([]);
    });
  });
});
