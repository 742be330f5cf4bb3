import { expect, test } from "vitest";
import { drawSystem } from "./system-picture.ts";

const COUNTS = { done: 1200, failed: 2, leftOut: 0, reports: 5, taken: 5, repeated: 0, isFinished: false };

test("the picture: what was done, feedback and suggestions, then a line for each context, green where it is proven", () => {
  const lines = drawSystem({
    elapsedSeconds: 61.5,
    forSeconds: 120,
    phase: "the controller was killed",
    people: [{ deeds: "posts", counts: COUNTS }],
    services: {
      flow: { events: 4, items: 9, acknowledged: 8, refused: 0, repeatedEvents: 0, failedBatches: 0 },
    },
    suggestions: [
      {
        id: "s-1",
        entity: "artist-1",
        suggestion: "increase_uniqueness",
        confidence: 0.7,
        reasoning: "",
        status: "open",
      },
    ],
    operations: [
      { component: "flow", operation: "write", state: undefined, performance: undefined },
      {
        component: "flow",
        operation: "plan",
        performance: undefined,
        state: {
          cycles: 3,
          states: [
            { context: {}, parameters: { slot: "noon" }, variants: [] },
            {
              context: { audience: "fans" },
              parameters: { slot: "night" },
              variants: [{ role: "baseline", share: 0.2, parameters: { slot: "noon" } }],
              lift: {
                estimate: 0.2,
                lower: 0.1,
                upper: 0.3,
                level: 0.95,
                windows: 9,
                holdout: { calls: 1 },
                served: { calls: 9 },
              },
            },
          ],
        },
      },
    ],
  });
  expect(lines).toEqual([
    { tone: "heading", text: "61 of 120 s · 1,200 posts · 2 failed · the controller was killed" },
    { tone: "quiet", text: "feedback acknowledged: flow 8 of 9" },
    { tone: "quiet", text: "suggested: increase_uniqueness for artist-1 (open)" },
    { tone: "quiet", text: "write             nothing measured yet" },
    {
      tone: "better",
      text: "plan              fans          lift +0.200 (+0.100…+0.300) proven · slot noon -> night",
    },
  ]);
});
