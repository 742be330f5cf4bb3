import type { ContextState } from "@trimtab/example-demonstration";
import { expect, test } from "vitest";
import { draw, type Picture } from "./screen.ts";

const NOW = Date.parse("2026-11-20T10:01:00Z");

const json: ContextState = {
  context: { content_type: "json" },
  parameters: { algorithm: "zstd", level: 3 },
  variants: [
    { role: "baseline", share: 0.1, parameters: { algorithm: "gzip", level: 6 } },
    { role: "incumbent", share: 0.7, parameters: { algorithm: "zstd", level: 3 } },
    { role: "challenger", share: 0.2, parameters: { algorithm: "brotli", level: 4 } },
  ],
  lift: {
    estimate: 0.165,
    lower: 0.155,
    upper: 0.175,
    level: 0.95,
    windows: 12,
    holdout: { calls: 150, utility: 0.688 },
    served: { calls: 900, utility: 0.853 },
  },
  lastAdaptation: {
    id: "a1",
    at: "2026-11-20T10:00:48Z",
    parameter: "level",
    oldValue: 6,
    newValue: 3,
    status: "applied",
    confidence: 0.99,
    reason: { sentence: "zstd 3 is better." },
  },
};

const picture: Picture = {
  elapsedSeconds: 42.7,
  forSeconds: 90,
  operation: { cycles: 40, states: [json] },
  load: { answered: 3780, failed: 0, leftOut: 0, verified: 151 },
  now: NOW,
};

test("a content type shows its values, its lift, its traffic and its last change", () => {
  expect(draw(picture).slice(0, 6)).toEqual([
    { tone: "heading", text: "42 of 90 s · 3,780 documents delivered · 40 cycles of learning" },
    { tone: "better", text: "json       zstd 3   utility 0.853, holdout 0.688: +0.165 proven (+0.155…+0.175)" },
    { tone: "quiet", text: "           traffic: base gzip 6 10 %, best zstd 3 70 %, trying brotli 4 20 %" },
    { tone: "quiet", text: "           12 s ago: level 6 -> 3 applied, confidence 0.99" },
    { tone: "quiet", text: "           zstd 3 is better." },
    { tone: "plain", text: "html       gzip 6   nothing measured yet" },
  ]);
});

test("a lift below zero is shown as worse, and one around zero as neither", () => {
  const withLift = (lower: number, upper: number): Picture => ({
    ...picture,
    operation: {
      cycles: 1,
      states: [{ ...json, lift: { ...(json.lift as NonNullable<typeof json.lift>), lower, upper } }],
    },
  });
  expect(draw(withLift(-0.3, -0.1))[1]?.tone).toBe("worse");
  expect(draw(withLift(-0.1, 0.1))[1]?.tone).toBe("plain");
});

test("without a lift it says whether the base values are kept, or something new is too new", () => {
  const { lift: _, ...unmeasured } = json;
  const kept = { ...unmeasured, variants: unmeasured.variants.filter(({ role }) => role !== "incumbent") };
  const first = (state: ContextState): string | undefined =>
    draw({ ...picture, operation: { cycles: 1, states: [state] } })[1]?.text;
  expect(first(kept)).toBe("json       zstd 3   the base values; nothing better is proven yet");
  expect(first(unmeasured)).toBe("json       zstd 3   too new to be compared with the holdout");
});

test("before the first answer of the controller there is a line for each content type", () => {
  const lines = draw({ ...picture, operation: undefined, load: undefined, forSeconds: undefined });
  expect(lines[0]?.text).toBe("42 s · 0 cycles of learning");
  expect(lines).toHaveLength(6);
});
