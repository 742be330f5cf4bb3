import { BUILT_IN_ENVIRONMENTS, simulatedService } from "@trimtab/simulator";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineModule } from "../define-module.ts";
import { reproducible, simulateFeedback, valuesByContext } from "./simulate-feedback.ts";
import { truthfulFeedback } from "./truthful-feedback.ts";

const singer = defineModule({
  name: "singer",
  input: z.object({ genre: z.string() }),
  context: { genre: (input) => input.genre },
  parameters: { voice: { type: "choice", base: "low", choices: ["low", "middle", "high"] } },
  objective: { feedback: { weight: 1 } },
  process: (input, run) => `${input.genre} in a ${run.parameters.voice} voice`,
});

/** Rock is liked high, and everything else in the middle. */
const audience = simulatedService({
  name: "audience",
  summary: "Each genre has a voice that people like.",
  contextKeys: ["genre"],
  traffic: { "genre=rock": 50, "genre=calm": 50 },
  parameters: { voice: { base: "low", choices: ["low", "middle", "high"] } },
  objective: { quality: 1 },
  behaviour: (setting, context) => ({
    success: 1,
    medianSeconds: 0.1,
    quality: setting["voice"] === (context === "genre=rock" ? "high" : "middle") ? 0.8 : 0.5,
  }),
});

const scenario = {
  name: "an audience",
  rounds: 30,
  callsPerRound: 60,
  input: ({ index }: { readonly index: number }) => ({ genre: index % 2 === 0 ? "rock" : "calm" }),
};

describe("feedback of a simulated service", () => {
  test("teaches a module what is true there, also when it comes late and from one in two", async () => {
    await using module = singer.create({}, { ...reproducible(3), controller: false });
    const done = await simulateFeedback(module, {
      ...scenario,
      delayRounds: 2,
      feedback: truthfulFeedback(audience, { share: 0.5 }),
    });
    expect(valuesByContext(done.lastResults)).toEqual({
      "genre=calm": { voice: "middle" },
      "genre=rock": { voice: "high" },
    });
    expect(done.feedback.known).toBe(0);
    expect(done.feedback.added / done.calls).toBeGreaterThan(0.4);
    expect(done.feedback.added / done.calls).toBeLessThan(0.6);
  });

  test("may come of any environment that is built in", () => {
    expect(BUILT_IN_ENVIRONMENTS.length).toBeGreaterThan(10);
    for (const environment of BUILT_IN_ENVIRONMENTS) expect(truthfulFeedback(environment)).toBeTypeOf("function");
  });
});
