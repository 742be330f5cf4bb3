/** What every store of suggestions must keep, together with the feedback that they come from. */
import { DEFAULT_SUGGESTION_RULES } from "@trimtab/learning";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { learnFromScores } from "../cycle/learn-suggestions.ts";
import { processFeedback } from "../cycle/process-feedback.ts";
import type { Feedback, FeedbackStore } from "./feedback-store.ts";
import { sampleFeedback } from "./feedback-store-contract.ts";
import { FIRST_CYCLE_AT } from "./sample-cycles.ts";
import { IllegalRecordError, InvalidCursorError } from "./store.ts";
import type { SuggestionStore } from "./suggestion-store.ts";

/** Both stores on one database. */
export interface SuggestionStoreUnderTest {
  readonly feedback: FeedbackStore;
  readonly suggestions: SuggestionStore;
  remove(): Promise<void>;
}

const NOW = FIRST_CYCLE_AT + 1_000_000;

/** Reports of low engagement about an artist, a second apart. */
function reports(from: number, count: number, entity = "artist-7"): Feedback[] {
  return Array.from({ length: count }, (_, index) => {
    const { score: _score, variant: _variant, ...report } = sampleFeedback(from + index, { type: "low_engagement" });
    return { ...report, id: `${entity}-${from + index}`, entity, target: "artist_builder" };
  });
}

