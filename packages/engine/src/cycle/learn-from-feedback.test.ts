/** From what people said to a parameter that changed: the rule of three poor ratings, through a real store. */
import { variantId } from "@trimtab/conventions";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FeedbackStore } from "../stores/feedback-store.ts";
import { sampleFeedback } from "../stores/feedback-store-contract.ts";
import { createFeedbackStore } from "../stores/feedback-store-sql.ts";
import { FIRST_CYCLE_AT, samplePolicy } from "../stores/sample-cycles.ts";
import { createSqlStore } from "../stores/sql-store.ts";
import { openSqliteDatabase } from "../stores/sqlite-dialect.ts";
import type { Store } from "../stores/store.ts";
import { silentLog } from "./log.ts";
import { type CycleOutcome, runCycle } from "./run-cycle.ts";
import { cellOf, scriptedSource } from "./scripted-source.ts";

const policy = samplePolicy({
  parameters: { temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.1 } },
  strategy: { kind: "feedback-rule", options: {} },
});
const baseline = variantId({ temperature: 0.7 }, "baseline");

describe("three poor ratings", () => {
  let store: Store;
  let feedback: FeedbackStore;
  let now = FIRST_CYCLE_AT;
  let isOut = false;
  beforeEach(async () => {
    const database = await openSqliteDatabase(":memory:");
    store = createSqlStore(database);
    feedback = createFeedbackStore(database);
    now = FIRST_CYCLE_AT;
    isOut = false;
  });
  afterEach(() => store.close());

  const source = scriptedSource(15_000, () =>
    isOut
      ? { kind: "timeout", detail: "no answer in 10 s" }
      : { kind: "value", value: [cellOf({ genre: "rock" }, baseline, { success: 90, failure: 10 })] },
  );
  const cycle = async (changes: Partial<Store> = {}): Promise<CycleOutcome> => {
    now += 30_000;
    const both = { ...store, ...changes };
    return runCycle(policy, { store: both, source, feedback, log: silentLog, intervalMilliseconds: 30_000, now });
  };
  const rate = (number: number, score: number) =>
    feedback.addFeedback([sampleFeedback(number, { variant: baseline, score })]);

  test("raise the temperature by one step, with a confidence of 0.75 and the ids of the ratings", async () => {
    await rate(1, 0.4);
    await rate(2, 0.2);
    expect(await cycle()).toMatchObject({ decision: { adaptations: [] } });
    await rate(3, 0.6);
    expect(await cycle()).toMatchObject({
      decision: {
        adaptations: [
          {
            parameter: "temperature",
            oldValue: 0.7,
            newValue: 0.8,
            confidence: 0.75,
            status: "applied",
            context: { genre: "rock" },
            basis: { feedback: ["rating-1", "rating-2", "rating-3"] },
          },
        ],
      },
    });
    expect(await feedback.waitingFeedback(policy, 10)).toEqual([]);
  });

  test("count once, though the process died between reading them and recording the cycle", async () => {
    for (const number of [1, 2, 3]) await rate(number, 0.2);
    const died = cycle({ recordCycle: () => Promise.reject(new Error("killed")) });
    await expect(died).rejects.toThrow("killed");
    expect(await feedback.waitingFeedback(policy, 10)).toHaveLength(3);
    const { decision } = (await cycle()) as Extract<CycleOutcome, { kind: "recorded" }>;
    expect(decision.adaptations.map(({ newValue }) => newValue)).toEqual([0.8]);
    const next = (await cycle()) as Extract<CycleOutcome, { kind: "recorded" }>;
    expect(next.decision.adaptations).toEqual([]);
  });

  test("wait out an outage of the metric source", async () => {
    for (const number of [1, 2, 3]) await rate(number, 0.2);
    isOut = true;
    expect(await cycle()).toMatchObject({ decision: { adaptations: [] } });
    expect(await feedback.waitingFeedback(policy, 10)).toHaveLength(3);
    isOut = false;
    expect(await cycle()).toMatchObject({ decision: { adaptations: [{ newValue: 0.8 }] } });
  });
});
