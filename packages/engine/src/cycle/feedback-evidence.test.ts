import { variantId } from "@trimtab/conventions";
import { addMeasurements, type Evidence, type EvidenceCell, type Measurements } from "@trimtab/learning";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sampleFeedback } from "../stores/feedback-store-contract.ts";
import { FIRST_CYCLE_AT, samplePolicy } from "../stores/sample-cycles.ts";
import { withFeedback } from "./feedback-evidence.ts";
import { cellOf } from "./scripted-source.ts";

const DAY = 86_400_000;
const incumbent = variantId({ temperature: 0.6 });
const retired = variantId({ temperature: 0.9 });
const policy = samplePolicy({
  objective: { success: { weight: 0.8 }, feedback: { weight: 0.2, attributionMilliseconds: 7 * DAY } },
});

function evidenceOf(cells: readonly EvidenceCell[]): Evidence {
  const window = { from: FIRST_CYCLE_AT - 30_000, to: FIRST_CYCLE_AT };
  return { window, queries: [], cells: { kind: "value", value: cells } };
}

const rock = cellOf({ genre: "rock" }, incumbent, { success: 90, failure: 10 });

/** Sum and count of the ratings of a variant in a context; undefined where it has none. */
function ratingsOf({ cells }: Evidence, genre: string, variant: string): readonly number[] | undefined {
  const cell = (cells.kind === "value" ? cells.value : []).find(
    (each) => each.variant === variant && each.context["genre"] === genre,
  );
  const feedback = cell?.reading.kind === "value" ? cell.reading.value.feedback : undefined;
  return feedback && [feedback.sum, feedback.count];
}

describe("feedback as evidence", () => {
  test("ratings are measurements of the variant that had served, also when it runs no more", () => {
    const evidence = withFeedback(
      evidenceOf([rock]),
      [
        sampleFeedback(1, { variant: incumbent, score: 0.4 }),
        sampleFeedback(2, { variant: incumbent, score: 1 }),
        sampleFeedback(3, { variant: retired, score: 0.2 }),
      ],
      policy,
    );
    expect(ratingsOf(evidence, "rock", incumbent)).toEqual([1.4, 2]);
    expect(ratingsOf(evidence, "rock", retired)).toEqual([0.2, 1]);
    expect(evidence.cells.kind === "value" && evidence.cells.value[0]?.reading).toMatchObject({
      value: { success: 90, failure: 10 },
    });
    expect(evidence.feedback).toMatchObject({ value: [{ id: "rating-1" }, { id: "rating-2" }, { id: "rating-3" }] });
  });

  test("a rating that comes after its attribution, or whose variant nobody knows, is an entry and no measurement", () => {
    const servedAt = FIRST_CYCLE_AT - 8 * DAY;
    const { variant: _unknown, ...anonymous } = sampleFeedback(2);
    const late = sampleFeedback(1, { variant: incumbent, servedAt });
    const inTime = sampleFeedback(3, { variant: incumbent, servedAt, at: servedAt + 7 * DAY, score: 0.6 });
    const evidence = withFeedback(evidenceOf([rock]), [late, anonymous, inTime], policy);
    expect(ratingsOf(evidence, "rock", incumbent)).toEqual([0.6, 1]);
    expect(evidence.feedback).toMatchObject({ value: [{ id: "rating-1" }, { id: "rating-2" }, { id: "rating-3" }] });
  });

  test("without ratings in the objective there is nothing to compare: the entries are for rules", () => {
    const evidence = withFeedback(evidenceOf([rock]), [sampleFeedback(1, { variant: incumbent })], samplePolicy());
    expect(ratingsOf(evidence, "rock", incumbent)).toBeUndefined();
    expect(evidence.feedback).toMatchObject({ value: [{ id: "rating-1", score: 0.4 }] });
  });

  test("while the cells cannot be read everything waits", () => {
    const evidence: Evidence = { ...evidenceOf([]), cells: { kind: "timeout", detail: "no answer in 10 s" } };
    expect(withFeedback(evidence, [sampleFeedback(1)], policy)).toBe(evidence);
  });

  test("feedback on a context of which one cell cannot be read waits, that of others does not", () => {
    const jazz: EvidenceCell = {
      context: { genre: "jazz" },
      variant: incumbent,
      reading: { kind: "stale", detail: "2 min old" },
    };
    const waiting = [sampleFeedback(1, { context: { genre: "jazz", mood: "calm" } }), sampleFeedback(2)];
    const evidence = withFeedback(evidenceOf([rock, jazz]), waiting, policy);
    expect(evidence.feedback).toMatchObject({ value: [{ id: "rating-2", context: { genre: "rock" } }] });
    expect(ratingsOf(evidence, "jazz", incumbent)).toBeUndefined();
  });

  test("every score lands in one bucket, whatever it is", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 }), (scores) => {
        const waiting = scores.map((score, index) => sampleFeedback(index, { variant: incumbent, score }));
        const { cells } = withFeedback(evidenceOf([]), waiting, policy);
        const reading = cells.kind === "value" ? cells.value[0]?.reading : undefined;
        const ratings = reading?.kind === "value" ? reading.value.feedback : undefined;
        expect(ratings?.counts.reduce((sum, count) => sum + count, 0)).toBe(scores.length);
        expect(ratings?.counts.at(-1)).toBe(0);
        for (const [index, bound] of (ratings?.bounds ?? []).entries()) {
          const below = ratings?.counts.slice(0, index + 1).reduce((sum, count) => sum + count, 0);
          expect(below).toBe(scores.filter((score) => score <= bound).length);
        }
      }),
    );
  });

  test("any order of arrival and any batching give the same learnt evidence", () => {
    const items = Array.from({ length: 40 }, (_, index) => ({
      ...sampleFeedback(index, { variant: index % 3 === 0 ? retired : incumbent, score: (index % 5) / 4 }),
      context: { genre: index % 2 === 0 ? "rock" : "jazz" },
    }));
    /** Everything that cycles learn, one batch each: counts and sums by context and variant, and which entries. */
    const learnt = (batches: readonly (typeof items)[]): unknown => {
      const sums = new Map<string, Measurements>();
      const ids: string[] = [];
      for (const batch of batches) {
        const { cells, feedback } = withFeedback(evidenceOf([]), batch, policy);
        if (feedback?.kind === "value") ids.push(...feedback.value.map(({ id }) => id));
        for (const { context, variant, reading } of cells.kind === "value" ? cells.value : []) {
          const place = `${context["genre"]} ${variant}`;
          if (reading.kind === "value")
            sums.set(place, addMeasurements(sums.get(place) ?? { success: 0, failure: 0, partial: 0 }, reading.value));
        }
      }
      const told = [...sums].map(([place, { feedback }]) => [place, feedback?.count, feedback?.counts, feedback?.sum]);
      return { ids: ids.sort(), told: told.sort(([left], [right]) => (String(left) < String(right) ? -1 : 1)) };
    };
    const expected = learnt([items]);
    fc.assert(
      fc.property(
        fc.shuffledSubarray(items, { minLength: items.length }),
        fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 40, maxLength: 40 }),
        (shuffled, sizes) => {
          const batches: (typeof items)[] = [];
          for (let start = 0, index = 0; start < shuffled.length; start += sizes[index++] ?? 1)
            batches.push(shuffled.slice(start, start + (sizes[index] ?? 1)));
          expect(learnt(batches)).toEqual(expected); // the scores are quarters: their sums are exact
        },
      ),
    );
  });
});
