/** Faults of what a module is given: stores that are written wrong, schemas and context readers that throw, streams that end badly. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineModule } from "./define-module.ts";
import { ModuleProcessingError } from "./errors.ts";
import { memoryLog } from "./memory-log.test.support.ts";
import type { ModuleParameterStore } from "./ports.ts";

const singer = defineModule({
  name: "singer",
  input: z.object({ genre: z.string() }),
  context: { genre: (input) => input.genre },
  parameters: { volume: { type: "integer", base: 5, min: 1, max: 9 } },
  process: ({ genre }, run) => `${genre} at ${run.parameters.volume}`,
});

const NOTHING_LEARNT: ModuleParameterStore = {
  parametersFor: () => undefined,
  learn: () => Promise.resolve({ operations: [], suggestions: [] }),
  suggest: () => Promise.reject(new Error("nothing is learnt here")),
  adaptations: () => Promise.resolve([]),
};

describe("a store of somebody's own", () => {
  // Node ends the process on a rejection that nobody handles; vitest fails the run on one.
  test("that answers later, and then fails, is logged: the process goes on", async () => {
    const { log, lines } = memoryLog();
    const later = (what: string) => () => Promise.reject(new Error(`${what} is gone`)) as unknown as undefined;
    const metrics = {
      record: later("the database"),
      summary: () => Promise.reject(new Error("no")),
      recent: () => Promise.resolve([]),
    };
    const parameters = { ...NOTHING_LEARNT, observe: later("the queue"), hear: later("the ear") };
    const feedback = { add: () => Promise.resolve("added" as const) };
    await using module = singer.create({}, { log, metrics, parameters, feedback });
    const { id, data } = await module.process({ genre: "rock" });
    expect(data).toBe("rock at 5");
    await module.processUserFeedback(id, 4);
    await expect.poll(() => lines.length).toBe(3);
    expect(new Set(lines.map(({ fields }) => fields["problem"]))).toEqual(
      new Set(["the database is gone", "the queue is gone", "the ear is gone"]),
    );
  });

  test("and a log that fails later do no harm either", async () => {
    const later = (): undefined => Promise.reject(new Error("the log is gone")) as unknown as undefined;
    const log = { debug: later, info: later, warning: later, error: later };
    const metrics = {
      record: () => {
        throw new Error("full");
      },
      summary: () => Promise.reject(new Error("no")),
      recent: () => Promise.resolve([]),
    };
    await using module = singer.create({}, { log, metrics, parameters: NOTHING_LEARNT });
    expect((await module.process({ genre: "rock" })).data).toBe("rock at 5");
  });

  test.each([
    ["a promise", Promise.resolve({ values: { volume: 7 } })],
    ["no values", {}],
    ["values that lack some", { values: {}, variant: "v-mine", revision: undefined, source: "fresh" }],
    ["values out of bounds", { values: { volume: 700 }, variant: "v-mine", revision: undefined, source: "fresh" }],
    ["values of another kind", { values: { volume: "7" }, variant: "v-mine", revision: undefined, source: "fresh" }],
    ["no variant", { values: { volume: 7 } }],
  ])("that gives %s for parameters is logged, and base values serve", async (_, answer) => {
    const { log, lines } = memoryLog();
    const parameters = { ...NOTHING_LEARNT, parametersFor: () => answer as never };
    await using module = singer.create({}, { log, parameters });
    const { data, adaptationApplied, variant } = await module.process({ genre: "rock" });
    expect([data, adaptationApplied, variant.slice(0, 5)]).toEqual(["rock at 5", false, "base-"]);
    expect(lines).toMatchObject([{ level: "error", message: expect.stringContaining("choosing the parameters") }]);
  });

  test("for parameters leaves nothing open of the usual learning when the module is closed", async () => {
    const { log } = memoryLog();
    const module = singer.create({}, { log, parameters: NOTHING_LEARNT });
    const { id } = await module.process({ genre: "rock" });
    await module.processUserFeedback(id, 4);
    await module.close();
    await expect(module.processUserFeedback(id, 5)).rejects.toThrow("the module was closed");
  });
});

describe("a run", () => {
  test("whose schema throws is refused as any input that does not fit, and recorded", async () => {
    const { log } = memoryLog();
    const strict = defineModule({
      name: "strict",
      input: z.string().transform((text) => JSON.parse(text) as unknown),
      process: (input) => input,
    });
    await using module = strict.create({}, { log });
    const error = await module.process("{").catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ModuleProcessingError);
    expect((error as Error).cause).toBeInstanceOf(SyntaxError);
    expect((await module.recentOperations())[0]).toMatchObject({ outcome: "failure", errorType: "invalid_input" });
  });

  test("is not touched by a context value that has no text", async () => {
    const { log, lines } = memoryLog();
    const odd = defineModule({
      name: "odd",
      input: z.string(),
      context: { kind: () => Object.create(null) as string, size: () => "small" },
      process: (input) => input,
    });
    await using module = odd.create({}, { log });
    expect(await module.process("work")).toMatchObject({ data: "work", context: { size: "small" } });
    expect(lines).toMatchObject([{ message: expect.stringContaining('reading the context key "kind"') }]);
  });
});

describe("a stream that is left early", () => {
  test("tells of its result also where its work fails while it tidies up", async () => {
    const { log } = memoryLog();
    const closeTap = (): never => {
      throw new RangeError("the tap does not close");
    };
    const untidy = defineModule({
      name: "untidy",
      input: z.number(),
      async *process(input) {
        try {
          for (let number = 0; number < input; number++) yield number;
        } finally {
          closeTap();
        }
      },
    });
    await using module = untidy.create({}, { log });
    const stream = module.stream(5);
    const leave = async (): Promise<void> => {
      for await (const _ of stream) break;
    };
    await expect(leave()).rejects.toThrow("the tap does not close");
    await expect(stream.result).rejects.toThrow("the tap does not close");
    expect((await module.getPerformanceMetrics("1h")).outcomes).toEqual({ success: 0, failure: 1, partial: 0 });
  });

  test("before it began has no result, and says so", async () => {
    const { log } = memoryLog();
    const counter = defineModule({
      name: "counter",
      input: z.number(),
      async *process(input) {
        yield input;
      },
    });
    await using module = counter.create({}, { log });
    const stream = module.stream(5);
    await stream[Symbol.asyncIterator]().return?.(undefined);
    await expect(stream.result).rejects.toThrow("read no further");
    expect(await module.recentOperations()).toEqual([]);
  });
});
