/** What every store of deliveries must keep, together with the stores of what they tell of. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ActStore } from "./act-store.ts";
import { actingCycle, sampleAct } from "./act-store-contract.ts";
import type { Addressees, Delivery, DeliveryStore } from "./delivery-store.ts";
import { FIRST_CYCLE_AT, sampleAdaptation, sampleCycle } from "./sample-cycles.ts";
import { IllegalRecordError, InvalidCursorError, type Store } from "./store.ts";
import type { SuggestionStore } from "./suggestion-store.ts";

/** All stores over one database. */
export interface DeliveryStoreUnderTest {
  readonly store: Store;
  readonly acts: ActStore;
  readonly suggestions: SuggestionStore;
  readonly deliveries: DeliveryStore;
  remove(): Promise<void>;
}

const OPERATION = { component: "shop", operation: "checkout" };

/** The hook `all` wants everything, the hook `breakers` what its name says. */
export const SAMPLE_ADDRESSEES: Addressees = (type) => (type.startsWith("breaker.") ? ["all", "breakers"] : ["all"]);

/** Runs the suite against stores that `open` makes with `SAMPLE_ADDRESSEES`, each of them empty. */
export function describeDeliveryStore(name: string, open: () => Promise<DeliveryStoreUnderTest>): void {
  describe(`${name} keeps the contract of deliveries`, () => {
    let opened: DeliveryStoreUnderTest;
    let deliveries: DeliveryStore;
    beforeEach(async () => {
      opened = await open();
      ({ deliveries } = opened);
    });
    afterEach(() => opened.remove());
    const told = async (hook = "all"): Promise<readonly Delivery[]> =>
      [...(await deliveries.listDeliveries({ hook }, { limit: 1_000 })).items].reverse();
    const types = async (hook?: string): Promise<string[]> => (await told(hook)).map(({ type }) => type);
    const dataOf = ({ payload }: Delivery): Record<string, unknown> =>
      (JSON.parse(payload) as { data: Record<string, unknown> }).data;
    const applied = (id: string, cycle = 1) =>
      sampleCycle(cycle, { adaptations: [sampleAdaptation(id, FIRST_CYCLE_AT)] });

    test("a change is told once with all parameters that change together, one after the other", async () => {
      const change = { changeId: "c-1" };
      const adaptations = [
        sampleAdaptation("a1", FIRST_CYCLE_AT, change),
        sampleAdaptation("a2", FIRST_CYCLE_AT, { ...change, parameter: "model", oldValue: "s", newValue: "l" }),
        sampleAdaptation("a3", FIRST_CYCLE_AT, { status: "suggested", context: { genre: "jazz" } }),
      ];
      await opened.store.recordCycle(sampleCycle(1, { adaptations }));
      expect(await types()).toEqual(["adaptation.applied", "adaptation.suggested"]);
      const [first] = await told();
      expect(dataOf(first as Delivery)).toEqual({
        ...OPERATION,
        decision: "decision-1",
        cycle: 1,
        change: "c-1",
        context: { genre: "rock" },
        parameters: [
          { adaptation: "a1", parameter: "temperature", oldValue: 0.5, newValue: 0.6 },
          { adaptation: "a2", parameter: "model", oldValue: "s", newValue: "l" },
        ],
        confidence: 0.93,
        reason: { code: "PROVEN_BETTER", sentence: "0.6 succeeds more often." },
      });
      expect(JSON.parse((first as Delivery).payload)).toMatchObject({
        type: "adaptation.applied",
        timestamp: new Date(FIRST_CYCLE_AT).toISOString(),
      });
    });

    test("a change that is taken back is told with the person who did it", async () => {
      await opened.store.recordCycle(applied("a1"));
      await opened.acts.addAct(sampleAct(1, { kind: "roll-back", target: "a1" }));
      const taken = actingCycle(2, await opened.acts.waitingActs(OPERATION, 10));
      const reason = { code: "PERSON_ROLLED_BACK", sentence: "ann took it back" } as const;
      const transitions = [{ id: "a1", status: "rolled-back", reason } as const];
      await opened.store.recordCycle({ ...taken, decision: { ...taken.decision, transitions } });
      const last = (await told()).at(-1) as Delivery;
      expect(last.type).toBe("adaptation.rolled_back");
      expect(dataOf(last)).toMatchObject({ change: "change-of-a1", by: "ann", why: "a reason", act: "act-1", reason });
    });

    test("a person's act is told like what is done automatically, and one that was refused is not", async () => {
      await opened.acts.addAct(sampleAct(1));
      await opened.acts.addAct(sampleAct(2));
      const taken = actingCycle(1, await opened.acts.waitingActs(OPERATION, 10));
      const [first, second] = taken.decision.acts ?? [];
      if (first === undefined || second === undefined) throw new Error("both acts have an outcome");
      const outcomes = [first, { ...second, result: "refused" as const }];
      await opened.store.recordCycle({ ...taken, decision: { ...taken.decision, acts: outcomes } });
      expect(await types()).toEqual(["operation.frozen"]);
      expect(dataOf((await told())[0] as Delivery)).toMatchObject({ act: "act-1", by: "ann", why: "a reason" });
    });

    test("a breaker is told when it moves, to the hooks that want it, and not while it stays", async () => {
      const reason = { code: "BREAKER_OPEN", sentence: "harm" } as const;
      const context = (genre: string, breaker?: "open" | "half-open") =>
        ({
          context: { genre },
          kind: "hold",
          reason,
          refused: [],
          ...(breaker === undefined ? {} : { breaker }),
        }) as const;
      const cycle = (number: number, ...contexts: ReturnType<typeof context>[]) =>
        opened.store.recordCycle(sampleCycle(number, { contexts }));
      await cycle(1, context("rock"), context("jazz"));
      await cycle(2, context("rock", "open"), context("jazz"));
      await cycle(3, context("rock", "open"), context("jazz", "open"));
      await cycle(4, context("rock", "half-open"), context("jazz", "open"));
      await cycle(5, context("rock"), context("jazz", "open"));
      const seen = (await told("breakers")).map((each) => [each.type, dataOf(each)["context"]]);
      expect(seen).toEqual([
        ["breaker.opened", { genre: "rock" }],
        ["breaker.opened", { genre: "jazz" }],
        ["breaker.half_opened", { genre: "rock" }],
        ["breaker.closed", { genre: "rock" }],
      ]);
    });

    test("a cycle that is refused tells nothing", async () => {
      await opened.store.recordCycle(applied("a1"));
      await expect(opened.store.recordCycle(applied("a1", 2))).rejects.toThrow(IllegalRecordError);
      expect(await types()).toEqual(["adaptation.applied"]);
    });

    test("of a cycle with thousands of changes the number is told of those beyond a bound", async () => {
      const adaptations = Array.from({ length: 1_000 }, (_, index) =>
        sampleAdaptation(`a${index}`, FIRST_CYCLE_AT, { status: "suggested", context: { genre: `g${index}` } }),
      );
      await opened.store.recordCycle(sampleCycle(1, { adaptations }));
      const all = await told();
      expect(all).toHaveLength(200);
      expect(dataOf(all.at(-1) as Delivery)["omitted"]).toEqual({ "adaptation.suggested": 801 });
    });

    test("a person's word to a suggestion is told once", async () => {
      const rule = { rule: "r", entity: "e", suggestion: "s", confidence: 0.7, reasoning: "why", feedback: [] };
      await opened.suggestions.recordProcessing([], [{ ...rule, id: "s-1", createdAt: 1, status: "open" }], 1);
      const decision = { status: "accepted", by: "ann", at: 2 } as const;
      await opened.suggestions.decideSuggestion("s-1", decision);
      await opened.suggestions.decideSuggestion("s-1", { ...decision, status: "dismissed" });
      expect(await types()).toEqual(["suggestion.accepted"]);
      expect(dataOf((await told())[0] as Delivery)).toMatchObject({ id: "s-1", entity: "e", by: "ann" });
    });

    describe("with three that wait", () => {
      beforeEach(async () => {
        for (const cycle of [1, 2, 3]) {
          const adaptation = sampleAdaptation(`a${cycle}`, FIRST_CYCLE_AT, { status: "suggested" });
          await opened.store.recordCycle(sampleCycle(cycle, { adaptations: [adaptation] }));
        }
      });
      const next = () => deliveries.nextDelivery("all");
      const attempt = (status: Delivery["status"], at = 5) =>
        ({ status, at, nextAttemptAt: at + 10, answer: "503" }) as const;

      test("the oldest comes first, also after a failure, until it is over", async () => {
        const first = await next();
        expect(first).toMatchObject({ status: "waiting", attempts: 0, hook: "all" });
        await deliveries.recordAttempt(first?.id ?? "", attempt("waiting"));
        expect(await next()).toEqual({
          ...first,
          attempts: 1,
          lastAttemptAt: 5,
          nextAttemptAt: 15,
          answer: "503",
        });
        await deliveries.recordAttempt(first?.id ?? "", attempt("delivered"));
        await deliveries.recordAttempt(first?.id ?? "", attempt("dead"));
        expect(await deliveries.getDelivery(first?.id ?? "")).toMatchObject({ status: "delivered", attempts: 2 });
        expect((await next())?.id).not.toBe(first?.id);
        expect(await deliveries.nextDelivery("nobody")).toBeUndefined();
        expect(await deliveries.getDelivery("nobody")).toBeUndefined();
      });

      test("one that was given up is sent again where a person says so, and nothing else is", async () => {
        const first = (await next())?.id ?? "";
        expect(await deliveries.retryDelivery(first, 50)).toMatchObject({
          status: "waiting",
          waitingSince: FIRST_CYCLE_AT,
        });
        await deliveries.recordAttempt(first, attempt("dead"));
        expect(await deliveries.countDeliveries()).toEqual([
          { hook: "all", status: "dead", count: 1 },
          { hook: "all", status: "waiting", count: 2 },
        ]);
        const again = await deliveries.retryDelivery(first, 99);
        expect(again).toMatchObject({ status: "waiting", attempts: 0, waitingSince: 99, nextAttemptAt: 99 });
        expect((await next())?.id).toBe(first);
        expect(await deliveries.retryDelivery("nobody", 1)).toBeUndefined();
      });

      test("the table is bounded: what waits too long or too much is given up, what is over is dropped", async () => {
        const bounds = { waitMilliseconds: 1_000, keepMilliseconds: 1_000, mostWaiting: 2, mostFinished: 2 };
        const now = FIRST_CYCLE_AT + 500;
        const ids = (await told()).map(({ id }) => id);
        expect(await deliveries.boundDeliveries(bounds, now)).toEqual({ givenUp: 1, dropped: 0 });
        expect((await next())?.id).toBe(ids[1]);
        const late = FIRST_CYCLE_AT + 100_000;
        expect(await deliveries.boundDeliveries({ ...bounds, keepMilliseconds: 1e9 }, late)).toEqual({
          givenUp: 2,
          dropped: 1,
        });
        expect(await next()).toBeUndefined();
        expect((await told()).map(({ id }) => id)).toEqual(ids.slice(1));
        expect(await deliveries.boundDeliveries(bounds, late + 5_000)).toEqual({ givenUp: 0, dropped: 2 });
        expect(await told()).toEqual([]);
      });

      test("the list is newest first, in pages, by hook, status and type", async () => {
        const first = await deliveries.listDeliveries({ hook: "all" }, { limit: 2 });
        expect(first.items).toHaveLength(2);
        const cursor = first.nextCursor ?? "";
        const rest = await deliveries.listDeliveries({ hook: "all" }, { limit: 2, cursor });
        expect([...first.items, ...rest.items].map((each) => dataOf(each)["cycle"])).toEqual([3, 2, 1]);
        expect(rest.nextCursor).toBeUndefined();
        expect((await deliveries.listDeliveries({ status: "dead" }, { limit: 9 })).items).toEqual([]);
        expect((await deliveries.listDeliveries({ type: "adaptation.suggested" }, { limit: 9 })).items).toHaveLength(3);
        await expect(deliveries.listDeliveries({}, { limit: 2, cursor })).rejects.toThrow(InvalidCursorError);
      });
    });
  });
}
