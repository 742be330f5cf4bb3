import { parseResultHandle } from "@trimtab/conventions";
import { metricsText } from "@trimtab/instrumentation";
import { expect, test } from "vitest";
import { artistFlow } from "./artist-flow.ts";
import { DAY_MILLISECONDS, nextTimeOf } from "./content.ts";
import { makePost } from "./make-post.ts";
import type { TextGenerator } from "./plain-generator.ts";
import { ARTIST } from "./sample-post.test.support.ts";

const flowThat = (generate: TextGenerator) => artistFlow.create({ generate, enableAdaptation: false });

/** Gives these texts one after the other; `undefined` fails. */
function generatorOf(...texts: readonly (string | undefined)[]): TextGenerator {
  let next = 0;
  return async () => {
    const text = texts[next++];
    if (text === undefined) throw new Error("the model is away");
    return { text, costUsd: 0.002 };
  };
}

function series(name: string, ...parts: readonly string[]): number {
  const lines = metricsText()
    .split("\n")
    .filter((line) => line.startsWith(`${name}{`));
  return lines
    .filter((line) => parts.every((part) => line.includes(part)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

test("as many drafts are written as the budget says, the best is taken, and all are paid for", async () => {
  const cost = (): number => series("trimtab_operation_cost_total", 'ctx_audience="press"', 'unit="usd"');
  const before = cost();
  const generate = generatorOf("Nothing.", "Ada Birch plays on Friday.", "Something?");
  const { post, publishAt, handles } = await makePost(flowThat(generate), ARTIST, "press", 1000);
  expect(post).toMatchObject({
    slot: "noon",
    strategy: "news",
    template: "announcement",
    text: "Ada Birch plays on Friday.",
  });
  expect(post.quality).toBeGreaterThan(0.9);
  expect(cost() - before).toBeCloseTo(0.006);
  expect(publishAt).toBe(nextTimeOf("noon", 1000));
  expect([handles.plan, handles.text].map((handle) => parseResultHandle(handle))).toMatchObject([
    { origin: { operation: "plan_post", context: { audience: "press" } } },
    { origin: { operation: "write_post", context: { audience: "press" } } },
  ]);
});

test("a draft that fails makes the call partial, and all of them a failure that is thrown on", async () => {
  const calls = (outcome: string): number =>
    series("trimtab_operation_calls_total", 'operation="write_post"', 'ctx_audience="fans"', `outcome="${outcome}"`);
  const before = [calls("partial"), calls("failure")];
  const { post } = await makePost(flowThat(generatorOf("One.", undefined, undefined)), ARTIST, "fans", 0);
  expect(post.text).toBe("One.");
  await expect(makePost(flowThat(generatorOf()), ARTIST, "fans", 0)).rejects.toThrow(
    "none of 3 drafts for fans was written",
  );
  expect([calls("partial"), calls("failure")]).toEqual([(before[0] ?? 0) + 1, (before[1] ?? 0) + 1]);
});

test("a slot is the next one of its time of the day", () => {
  const day = 7 * DAY_MILLISECONDS;
  expect(nextTimeOf("morning", day)).toBe(day + DAY_MILLISECONDS); // what begins now has begun
  expect(nextTimeOf("noon", day)).toBe(day + DAY_MILLISECONDS / 4);
  expect(nextTimeOf("noon", day + DAY_MILLISECONDS / 2)).toBe(day + DAY_MILLISECONDS * 1.25);
});