/** Runs the suite against stores that `open` makes, each of them empty. */
export function describeSuggestionStore(name: string, open: () => Promise<SuggestionStoreUnderTest>): void {
  describe(`${name} keeps the contract of suggestions`, { timeout: 60_000 }, () => {
    let opened: SuggestionStoreUnderTest;
    let feedback: FeedbackStore;
    let store: SuggestionStore;
    beforeEach(async () => {
      opened = await open();
      ({ feedback, suggestions: store } = opened);
    });
    afterEach(() => opened.remove());

    const process = (now = NOW, batch = 100) => processFeedback({ store, rules: DEFAULT_SUGGESTION_RULES, batch, now });

    test("six reports about one artist make one suggestion, however they come in batches", async () => {
      await feedback.addFeedback([...reports(1, 4), ...reports(50, 3, "artist-8"), ...reports(10, 3)]);
      const { processed, suggestions } = await process(NOW, 2);
      expect(processed).toBe(10);
      expect(suggestions).toMatchObject([
        {
          entity: "artist-7",
          target: "artist_builder",
          suggestion: "increase_uniqueness",
          confidence: 0.7,
          status: "open",
        },
      ]);
      expect((await store.listSuggestions({}, { limit: 10 })).items).toEqual(suggestions);
      expect(await process()).toEqual({ processed: 0, suggestions: [] });
    });

    test("what was said before is counted with what is said now, and an open suggestion is not made twice", async () => {
      await feedback.addFeedback(reports(1, 5));
      expect((await process()).suggestions).toEqual([]);
      await feedback.addFeedback(reports(6, 1));
      expect((await process()).suggestions[0]?.feedback).toHaveLength(6);
      await feedback.addFeedback(reports(7, 20));
      expect(await process()).toEqual({ processed: 20, suggestions: [] });
    });

    test("a person's word stands: a second one changes nothing, and only what is said after it counts", async () => {
      await feedback.addFeedback(reports(1, 6));
      const [made] = (await process()).suggestions;
      const id = made?.id ?? "";
      const decidedAt = FIRST_CYCLE_AT + 100_000;
      const dismissal = { status: "dismissed", by: "ada", why: "they like it", at: decidedAt } as const;
      const dismissed = { ...made, status: "dismissed", decidedAt, decidedBy: "ada", why: "they like it" };
      expect(await store.decideSuggestion(id, dismissal)).toEqual(dismissed);
      expect(await store.decideSuggestion(id, { status: "accepted", at: decidedAt + 1 })).toEqual(dismissed);
      expect(await store.getSuggestion(id)).toEqual(dismissed);
      await feedback.addFeedback(reports(200, 5)); // 200 s after the first cycle: after the decision
      expect((await process()).suggestions).toEqual([]);
      await feedback.addFeedback(reports(300, 1));
      expect((await process()).suggestions[0]?.feedback[0]).toBe("artist-7-200");
    });

    test("an accepted suggestion is delivered once; one whose act is refused is open again", async () => {
      await feedback.addFeedback(reports(1, 6));
      const id = (await process()).suggestions[0]?.id ?? "";
      const accept = (act: string) => store.decideSuggestion(id, { status: "accepted", at: NOW, by: "ada", act });
      expect((await store.deliverSuggestion(id, { at: NOW }))?.status).toBe("open");
      await accept("act-1");
      expect((await store.undeliveredSuggestions(10)).map((each) => each.act)).toEqual(["act-1"]);
      await store.reopenSuggestion(id, "act-0"); // another one's refusal
      expect((await store.getSuggestion(id))?.status).toBe("accepted");
      await store.reopenSuggestion(id, "act-1");
      const open = await store.getSuggestion(id);
      expect(open?.status).toBe("open");
      expect(open).not.toHaveProperty("decidedAt");
      await accept("act-2");
      const delivered = await store.deliverSuggestion(id, { at: NOW + 1, to: "artist_builder" });
      expect(delivered).toMatchObject({
        status: "delivered",
        deliveredAt: NOW + 1,
        deliveredTo: "artist_builder",
        act: "act-2",
      });
      expect(await store.deliverSuggestion(id, { at: NOW + 2, to: "another" })).toEqual(delivered);
      expect(await store.undeliveredSuggestions(10)).toEqual([]);
    });

    test("a refused one stays as it is where another of its kind is open meanwhile", async () => {
      await feedback.addFeedback(reports(1, 6));
      const id = (await process()).suggestions[0]?.id ?? "";
      await store.decideSuggestion(id, { status: "accepted", at: FIRST_CYCLE_AT + 100_000, act: "act-1" });
      await feedback.addFeedback(reports(200, 6));
      expect((await process()).suggestions).toHaveLength(1);
      await store.reopenSuggestion(id, "act-1");
      expect((await store.getSuggestion(id))?.status).toBe("accepted");
    });

    test("an entity that is scored below its peers is suggested once, in whatever batches the scores came", async () => {
      const scored = (entity: string, count: number, score: number): Feedback[] =>
        reports(1, count, entity).map((report, index) => ({
          ...report,
          type: "user_rating",
          score: score + (index % 2) / 10,
          receivedAt: FIRST_CYCLE_AT + index,
        }));
      const all = [...scored("artist-1", 40, 0.7), ...scored("artist-2", 40, 0.7), ...scored("artist-low", 30, 0.1)];
      for (let index = 0; index < all.length; index += 7) await feedback.addFeedback(all.slice(index, index + 7));
      const learn = () => learnFromScores({ store, findVariant: () => undefined, now: NOW });
      const [made, ...rest] = await learn();
      expect(rest).toEqual([]);
      expect(made).toMatchObject({
        entity: "artist-low",
        target: "artist_builder",
        rule: "learned-below-peers",
        status: "open",
      });
      expect(await learn()).toEqual([]);
      expect((await store.listSuggestions({ rule: "learned-below-peers" }, { limit: 10 })).items).toEqual([made]);
      await store.decideSuggestion(made?.id ?? "", { status: "dismissed", at: FIRST_CYCLE_AT + 1_000 });
      expect(await learn()).toEqual([]); // nothing was said since
      await expect(
        learnFromScores({ store, findVariant: () => undefined, now: NOW + 100 * 86_400_000 }),
      ).resolves.toEqual([]);
    });

    test("of two that process the same feedback one is refused and leaves nothing behind", async () => {
      await feedback.addFeedback(reports(1, 6));
      const waiting = (await store.unprocessedFeedback(100)).map(({ id }) => id);
      await process();
      const late = store.recordProcessing(waiting, [], NOW);
      await expect(late).rejects.toThrow(IllegalRecordError);
      expect((await store.listSuggestions({}, { limit: 10 })).items).toHaveLength(1);
    });

    test("a run that dies before its record leaves the feedback waiting", async () => {
      await feedback.addFeedback(reports(1, 6));
      const dying = { ...store, recordProcessing: () => Promise.reject(new Error("killed")) };
      const run = processFeedback({ store: dying, rules: DEFAULT_SUGGESTION_RULES, now: NOW });
      await expect(run).rejects.toThrow("killed");
      expect((await process()).suggestions).toHaveLength(1);
    });

    test("feedback about calls alone is nobody's to process", async () => {
      await feedback.addFeedback([sampleFeedback(1)]);
      expect(await store.unprocessedFeedback(10)).toEqual([]);
    });

    test("a list is filtered and walked page by page", async () => {
      for (const entity of ["a", "b", "c"]) await feedback.addFeedback(reports(1, 6, entity));
      await process();
      const first = await store.listSuggestions({ status: "open" }, { limit: 2 });
      const cursor = first.nextCursor ?? "";
      const second = await store.listSuggestions({ status: "open" }, { limit: 2, cursor });
      expect([...first.items, ...second.items].map(({ entity }) => entity).sort()).toEqual(["a", "b", "c"]);
      expect(second.nextCursor).toBeUndefined();
      expect((await store.listSuggestions({ entity: "b" }, { limit: 5 })).items).toHaveLength(1);
      expect((await store.listSuggestions({ target: "nobody" }, { limit: 5 })).items).toEqual([]);
      await expect(store.listSuggestions({}, { limit: 2, cursor })).rejects.toThrow(InvalidCursorError);
      expect(await store.getSuggestion("s-unknown")).toBeUndefined();
      expect(await store.decideSuggestion("s-unknown", { status: "accepted", at: NOW })).toBeUndefined();
    });
  });
}
