import type { ContextState, FeedbackEntry, LiftReading, ListedAdaptation } from "@trimtab/example-demonstration";
import { describe, expect, test } from "vitest";
import type { LoadCounts } from "./load-counts.ts";
import { formatSummary, type OperationFacts, type RunFacts, summarise } from "./summary.ts";

const STARTED = Date.parse("2026-11-20T10:00:00Z");
const BASE = { model: "aurora/large", template: "plain", temperature: 0.7 };

function lift(estimate: number, halfWidth: number): LiftReading {
  return {
    estimate,
    lower: estimate - halfWidth,
    upper: estimate + halfWidth,
    level: 0.95,
    windows: 20,
    holdout: { calls: 100, utility: 0.6, meanQuality: 0.64, meanCost: { usd: 0.002 } },
    served: { calls: 1000, utility: 0.6 + estimate, meanQuality: 0.9, meanCost: { usd: 0.0008 } },
  };
}

function state(
  context: Record<string, string>,
  parameters: ContextState["parameters"],
  measured?: LiftReading,
): ContextState {
  return { context, variants: [], parameters, ...(measured === undefined ? {} : { lift: measured }) };
}

function adaptation(genre: string, changeId: string, at: string, status = "applied"): ListedAdaptation {
  const values = { parameter: "model", oldValue: "a", newValue: "b", confidence: 0.9, reason: { sentence: "Better." } };
  return { id: `${changeId}-${at}`, changeId, context: { genre }, at, status, ...values };
}

const load: LoadCounts = {
  songs: 4000,
  streamed: 1333,
  recovered: 210,
  failed: 0,
  leftOut: 0,
  tokens: 900_000,
  costUsd: 6.123,
  ratings: 3,
  ratingsRepeated: 1,
  ratingsRun: "run-1",
};
const rated = (count: number, learntInCycle?: number): FeedbackEntry[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `f-${index}`,
    data: { form: `run-1-${index}` },
    ...(learntInCycle === undefined ? {} : { learntInCycle }),
  }));

const nothing = (base: OperationFacts["base"]): OperationFacts => ({ state: undefined, adaptations: [], base });
const facts: RunFacts = {
  seconds: 120.4,
  operations: {
    generate_lyrics: {
      base: BASE,
      adaptations: [
        adaptation("rock", "one", "2026-11-20T10:00:30Z"),
        adaptation("rock", "one", "2026-11-20T10:00:30.000Z"),
        adaptation("rock", "before", "2026-11-20T09:00:00Z"),
        adaptation("rock", "only suggested", "2026-11-20T10:00:40Z", "suggested"),
      ],
      state: {
        cycles: 100,
        states: [
          state({}, BASE),
          state(
            { genre: "rock" },
            { model: "borealis/writer", template: "example", temperature: 1.1 },
            lift(0.2, 0.05),
          ),
          state({ genre: "folk" }, BASE, lift(-0.1, 0.05)),
          state({ genre: "rap" }, { ...BASE, temperature: 0.9 }, lift(0.02, 0.05)),
        ],
      },
    },
    recover: {
      base: { next: "same_provider", waitMilliseconds: 400 },
      adaptations: [],
      state: {
        cycles: 100,
        states: [state({ previous_error_type: "timeout" }, { next: "next_provider", waitMilliseconds: 0 })],
      },
    },
    call_provider: nothing({ timeoutMilliseconds: 3200 }),
  },
  feedback: rated(3, 7),
  load,
  startedAt: STARTED,
};

test("reads as follows", () => {
  expect(formatSummary(summarise(facts))).toEqual([
    "4,000 songs were written in 120 s, 1,333 of them as a stream; 210 after at least one error.",
    "They took 900,000 tokens and $6.12.",
    "",
    "generate_lyrics, by genre",
    "        base -> learnt                                                             utility  holdout    lift  95 % interval  above 0",
    "  rock  aurora/large -> borealis/writer, plain -> example, temperature 0.7 -> 1.1    0.800    0.600  +0.200  +0.150…+0.250  yes",
    "  folk  aurora/large plain 0.7 (kept)                                                0.500    0.600  -0.100  -0.150…-0.050  below",
    "  rap   temperature 0.7 -> 0.9                                                       0.620    0.600  +0.020  -0.030…+0.070  no",
    "",
    "recover, by previous_error_type",
    "           base -> learnt                                    utility  holdout  lift  95 % interval  above 0",
    "  timeout  same_provider -> next_provider, wait 400 -> 0 ms        -        -     -              -        -",
    "",
    "call_provider, by provider",
    "  nothing was measured",
    "",
    "Lift weighs each moment by how well it was measured, so it need not be utility less holdout.",
    "",
    "rock: a song costs $0.00080 instead of $0.00200, quality 0.90 instead of 0.64; $1.20 saved over 1,000 songs.",
    "rap: a song costs $0.00080 instead of $0.00200, quality 0.90 instead of 0.64; $1.20 saved over 1,000 songs.",
    "Feedback: 3 ratings sent (1 of them twice), 3 kept, 3 processed, 0 counted twice: each exactly once.",
    "",
    "Better than the base values, with an interval above zero, in 1 context of 4: rock.",
  ]);
});

test("what changed together counts once, and only in this run", () => {
  const [rock] = summarise(facts).contexts;
  expect(rock).toMatchObject({ context: "rock", adaptations: 1, isProven: true });
  expect(rock?.savedUsd).toBeCloseTo(1.2, 9); // 1,000 songs at $0.0008 instead of $0.002
});

describe("a run is good", () => {
  const proven = facts.operations.generate_lyrics.state?.states ?? [];
  const withStates = (states: readonly ContextState[]): RunFacts => ({
    ...facts,
    operations: {
      ...facts.operations,
      generate_lyrics: { ...facts.operations.generate_lyrics, state: { cycles: 1, states } },
    },
  });

  test("when one context is better, its whole interval above zero", () => {
    expect(summarise(facts).isGood).toBe(true);
    const none = summarise(withStates(proven.filter(({ context }) => context["genre"] !== "rock")));
    expect(none.isGood).toBe(false);
    expect(formatSummary(none).at(-1)).toBe(
      "Nothing is proven yet: no interval lies above zero. Let it run for longer.",
    );
  });

  test.each([
    ["one is missing", rated(2, 7), "1 not processed yet when the run ended"],
    [
      "one is not processed",
      [...rated(2, 7), { id: "f-2", data: { form: "run-1-2" } }],
      "1 not processed yet when the run ended",
    ],
    [
      "one is counted twice",
      [...rated(2, 7), { id: "f-2", data: { form: "run-1-1" }, learntInCycle: 8 }],
      "NOT each exactly once",
    ],
    ["there is one too many", rated(4, 7), "NOT each exactly once"],
    ["nobody can tell", undefined, "so nothing is known of it"],
  ])("and not when of the feedback %s", (_, feedback, verdict) => {
    const summary = summarise({ ...facts, feedback });
    expect(summary.isGood).toBe(false);
    expect(formatSummary(summary).find((line) => line.startsWith("Feedback"))).toContain(verdict);
  });
});

test("songs that were given up, and requests that were left out, are told", () => {
  const lines = formatSummary(summarise({ ...facts, load: { ...load, failed: 2, leftOut: 5, lastFailure: "late" } }));
  expect(lines.slice(2, 4)).toEqual([
    "2 songs were given up, the last because: late",
    "5 requests were left out, because too many were under way.",
  ]);
});
