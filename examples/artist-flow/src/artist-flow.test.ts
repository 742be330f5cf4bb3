import { describeModule, reproducible, simulateFeedback, valuesByContext } from "@trimtab/module-kit/testing";
import { describe, expect, test } from "vitest";
import { artistFlow } from "./artist-flow.ts";
import { usualEngagement } from "./audience-taste.ts";
import { AUDIENCES, type Slot, type Strategy } from "./content.ts";
import { ARTIST, POST } from "./sample-post.test.support.ts";

const config = { generate: async () => ({ text: "Ada Birch plays tonight.", costUsd: 0.002 }) };
const make = (dependencies: Parameters<typeof artistFlow.create>[1]) => artistFlow.create(config, dependencies);

describeModule("planning a post", { make, operation: "plan_post", input: { audience: "fans" } }, { describe, test });
describeModule(
  "writing a post",
  { make, operation: "write_post", input: { artist: ARTIST, audience: "fans", strategy: "news" } },
  { describe, test },
);

test("a configuration without anybody who writes is refused", () => {
  expect(() => artistFlow.create({ generate: "gpt" as never })).toThrow(/generate is "gpt": must be a function/);
  expect(() => artistFlow.create({ ...config, budget: 3 } as never)).toThrow(/budget/);
});

test("slot and strategy are learnt per audience from engagement that comes two rounds late, without a controller", async () => {
  const engagement = (audience: (typeof AUDIENCES)[number], plan: { slot: Slot; strategy: Strategy }): number =>
    usualEngagement({ ...POST, ...plan, audience });
  await using module = make(reproducible(1));
  const { lastResults, feedback } = await simulateFeedback(module, {
    name: "late engagement",
    operation: "plan_post",
    rounds: 26,
    callsPerRound: 240,
    delayRounds: 2,
    input: ({ index }) => ({ audience: AUDIENCES[index % AUDIENCES.length] }),
    feedback({ context, data }, { random }) {
      const audience = context["audience"] as (typeof AUDIENCES)[number];
      const score = engagement(audience, data as { slot: Slot; strategy: Strategy }) + 0.12 * random.gaussian();
      return { type: "engagement", score: Math.max(0, Math.min(1, score)) };
    },
  });
  expect(feedback).toEqual({ added: 26 * 240, known: 0 });
  const learnt = valuesByContext(lastResults);
  for (const audience of AUDIENCES) {
    const plan = learnt[`audience=${audience}`] as { slot: Slot; strategy: Strategy };
    const gained = engagement(audience, plan) - engagement(audience, { slot: "noon", strategy: "news" });
    expect(gained, `${audience}: ${JSON.stringify(plan)}`).toBeGreaterThan(0.05);
  }
}, 120_000);
