/** The contract of every module, and what people say of songs, simulated; the stand-in answers over real HTTP. */
import { describeModule, reproducible, simulateFeedback } from "@trimtab/module-kit/testing";
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

test("songs become better within a thousand of them; ratings arrive a round late, and each counts once", async () => {
  const module = orchestratorFor(providersAt(standIn.url)).create({}, reproducible(1));
  try {
    const done = await simulateFeedback(module, {
      name: "listeners who hear what the scorer hears",
      operation: "generate_lyrics",
      rounds: 12,
      callsPerRound: 80,
      input: () => ({ genre: "rap", theme: "harbour", lines: 8 }),
      feedback: ({ quality = 0 }) => [
        { score: quality, key: "form" },
        { score: quality, key: "form" },
      ],
      delayRounds: 1,
    });
    expect(done).toMatchObject({ calls: 960, failures: 0, feedback: { added: 960, known: 960 } });
    expect(done.adaptations.filter(({ operation }) => operation === "generate_lyrics")).not.toEqual([]);
    const last = done.rounds.slice(-4).map(({ meanQuality = 0 }) => meanQuality);
    // The base values score 0.54 on average, and the mean of 320 songs deviates from that by 0.007.
    expect(last.reduce((sum, quality) => sum + quality, 0) / last.length).toBeGreaterThan(0.6);
  } finally {
    await module.close();
  }
});
