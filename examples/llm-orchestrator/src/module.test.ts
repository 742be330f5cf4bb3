/** The contract of every module, and what people say of songs, simulated; the stand-in answers over real HTTP. */
import { describeModule, simulateFeedback } from "@trimtab/module-kit/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { orchestratorFor } from "./orchestrator.ts";
import { providersAt, startTestStandIn, type TestStandIn } from "./test-providers.test.support.ts";

let standIn: TestStandIn;
beforeAll(async () => {
  standIn = await startTestStandIn();
});
afterAll(() => standIn.close());

describeModule(
  "the orchestrator",
  {
    make: (dependencies) => orchestratorFor(providersAt(standIn.url)).create({}, dependencies),
    operation: "generate_lyrics",
    input: (index: number) => ({ genre: index % 2 === 0 ? "rock" : "folk", theme: "harbour", lines: 4 }),
    invalidInput: { genre: "rock", theme: "harbour", lines: 0 },
  },
  { describe, test },
);

test("listeners who rate what they hear move the genre to songs that they like better", async () => {
  const module = orchestratorFor(providersAt(standIn.url)).create();
  try {
    const done = await simulateFeedback(module, {
      name: "listeners who hear the scorer's points",
      operation: "generate_lyrics",
      rounds: 12,
      callsPerRound: 80,
      input: () => ({ genre: "rap", theme: "harbour", lines: 8 }),
      feedback: ({ quality = 0 }) => ({ score: quality }),
      delayRounds: 1,
    });
    expect(done).toMatchObject({ calls: 960, failures: 0, feedback: { added: 960, known: 0 } });
    expect(done.adaptations.filter(({ operation }) => operation === "generate_lyrics")).not.toEqual([]);
    const [first, last] = [done.rounds[0]?.meanQuality ?? 1, done.rounds.at(-1)?.meanQuality ?? 0];
    // The base values score 0.55; of 80 songs the mean deviates by 0.015. What is learnt scores 0.15 more at least.
    expect(last - first).toBeGreaterThan(0.06);
  } finally {
    await module.close();
  }
});
