import type { ContextState } from "@trimtab/example-demonstration";
import { expect, test } from "vitest";
import { draw, type Picture } from "./screen.ts";

const rock: ContextState = {
  context: { genre: "rock" },
  parameters: { model: "borealis/writer", template: "example", temperature: 0.9 },
  variants: [{ role: "incumbent", share: 0.9, parameters: {} }],
  lift: {
    estimate: 0.165,
    lower: 0.155,
    upper: 0.175,
    level: 0.95,
    windows: 12,
    holdout: { calls: 150, utility: 0.6 },
    served: { calls: 900, utility: 0.765 },
  },
};
const picture: Picture = {
  elapsedSeconds: 42.7,
  forSeconds: 120,
  operations: {
    generate_lyrics: { cycles: 40, states: [{ ...rock, context: {} }, rock] },
    recover: undefined,
    call_provider: {
      cycles: 40,
      states: [
        {
          context: { provider: "aurora" },
          parameters: { timeoutMilliseconds: 3200 },
          variants: [{ role: "challenger", share: 0.2, parameters: {} }],
        },
      ],
    },
  },
  load: undefined,
};

test("each operation has its contexts, with what is in force and what it brings", () => {
  expect(draw(picture)).toEqual([
    { tone: "heading", text: "42 of 120 s" },
    { tone: "quiet", text: "generate_lyrics, by genre" },
    {
      tone: "better",
      text: "  rock               borealis/writer example 0.9      utility 0.765, holdout 0.600: +0.165 proven (+0.155…+0.175)",
    },
    { tone: "quiet", text: "recover, by previous_error_type" },
    { tone: "plain", text: "  nothing measured yet" },
    { tone: "quiet", text: "call_provider, by provider" },
    { tone: "plain", text: "  aurora             timeout 3200 ms                  base values; 1 other setting tried" },
  ]);
});

test("the heading counts songs, money and ratings, and songs that were given up", () => {
  const load = {
    songs: 1234,
    streamed: 1,
    recovered: 1,
    failed: 3,
    leftOut: 0,
    tokens: 1,
    costUsd: 1.5,
    ratings: 99,
    ratingsRepeated: 9,
    ratingsRun: "run-1",
  };
  expect(draw({ ...picture, forSeconds: undefined, load })[0]?.text).toBe(
    "42 s · 1,234 songs · $1.50 · 99 ratings · 3 given up",
  );
});
