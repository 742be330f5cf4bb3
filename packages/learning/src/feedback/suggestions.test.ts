import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEFAULT_SUGGESTION_RULES, type EntityFeedback, type SuggestionRule, suggestionsFor } from "./suggestions.ts";

const DAY = 86_400_000;
const NOW = 400 * DAY;

/** Reports about an artist, one a day, the newest yesterday. */
function reports(count: number, changes: Partial<EntityFeedback> = {}): EntityFeedback[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `f-${index}`,
    type: "low_engagement",
    source: "artist_flow",
    target: "artist_builder",
    receivedAt: NOW - (count - index) * DAY,
    ...changes,
  }));
}

const suggest = (entries: readonly EntityFeedback[], rules = DEFAULT_SUGGESTION_RULES) =>
  suggestionsFor("artist-7", rules, entries, [], NOW);

describe("the rule that ships", () => {
  test("suggests more uniqueness after more than five reports of low engagement about one artist", () => {
    expect(suggest(reports(5))).toEqual([]);
    expect(suggest(reports(6))).toEqual([
      {
        rule: "low-engagement",
        entity: "artist-7",
        target: "artist_builder",
        suggestion: "increase_uniqueness",
        confidence: 0.7,
        reasoning: "6 reports of type low_engagement about artist-7 within 6 days, more than 5: increase_uniqueness.",
        feedback: ["f-0", "f-1", "f-2", "f-3", "f-4", "f-5"],
      },
    ]);
  });

  test("counts neither other types nor what is older than 30 days", () => {
    expect(suggest(reports(40, { type: "high_engagement" }))).toEqual([]);
    expect(suggest(reports(9).map((entry) => ({ ...entry, receivedAt: entry.receivedAt - 30 * DAY })))).toEqual([]);
    expect(suggest(reports(40))[0]?.feedback).toHaveLength(29); // the thirtieth is exactly 30 days old
  });
});

describe("nothing is suggested where nothing would change", () => {
  test("while the same suggestion is open", () => {
    const open = [{ rule: "low-engagement", isOpen: true }];
    expect(suggestionsFor("artist-7", DEFAULT_SUGGESTION_RULES, reports(20), open, NOW)).toEqual([]);
  });

  test("after a person has decided, until as much is said anew", () => {
    const decided = (daysAgo: number) => [{ rule: "low-engagement", isOpen: false, decidedAt: NOW - daysAgo * DAY }];
    const after = (daysAgo: number) =>
      suggestionsFor("artist-7", DEFAULT_SUGGESTION_RULES, reports(20), decided(daysAgo), NOW);
    expect(after(6)).toEqual([]); // five since then
    expect(after(7)[0]?.feedback).toHaveLength(6);
  });

  test("another rule's suggestion stands in nobody's way", () => {
    const open = [{ rule: "other", isOpen: true }];
    expect(suggestionsFor("artist-7", DEFAULT_SUGGESTION_RULES, reports(6), open, NOW)).toHaveLength(1);
  });
});

test("a rule may ask for a source and a score, and name the target itself", () => {
  const rule: SuggestionRule = {
    id: "poor-cover",
    type: "user_rating",
    source: "shop",
    target: "cover_painter",
    below: 0.5,
    moreThan: 2,
    withinMilliseconds: 7 * DAY,
    suggestion: "repaint_cover",
    confidence: 0.6,
  };
  const ratings = (score: number, source: string) => reports(3, { type: "user_rating", score, source });
  expect(suggest(ratings(0.4, "shop"), [rule])).toMatchObject([{ target: "cover_painter", confidence: 0.6 }]);
  expect(suggest(ratings(0.5, "shop"), [rule])).toEqual([]);
  expect(suggest(ratings(0.4, "elsewhere"), [rule])).toEqual([]);
});

test("the order in which feedback is read changes nothing", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(reports(12), { minLength: 12 }), (shuffled) => {
      expect(suggest(shuffled)).toEqual(suggest(reports(12)));
    }),
  );
});
