import { variantId } from "@trimtab/conventions";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { randomFromSeed } from "../statistics/random.ts";
import { type EntityScore, LEARNED_RULE, learnSuggestions } from "./learned-suggestions.ts";

const NONE = new Map();

/** Ratings of 1 to 5 around a mean, as scores. */
function ratings(
  entity: string,
  count: number,
  mean: number,
  seed: string,
  parts: Partial<EntityScore> = {},
): EntityScore[] {
  const random = randomFromSeed(`${seed} ${entity}`);
  return Array.from({ length: count }, (_, index) => ({
    id: `${entity}-${seed}-${index}`,
    entity,
    target: "painter",
    score: Math.min(5, Math.max(1, Math.round(5 * (mean + 0.2 * random.gaussian())))) / 5,
    receivedAt: index,
    ...parts,
  }));
}

const others = (count: number, mean: number, seed: string): EntityScore[] =>
  Array.from({ length: 9 }, (_, index) => ratings(`artist-${index}`, count, mean, seed)).flat();

describe("an entity whose scores are below those of its peers", () => {
  const scores = [...others(40, 0.75, "peers"), ...ratings("artist-low", 40, 0.25, "low")];

  test("is suggested to its target, with numbers and a confidence", () => {
    const [suggestion, ...rest] = learnSuggestions(scores, NONE);
    expect(rest).toEqual([]);
    expect(suggestion).toMatchObject({
      rule: LEARNED_RULE,
      entity: "artist-low",
      target: "painter",
      suggestion: "look_into_low_scores",
    });
    expect(suggestion?.confidence).toBeGreaterThan(0.95);
    expect(suggestion?.reasoning).toMatch(
      /^40 scores of artist-low have a mean of 0[.][23]\d, the 360 of its peers one of 0[.]7\d/,
    );
    expect(suggestion?.feedback).toHaveLength(40);
  });

  test("is not suggested while it is open, and after a decision only what comes after it counts", () => {
    expect(learnSuggestions(scores, new Map([["artist-low", { isOpen: true }]]))).toEqual([]);
    const decided = (decidedAt: number) =>
      learnSuggestions(scores, new Map([["artist-low", { isOpen: false, decidedAt }]]));
    expect(decided(36)).toEqual([]); // three scores since
    expect(decided(9)[0]?.feedback).toHaveLength(30);
  });

  test("another target has other peers", () => {
    const alone = scores.map((score) => (score.entity === "artist-low" ? { ...score, target: "writer" } : score));
    expect(learnSuggestions(alone, NONE)).toEqual([]);
  });
});

describe("never without evidence", () => {
  test("no scores, no peers, or few scores suggest nothing", () => {
    expect(learnSuggestions([], NONE)).toEqual([]);
    expect(learnSuggestions(ratings("artist-low", 400, 0.1, "alone"), NONE)).toEqual([]);
    expect(learnSuggestions([...others(40, 0.75, "p"), ...ratings("artist-low", 3, 0.2, "few")], NONE)).toEqual([]);
  });

  test("where all are alike, of 300 histories looked at after every fourth score at most 30 in a hundred suggest anything", () => {
    /** All or nothing: scores that vary as much as scores can, for which the promise is made. */
    const coins = (entity: string, run: number): EntityScore[] => {
      const random = randomFromSeed(`coins ${run} ${entity}`);
      return Array.from({ length: 48 }, (_, index) => ({
        id: `${entity}-${index}`,
        entity,
        target: "painter",
        score: random.uniform() < 0.5 ? 0 : 1,
        receivedAt: index,
      }));
    };
    let suggested = 0;
    for (let run = 0; run < 300; run++) {
      const all = Array.from({ length: 5 }, (_, index) => coins(`artist-${index}`, run));
      const looks = Array.from({ length: 12 }, (_, look) => all.flatMap((scores) => scores.slice(0, (look + 1) * 4)));
      if (looks.some((seen) => learnSuggestions(seen, NONE).length > 0)) suggested++;
    }
    // The promise is 0.3 for ever, and here are 12 looks. Without the price of looking often it would be more than half.
    expect(suggested / 300).toBeLessThan(0.3);
  });

  test("an entity that is better than its peers is left alone", () => {
    expect(learnSuggestions([...others(40, 0.35, "p"), ...ratings("artist-high", 40, 0.9, "high")], NONE)).toEqual([]);
  });
});

describe("the values that were better for peers", () => {
  const [low, high] = [variantId({ level: 3 }), variantId({ level: 5 })];
  const values = new Map([
    [low, { level: 3, style: "plain" }],
    [high, { level: 5, style: "plain" }],
  ]);
  const find = (_component: string, _operation: string, variant: string) => values.get(variant);
  const by = (variant: string): Partial<EntityScore> => ({ operation: "paint", variant, context: { genre: "rock" } });
  const scores = [
    ...ratings("artist-1", 80, 0.45, "a", by(low)),
    ...ratings("artist-2", 80, 0.9, "b", by(high)),
    ...ratings("artist-3", 80, 0.9, "c", by(high)),
    ...ratings("artist-low", 60, 0.2, "d", by(low)),
  ];

  test("are suggested as a change of the one parameter in which they differ", () => {
    const suggestion = learnSuggestions(scores, NONE, find).find(({ entity }) => entity === "artist-low");
    expect(suggestion).toMatchObject({
      suggestion: "set_level",
      change: { operation: "paint", parameter: "level", context: { genre: "rock" }, from: 3, to: 5 },
    });
    expect(suggestion?.reasoning).toContain("With level at 5 others were scored better than with 3.");
  });

  test("are none where they are not served any more, or differ in more than one parameter", () => {
    const changeOf = (found: typeof find) =>
      learnSuggestions(scores, NONE, found).find(({ entity }) => entity === "artist-low")?.change;
    expect(changeOf(() => undefined)).toBeUndefined();
    expect(
      changeOf((_c, _o, variant) => (variant === low ? { level: 3, style: "plain" } : { level: 5, style: "bold" })),
    ).toBeUndefined();
  });
});

test("the order of arrival changes nothing", () => {
  const scores = [...others(12, 0.75, "order"), ...ratings("artist-low", 30, 0.2, "order")];
  const expected = learnSuggestions(scores, NONE);
  expect(expected).toHaveLength(1);
  fc.assert(
    fc.property(fc.shuffledSubarray(scores, { minLength: scores.length }), (shuffled) => {
      expect(learnSuggestions(shuffled, NONE)).toEqual(expected);
    }),
    { numRuns: 50 },
  );
});
