import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packText, unpackText } from "./packed-text.ts";
import { sampleCycle } from "./sample-cycles.ts";

describe("packed texts", () => {
  test("read back as they were, short and long, in any script", () => {
    const text = fc.tuple(fc.string({ unit: "binary" }), fc.nat({ max: 500 }));
    fc.assert(
      fc.property(text, ([part, times]) => {
        const json = JSON.stringify(part.repeat(times));
        expect(unpackText(packText(json))).toBe(json);
      }),
    );
  });

  test("stay readable where they are short", () => {
    const text = JSON.stringify(sampleCycle(1).evidence);
    expect(packText(text)).toBe(text);
  });

  test("take less than a fifth where a cycle has many cells", () => {
    const cells = Array.from({ length: 180 }, (_, index) => ({
      context: { genre: `genre-${index % 60}` },
      variant: `v-${index % 3}`,
      reading: {
        kind: "value",
        value: {
          success: 40 + (index % 17),
          failure: index % 5,
          duration: { counts: Array(32).fill(index % 7), sum: index / 7 },
        },
      },
    }));
    const text = JSON.stringify(cells);
    expect(text.length).toBeGreaterThan(30_000);
    expect(packText(text).length).toBeLessThan(text.length / 5);
  });
});
