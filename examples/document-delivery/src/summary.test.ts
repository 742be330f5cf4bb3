import type { ContextState, LiftReading, ListedAdaptation } from "@trimtab/example-demonstration";
import { describe, expect, test } from "vitest";
import { DOCUMENT_TYPES, type DocumentType } from "./documents.ts";
import { formatSummary, type RunFacts, summarise } from "./summary.ts";

const STARTED = Date.parse("2026-11-20T10:00:00Z");

function lift(estimate: number, halfWidth: number): LiftReading {
  return {
    estimate,
    lower: estimate - halfWidth,
    upper: estimate + halfWidth,
    level: 0.95,
    windows: 20,
    holdout: { calls: 150, utility: 0.688, meanQuality: 0.75, meanDurationSeconds: 0.0041 },
    served: { calls: 1000, utility: 0.688 + estimate, meanQuality: 0.738, meanDurationSeconds: 0.0011 },
  };
}

function state(contentType: DocumentType, algorithm: string, level: number, measured?: LiftReading): ContextState {
  return {
    context: { content_type: contentType },
    variants: [],
    parameters: { algorithm, level },
    ...(measured === undefined ? {} : { lift: measured }),
  };
}

function adaptation(contentType: DocumentType, changeId: string, at: string, status = "applied"): ListedAdaptation {
  const values = {
    parameter: "level",
    oldValue: 6,
    newValue: 3,
    confidence: 0.99,
    reason: { sentence: "It is better." },
  };
  return { id: `${changeId}-${at}`, changeId, context: { content_type: contentType }, at, status, ...values };
}

const facts: RunFacts = {
  seconds: 90.4,
  operation: {
    cycles: 88,
    states: [
      { context: {}, variants: [], parameters: { algorithm: "gzip", level: 6 } },
      state("json", "zstd", 3, lift(0.165, 0.01)),
      state("html", "gzip", 6, lift(0.004, 0.02)),
      state("text", "brotli", 5, lift(-0.05, 0.02)),
      state("binary", "zstd", 1),
    ],
  },
  adaptations: [
    adaptation("json", "second", "2026-11-20T10:01:00Z"),
    adaptation("json", "first", "2026-11-20T10:00:30Z", "superseded"),
    adaptation("json", "first", "2026-11-20T10:00:30.000Z", "superseded"),
    adaptation("json", "suggested", "2026-11-20T10:00:20Z", "suggested"),
    adaptation("json", "of the run before", "2026-11-20T09:00:00Z", "superseded"),
  ],
  countedCalls: 8000,
  load: { answered: 8012, failed: 0, leftOut: 0, verified: 320 },
  documents: Object.fromEntries(
    DOCUMENT_TYPES.map((type) => [type, { count: 16, meanBytes: 100_000 }]),
  ) as RunFacts["documents"],
  startedAt: STARTED,
};

describe("the summary of a run", () => {
  const [json, html, javascript, text] = summarise(facts).contentTypes;

  test("counts the changes of this run, and what changed together once", () => {
    expect(json).toMatchObject({
      contentType: "json",
      changed: true,
      learnt: { algorithm: "zstd", level: 3 },
      adaptations: 2,
    });
  });

  test("says whether the interval excludes zero, in either direction", () => {
    expect(json?.intervalExcludesZero).toBe(true);
    expect(html?.intervalExcludesZero).toBe(false);
    expect(text?.intervalExcludesZero).toBe(true);
  });

  test("1,000 documents at 1.1 ms instead of 4.1 ms are 3 s; 1.2 % more of 100 kB each are 1.2 MB more", () => {
    expect(json?.savedMilliseconds).toBeCloseTo(3000, 6);
    expect(json?.savedBytes).toBeCloseTo(-1_200_000, 3);
  });

  test("a type without a lift has its base values and no numbers", () => {
    expect(javascript).toEqual({
      contentType: "javascript",
      base: { algorithm: "gzip", level: 6 },
      learnt: { algorithm: "gzip", level: 6 },
      changed: false,
      adaptations: 0,
      intervalExcludesZero: false,
    });
  });

  test("reads as follows", () => {
    expect(formatSummary(summarise(facts))).toEqual([
      "8,012 documents were delivered in 90 s.",
      "320 of them were decoded and compared with the original, all equal.",
      "",
      "type        base -> learnt      utility  holdout    lift  95 % interval  above 0",
      "json        gzip 6 -> zstd 3      0.853    0.688  +0.165  +0.155…+0.175  yes",
      "html        gzip 6 (kept)         0.692    0.688  +0.004  -0.016…+0.024  no",
      "javascript  gzip 6 (kept)             -        -       -  -              -",
      "text        gzip 6 -> brotli 5    0.638    0.688  -0.050  -0.070…-0.030  below",
      "binary      gzip 6 -> zstd 1          -        -       -  -              -",
      "Lift weighs each moment by how well it was measured, so it need not be utility less holdout.",
      "",
      "json: 1.10 ms instead of 4.10 ms to compress a document, after 2 changes.",
      "  Over 1,000 documents: 3.0 s saved, 1.2 MB more sent.",
      "html: stays with its base values; nothing was proven to be better.",
      "javascript: stays with its base values; nothing was proven to be better.",
      "text: 1.10 ms instead of 4.10 ms to compress a document, as an earlier run had learnt.",
      "  Over 1,000 documents: 3.0 s saved, 1.2 MB more sent.",
      "binary: too new to be compared with the holdout, as an earlier run had learnt.",
      "",
      "Better than the base, with an interval that excludes zero, for 1 of 5 content types:",
      "json.",
    ]);
  });

  test("says plainly that nothing was learnt", () => {
    const lines = formatSummary(summarise({ ...facts, operation: { cycles: 5, states: [] } }));
    expect(lines.at(-1)).toBe("Nothing is proven yet: no interval lies above zero. Let it run for longer.");
  });

  test("says plainly that nothing was measured, and then compares nothing", () => {
    const summary = summarise({ ...facts, countedCalls: 0 }); // the lifts are from earlier runs
    expect(summary.measured).toBe(false);
    expect(formatSummary(summary)).toEqual([
      "8,012 documents were delivered in 90 s.",
      "320 of them were decoded and compared with the original, all equal.",
      "The controller has counted no call: nothing could be measured, so nothing was learnt. The logs tell why.",
    ]);
  });

  test("a controller that could not tell the number of calls has measured something if it knows a lift", () => {
    expect(summarise({ ...facts, countedCalls: undefined }).measured).toBe(true);
    expect(summarise({ ...facts, countedCalls: undefined, operation: undefined }).measured).toBe(false);
  });

  test("tells failures with the reason of the last, and requests that were left out", () => {
    const load = { answered: 10, failed: 2, leftOut: 1200, verified: 1, lastFailure: "socket hang up" };
    const lines = formatSummary(summarise({ ...facts, load }));
    expect(lines.slice(0, 4)).toEqual([
      "10 documents were delivered in 90 s.",
      "1 of them were decoded and compared with the original.",
      "2 requests failed, the last because: socket hang up.",
      "1,200 requests were left out, because this machine was busy.",
    ]);
  });
});
