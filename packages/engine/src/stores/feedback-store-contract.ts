/** What every store of feedback must keep, together with the cycles that learn from it. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Feedback, FeedbackStore } from "./feedback-store.ts";
import { FIRST_CYCLE_AT, sampleCycle } from "./sample-cycles.ts";
import { type CycleRecord, IllegalRecordError, InvalidCursorError, type Store } from "./store.ts";

/** Both stores on one database, and how they are opened again and removed. */
export interface FeedbackStoreUnderTest {
  readonly store: Store;
  readonly feedback: FeedbackStore;
  /** Closes the stores and opens what they have kept. Absent where nothing outlives the process. */
  reopen?(): Promise<{ readonly store: Store; readonly feedback: FeedbackStore }>;
  remove(): Promise<void>;
}

const key = { component: "shop", operation: "checkout" };

/** A rating of a call of `shop/checkout`, 1 s after the one before it. */
export function sampleFeedback(number: number, changes: Partial<Feedback> = {}): Feedback {
  const receivedAt = FIRST_CYCLE_AT + number * 1_000;
  return {
    id: `rating-${number}`,
    type: "user_rating",
    ...key,
    context: { genre: "rock" },
    variant: "v-k7xq2sh5ta",
    score: 0.4,
    receivedAt,
    ...changes,
  };
}

/** The record of a cycle that learnt from these entries. */
function cycleThatLearnt(cycle: number, entries: readonly Feedback[]): CycleRecord {
  const record = sampleCycle(cycle);
  const value = entries.map(({ id, context, score = 0, receivedAt }) => ({ id, context, score, at: receivedAt }));
  return { ...record, evidence: { ...record.evidence, feedback: { kind: "value", value } } };
}

/** Runs the suite against stores that `open` makes, each of them empty. */
export function describeFeedbackStore(name: string, open: () => Promise<FeedbackStoreUnderTest>): void {
  describe(`${name} keeps the contract of feedback`, { timeout: 60_000 }, () => {
    let opened: FeedbackStoreUnderTest;
    let store: Store;
    let feedback: FeedbackStore;
    beforeEach(async () => {
      opened = await open();
      ({ store, feedback } = opened);
    });
    afterEach(() => opened.remove());

    const restart = async (): Promise<void> => {
      if (opened.reopen !== undefined) ({ store, feedback } = await opened.reopen());
    };
    const waiting = async (): Promise<string[]> => (await feedback.waitingFeedback(key, 100)).map(({ id }) => id);

    test("an item reads back as it came, also its comment, its data and who may make something of it", async () => {
      const item = sampleFeedback(1, {
        entity: "artist-7",
        source: "artist_flow",
        target: "artist_builder",
        comment: 'too "loud" — \u0000 and 🎸',
        data: { likes: 3, tags: ["a", null], nested: { deep: true } },
        servedAt: FIRST_CYCLE_AT - 86_400_000,
        at: FIRST_CYCLE_AT - 5,
      });
      expect(await feedback.addFeedback([item])).toEqual(["added"]);
      await restart();
      expect((await feedback.listFeedback({}, { limit: 10 })).items).toEqual([item]);
    });

    test("the same item sent again, whenever and with whatever order of its keys, is known", async () => {
      const item = sampleFeedback(1, { data: { likes: 3, shares: 1 } });
      await feedback.addFeedback([item]);
      await restart();
      const again = { ...sampleFeedback(1, { data: { shares: 1, likes: 3 } }), receivedAt: item.receivedAt + 60_000 };
      expect(await feedback.addFeedback([again, sampleFeedback(2), again])).toEqual(["known", "added", "known"]);
      expect((await feedback.listFeedback({}, { limit: 10 })).items.map(({ id }) => id)).toEqual([
        "rating-2",
        "rating-1",
      ]);
    });

    test("another item under a key that is taken changes nothing", async () => {
      await feedback.addFeedback([sampleFeedback(1)]);
      expect(await feedback.addFeedback([sampleFeedback(1, { score: 1 })])).toEqual(["different"]);
      expect((await feedback.listFeedback({}, { limit: 10 })).items[0]?.score).toBe(0.4);
    });

    test("what waits is what has a score and an operation, oldest arrival first", async () => {
      await feedback.addFeedback([
        sampleFeedback(3),
        sampleFeedback(1),
        { id: "no-score", type: "engagement", ...key, context: {}, receivedAt: FIRST_CYCLE_AT },
        { id: "entity", type: "engagement", entity: "artist-7", context: {}, score: 0.1, receivedAt: FIRST_CYCLE_AT },
        sampleFeedback(2, { operation: "browse" }),
      ]);
      expect(await waiting()).toEqual(["rating-1", "rating-3"]);
      expect((await feedback.waitingFeedback(key, 1)).map(({ id }) => id)).toEqual(["rating-1"]);
      expect(await feedback.countWaitingFeedback()).toEqual([
        { component: "shop", operation: "browse", waiting: 1 },
        { component: "shop", operation: "checkout", waiting: 2 },
      ]);
    });

    test("a recorded cycle has learnt from its evidence's feedback, and no other ever will", async () => {
      const [first, second] = [sampleFeedback(1), sampleFeedback(2)];
      await feedback.addFeedback([first, second]);
      await store.recordCycle(cycleThatLearnt(1, [first]));
      await restart();
      expect(await waiting()).toEqual(["rating-2"]);
      expect((await feedback.listFeedback(key, { limit: 10 })).items.map(({ cycle }) => cycle)).toEqual([undefined, 1]);
      await expect(store.recordCycle(cycleThatLearnt(2, [first, second]))).rejects.toThrow(IllegalRecordError);
      expect(await waiting()).toEqual(["rating-2"]);
      expect((await store.loadOperation(key))?.cycle).toBe(1);
    });

    test("a cycle that is refused has learnt nothing", async () => {
      await feedback.addFeedback([sampleFeedback(1)]);
      await expect(store.recordCycle(cycleThatLearnt(7, [sampleFeedback(1)]))).rejects.toThrow(/does not follow/);
      expect(await waiting()).toEqual(["rating-1"]);
    });

    test("feedback that the store never saw cannot have been learnt from", async () => {
      await expect(store.recordCycle(cycleThatLearnt(1, [sampleFeedback(1)]))).rejects.toThrow(IllegalRecordError);
    });

    test("a list is filtered, and walked page by page without a gap, also where many came in one millisecond", async () => {
      const at = { receivedAt: FIRST_CYCLE_AT };
      await feedback.addFeedback(Array.from({ length: 7 }, (_, index) => sampleFeedback(index, at)));
      await feedback.addFeedback([sampleFeedback(8, { type: "engagement", target: "artist_builder" })]);
      const ids: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await feedback.listFeedback(
          { type: "user_rating" },
          cursor === undefined ? { limit: 3 } : { limit: 3, cursor },
        );
        ids.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      expect(ids).toEqual([6, 5, 4, 3, 2, 1, 0].map((number) => `rating-${number}`));
      expect((await feedback.listFeedback({ target: "artist_builder" }, { limit: 3 })).items).toHaveLength(1);
      const other = await feedback.listFeedback({}, { limit: 1 });
      const misused = feedback.listFeedback({ type: "engagement" }, { limit: 1, cursor: other.nextCursor ?? "" });
      await expect(misused).rejects.toThrow(InvalidCursorError);
    });
  });
}
