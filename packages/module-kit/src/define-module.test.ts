import { expect, test } from "vitest";
import { z } from "zod";
import { defineModule, defineModuleOperation } from "./index.ts";

const Config = z.object({ endpoint: z.string().default("here") });

const attempt = defineModuleOperation({
  config: Config,
  input: z.object({ provider: z.string(), prompt: z.string(), previousErrorType: z.string().optional() }),
  context: { provider: (input) => input.provider, previous_error_type: (input) => input.previousErrorType },
  parameters: { temperature: { type: "number", base: 0.7, min: 0.1, max: 1.3, step: 0.1 } },
  async *process(input, run) {
    let text = "";
    for (const token of [input.prompt, String(run.parameters.temperature), run.config.endpoint]) {
      text += token;
      yield token;
    }
    run.tokens({ input: 120, output: 80 });
    return { text };
  },
  quality: (data) => (data.text.length > 3 ? 1 : 0),
});

const complete = defineModuleOperation({
  config: Config,
  input: z.object({ genre: z.string(), prompt: z.string() }),
  context: { genre: (input) => input.genre },
  parameters: {
    provider: { type: "choice", base: "small", choices: ["small", "large"] },
    attempts: { type: "integer", base: 2, min: 1, max: 5 },
  },
  async process(input, run) {
    const { provider, attempts } = run.parameters;
    const result = await run.invoke(attempt, { provider, prompt: input.prompt });
    return { text: result.data.text, attempts };
  },
});

test("several operations", async () => {
  const definition = defineModule({ name: "llm_orchestrator", config: Config, operations: { attempt, complete } });
  await using module = definition.create();
  const result = await module.operations.complete.process({ genre: "rock", prompt: "a song" });
  expect(result.data).toEqual({ text: "a song0.7here", attempts: 2 });
  const stream = module.operations.attempt.stream({ provider: "small", prompt: "x" });
  const chunks: string[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  expect(chunks).toEqual(["x", "0.7", "here"]);
  expect((await stream.result).data.text).toBe("x0.7here");
  const summary = await module.getPerformanceMetrics("1h");
  expect(summary.total).toBe(3);
  expect(await module.processUserFeedback(result.id, 4, "catchy")).toEqual({
    recorded: "added",
    learning: "scheduled",
  });
  expect(await module.processUserFeedback(result.id, 4, "catchy")).toEqual({
    recorded: "known",
    learning: "scheduled",
  });
});

test("one operation", async () => {
  const definition = defineModule({
    name: "writer",
    config: z.object({ model: z.string() }),
    input: z.object({ genre: z.string() }),
    context: { genre: (input) => input.genre },
    parameters: { temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.1 } },
    process: (input, run) => `${input.genre} ${run.parameters.temperature.toFixed(1)} ${run.config.model}`,
    quality: (data) => data.length / 100,
  });
  await using module = definition.create({ model: "x" });
  const { data } = await module.process({ genre: "rock" });
  expect(data.toUpperCase()).toBe("ROCK 0.7 X");
  await expect(module.process({} as { genre: string })).rejects.toThrow("genre is missing");
});
