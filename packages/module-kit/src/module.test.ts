import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import { z } from "zod";
import { defineModule } from "./define-module.ts";
import {
  ModuleAdaptationError,
  ModuleConfigurationError,
  ModuleError,
  ModuleMetricsError,
  ModuleProcessingError,
} from "./errors.ts";
import { type LogLine, memoryLog } from "./memory-log.test.support.ts";
import { defineModuleOperation } from "./module-operation.ts";
import type { OperationRecord } from "./ports.ts";
import { reproducible, simulateFeedback, valuesByContext } from "./testing/simulate-feedback.ts";

const { log } = memoryLog();
const BEST: Readonly<Record<string, number>> = { rock: 0.9, calm: 0.5 };
/** Cycles come when they are asked for. */
const ON_DEMAND = { intervalMilliseconds: 3_600_000 };

const writer = defineModule({
  name: "writer",
  operation: "write",
  config: z.object({ model: z.string().default("small"), temperature: z.number().min(0.5).max(0.9).default(0.7) }),
  input: z.object({ genre: z.string(), fails: z.boolean().optional() }),
  context: { genre: (input) => input.genre },
  parameters: { temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.1 } },
  baseValues: ({ temperature }) => ({ temperature }),
  process(input, run) {
    if (input.fails === true) throw new RangeError("no such chord");
    run.cost(0.25, "usd");
    run.metadata("model", run.config.model);
    return { song: input.genre, temperature: run.parameters.temperature };
  },
  quality: ({ temperature }, { input }) => 1 - Math.round(10 * Math.abs((BEST[input.genre] ?? 0.7) - temperature)) / 10,
});

describe("the configuration", () => {
  test("has adaptation on, a threshold of 0.7 and level standard where nobody says otherwise", async () => {
    await using module = writer.create({}, { log });
    expect(module.config).toEqual({
      model: "small",
      temperature: 0.7,
      enableAdaptation: true,
      adaptationThreshold: 0.7,
      metricsCollectionLevel: "standard",
    });
    expect(Object.isFrozen(module.config)).toBe(true);
  });

  test("is refused with every mistake at once, each with its place and the right form", () => {
    const bad = { modle: "large", temperature: 2, adaptationThreshold: 7, metricsCollectionLevel: "all", zzz: 1 };
    expect(() => writer.create(bad as never, { log })).toThrow(ModuleConfigurationError);
    expect(() => writer.create(bad as never, { log })).toThrow(
      [
        'the configuration of module "writer" has 5 problems:',
        "  temperature is 2: too big: expected number to be <=0.9",
        "  adaptationThreshold is 7: too big: expected number to be <=1",
        '  metricsCollectionLevel is "all": invalid option: expected one of "minimal"|"standard"|"comprehensive"',
        "  modle is not known; did you mean model?",
        "  zzz is not known; write one of model, temperature, enableAdaptation, adaptationThreshold, metricsCollectionLevel",
      ].join("\n"),
    );
    expect(() => writer.create("large" as never, { log })).toThrow('is "large"; write an object');
  });

  test("says which base values serve, within their bounds", async () => {
    await using module = writer.create({ temperature: 0.9 }, { log });
    const { parameters, adaptationApplied, variant } = await module.process({ genre: "rock" });
    expect([parameters, adaptationApplied, variant.slice(0, 5)]).toEqual([{ temperature: 0.9 }, false, "base-"]);
    const wild = defineModule({
      name: "wild",
      input: z.string(),
      parameters: { level: { type: "integer", base: 1, min: 1, max: 9 } },
      baseValues: () => ({ level: 12 }),
      process: (input) => input,
    });
    expect(() => wild.create({}, { log })).toThrow("makes process.level a base value that it cannot have");
  });

  test("a module that can never work is refused where it is declared, or made", () => {
    const input = z.string();
    const process = (given: string): string => given;
    expect(() => defineModule({ name: "no name", input, process })).toThrow(ModuleConfigurationError);
    const config = z.object({ adaptationThreshold: z.number() });
    expect(() => defineModule({ name: "taken", config, input, process })).toThrow("a setting that every module has");
    expect(() => defineModule({ name: "empty", operations: {} })).toThrow("it has no operation");
    const other = defineModuleOperation({ config: z.object({}), input, process });
    expect(() => defineModule({ name: "other", config: z.object({}), operations: { other } })).toThrow(
      "another schema",
    );
    const strategy = { kind: "nonsense" };
    const parameters = { level: { type: "integer", base: 1, min: 1, max: 9 } } as const;
    const lost = defineModule({ name: "lost", input, parameters, strategy, process });
    expect(() => lost.create({}, { log })).toThrow('there is no strategy "nonsense"');
    const wide = defineModule({
      name: "wide",
      input,
      parameters: { level: { ...parameters.level, base: 12 } },
      process,
    });
    expect(() => wide.create({}, { log })).toThrow(/level/);
    expect(() => writer.create({}, { log, learning: { intervalMilliseconds: 10 } })).toThrow("write 1000 to 3600000");
    expect(() => writer.create({}, { log, controller: { url: "nowhere" } })).toThrow('"nowhere" is no address');
  });
});

describe("a run", () => {
  test("gives a result that says what it is, and is recorded", async () => {
    await using module = writer.create({}, { log });
    const before = Date.now();
    const result = await module.process({ genre: "rock" }, { metadata: { request: "r1" } });
    expectTypeOf(result.data).toEqualTypeOf<{ song: string; temperature: number }>();
    expect(result).toMatchObject({
      data: { song: "rock", temperature: 0.7 },
      metadata: { request: "r1", model: "small" },
      quality: 0.8,
      adaptationApplied: false,
      outcome: "success",
      context: { genre: "rock" },
      parameters: { temperature: 0.7 },
    });
    expect(JSON.stringify(result.createdAt)).toMatch(/^"\d{4}-\d\d-\d\dT[\d:.]+Z"$/);
    expect(result.createdAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(result.executionTimeMilliseconds).toBeGreaterThan(0);
    const [record] = await module.recentOperations();
    expect(record).toMatchObject({
      operation: "write",
      context: { genre: "rock" },
      outcome: "success",
      quality: 0.8,
      costs: { usd: 0.25 },
      parameters: { temperature: 0.7 },
    });
    expect(result.id.startsWith(`${record?.id}~t1.`)).toBe(true);
  });

  test("that fails is recorded and thrown with its cause, its id and its context", async () => {
    await using module = writer.create({}, { log });
    const error = await module.process({ genre: "rock", fails: true }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ModuleProcessingError);
    const { cause, operationId, context, message } = error as ModuleProcessingError;
    expect(cause).toBeInstanceOf(RangeError);
    expect(context).toEqual({ genre: "rock" });
    expect(message).toBe(`"write" failed: no such chord (operation ${operationId}, genre=rock)`);
    const [record] = await module.recentOperations({ genre: "rock" });
    expect(record).toMatchObject({
      id: operationId,
      outcome: "failure",
      errorType: "RangeError",
      error: "no such chord",
    });
    expect((await module.getPerformanceMetrics("1h")).outcomes).toEqual({ success: 0, failure: 1, partial: 0 });
  });

  test("may say that it failed or did a part, without throwing", async () => {
    const halves = defineModule({
      name: "halves",
      input: z.enum(["whole", "part", "none"]),
      process(input, run) {
        if (input === "part") run.partial();
        if (input === "none") run.fail("empty_answer");
        return input;
      },
      quality: () => 1,
    });
    await using module = halves.create({}, { log });
    const outcomes: unknown[] = [];
    for (const input of ["whole", "part", "none"] as const) {
      const { outcome, quality } = await module.process(input);
      outcomes.push([outcome, quality]);
    }
    expect(outcomes).toEqual([
      ["success", 1],
      ["partial", 1],
      ["failure", undefined],
    ]);
    expect((await module.recentOperations())[0]).toMatchObject({ errorType: "empty_answer" });
    expect((await module.getPerformanceMetrics("1h")).successRate).toBe(0.5);
  });

  test("is not touched by a context, a score or a log that fails", async () => {
    const broken = (): never => {
      throw new Error("broken on purpose");
    };
    const fragile = defineModule({
      name: "fragile",
      input: z.string(),
      context: { kind: broken },
      process: (input) => input,
      quality: broken,
    });
    const log = { debug: broken, info: broken, warning: broken, error: broken };
    await using module = fragile.create({}, { log });
    expect(await module.process("work")).toMatchObject({ data: "work", quality: undefined, context: {} });
  });

  test("has values of its own where they are given, and refuses those that it cannot have", async () => {
    await using module = writer.create({}, { log });
    const { data, adaptationApplied } = await module.process({ genre: "rock" }, { parameters: { temperature: 0.9 } });
    expect([data.temperature, adaptationApplied]).toEqual([0.9, true]);
    await expect(module.process({ genre: "rock" }, { parameters: { temperature: 9 } })).rejects.toThrow("temperature");
  });

  test("that streams is over when its chunks are read, fails where they fail, and may be left early", async () => {
    const counter = defineModule({
      name: "counter",
      input: z.number(),
      async *process(input) {
        for (let number = 0; number < input; number++) yield number;
        if (input === 7) throw new RangeError("seven");
        return `to ${input}`;
      },
    });
    await using module = counter.create({}, { log });
    const chunks: number[] = [];
    const whole = module.stream(3);
    for await (const chunk of whole) chunks.push(chunk);
    expect([chunks, (await whole.result).data]).toEqual([[0, 1, 2], "to 3"]);
    expect((await module.stream(2).result).data).toBe("to 2");
    expect((await module.process(1)).data).toBe("to 1");

    const failing = module.stream(7);
    const read = async (): Promise<void> => {
      for await (const _ of failing);
    };
    await expect(read()).rejects.toThrow(ModuleProcessingError);
    await expect(failing.result).rejects.toThrow("seven");

    const left = module.stream(5);
    for await (const chunk of left) if (chunk === 1) break;
    await expect(left.result).rejects.toThrow("read no further");
    expect((await module.getPerformanceMetrics("1h")).outcomes).toEqual({ success: 4, failure: 1, partial: 0 });
  });

  test("of one operation may use another of the same module, and no other", async () => {
    const inner = defineModuleOperation({ input: z.number(), process: (input) => input * 2 });
    const strange = defineModuleOperation({ input: z.number(), process: (input) => input });
    const outer = defineModuleOperation({
      input: z.number(),
      process: async (input, run) => (await run.invoke(input < 0 ? strange : inner, input)).data + 1,
    });
    await using module = defineModule({ name: "nested", operations: { inner, outer } }).create({}, { log });
    expect((await module.operations.outer.process(4)).data).toBe(9);
    await expect(module.operations.outer.process(-1)).rejects.toThrow(
      'none of module "nested", which has inner, outer',
    );
    expect(Object.keys((await module.getPerformanceMetrics("1h")).operations).sort()).toEqual(["inner", "outer"]);
  });

  test("of one operation hands its signal on to another that it uses, unless it gives that one of its own", async () => {
    const seen: AbortSignal[] = [];
    const inner = defineModuleOperation({ input: z.number(), process: (_, run) => void seen.push(run.signal) });
    const own = new AbortController().signal;
    const outer = defineModuleOperation({
      input: z.number(),
      async process(input, run) {
        await run.invoke(inner, input);
        await run.invoke(inner, input, { signal: own });
      },
    });
    await using module = defineModule({ name: "heard", operations: { inner, outer } }).create({}, { log });
    const { signal } = new AbortController();
    await module.operations.outer.process(1, { signal });
    expect([seen[0] === signal, seen[1] === own]).toEqual([true, true]);
  });
});

describe("what was done", () => {
  test("is summed up over any period; an unknown one is refused, and nothing is no number", async () => {
    await using module = writer.create({}, { log });
    for (const period of ["1h", "24h", "7d", "30d", "90m"]) {
      const { total, successRate, meanQuality, source } = await module.getPerformanceMetrics(period);
      expect([total, successRate, meanQuality, source]).toEqual([undefined, undefined, undefined, "process"]);
    }
    await expect(module.getPerformanceMetrics("yesterday")).rejects.toThrow(ModuleMetricsError);
    await expect(module.getPerformanceMetrics("90d")).rejects.toThrow("the longest is 30d");
    await module.process({ genre: "rock" });
    expect(await module.getPerformanceMetrics()).toMatchObject({
      total: 1,
      successRate: 1,
      meanQuality: 0.8,
      period: "24h",
    });
  });

  test("is kept run by run, the newest first, by context, 10,000 of them", async () => {
    await using module = writer.create({}, { log });
    for (const genre of ["rock", "calm", "rock"]) await module.process({ genre });
    const genres = async (filter: object, limit?: number): Promise<unknown[]> =>
      (await module.recentOperations(filter as Record<string, string>, limit)).map(({ context }) => context["genre"]);
    expect(await genres({})).toEqual(["rock", "calm", "rock"]);
    expect(await genres({ genre: "calm" })).toEqual(["calm"]);
    expect(await genres({}, 2)).toEqual(["rock", "calm"]);
    await expect(module.recentOperations({}, 0)).rejects.toThrow("write a whole number from 1 to 1000");
  });

  test("is sums alone at level minimal, and has its metadata at comprehensive", async () => {
    await using minimal = writer.create({ metricsCollectionLevel: "minimal" }, { log });
    await minimal.process({ genre: "rock" });
    expect([(await minimal.getPerformanceMetrics()).total, await minimal.recentOperations()]).toEqual([1, []]);
    await using comprehensive = writer.create({ metricsCollectionLevel: "comprehensive" }, { log });
    await comprehensive.process({ genre: "rock" });
    expect((await comprehensive.recentOperations())[0]?.metadata).toEqual({ model: "small" });
  });

  test("of two modules of one name is apart", async () => {
    await using one = writer.create({}, { log });
    await using other = writer.create({}, { log });
    await one.process({ genre: "rock" });
    expect((await other.getPerformanceMetrics()).total).toBeUndefined();
  });
});

describe("feedback", () => {
  test("counts once: the same words about the same result, or the same key", async () => {
    await using module = writer.create({}, { log });
    const { id } = await module.process({ genre: "rock" });
    const { id: other } = await module.process({ genre: "rock" });
    const said = async (result: string, feedback: object): Promise<string> =>
      (await module.applyFeedback(result, feedback)).recorded;
    expect(await said(id, { rating: 4 })).toBe("added");
    expect(await said(id, { rating: 4 })).toBe("known");
    expect(await said(id, { rating: 4, comment: "again" })).toBe("added");
    expect(await said(id, { rating: 2, key: "form-1" })).toBe("added");
    expect(await said(id, { rating: 3, key: "form-1" })).toBe("known");
    expect(await said(other, { rating: 4 })).toBe("added");
  });

  test.each([
    [{ rating: 6 }, "ratings are from 1 to 5"],
    [{ rating: 0.5 }, "ratings are from 1 to 5"],
    [{ score: -1 }, "scores are from 0 to 1"],
    [{ errorRate: 1.1 }, "it is a share, from 0 to 1"],
    [{ rating: 4, score: 1 }, "more than one of rating, score and errorRate"],
    [{ type: "User Rating" }, "lower-case letters"],
    [{ rating: Number.NaN }, "ratings are from 1 to 5"],
    [{ rating: "4" as unknown as number }, 'its rating is "4"; write a number'],
    [{ rating: 4, at: "2026-01-01" as unknown as Date }, "its time is no date"],
    [{ data: { long: "x".repeat(20_000) } }, "bytes of JSON"],
    [{ data: { seconds: Number.NaN } }, "its data are no JSON"],
  ])("%o is refused, with the right form", async (feedback, message) => {
    await using module = writer.create({}, { log });
    const { id } = await module.process({ genre: "rock" });
    await expect(module.applyFeedback(id, feedback)).rejects.toThrow(message);
    await expect(module.applyFeedback(id, feedback)).rejects.toThrow(ModuleError);
  });

  test("about somebody else's result is refused", async () => {
    await using module = writer.create({}, { log });
    await using other = writer.create({}, { log, component: "writer_2" });
    const { id } = await other.process({ genre: "rock" });
    await expect(module.processUserFeedback(id, 4)).rejects.toThrow('one of "writer_2", and this module is "writer"');
    await expect(module.processUserFeedback("r-1", 4)).rejects.toThrow("pass `result.id` as the module gave it");
  });

  test("three low scores in a context raise the temperature there by a step, with their ids as evidence", async () => {
    const rated = defineModule({
      name: "rated",
      input: z.object({ genre: z.string() }),
      context: { genre: (input) => input.genre },
      parameters: { temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.1 } },
      strategy: { kind: "feedback-rule" },
      process: (input, run) => `${input.genre} ${run.parameters.temperature}`,
    });
    await using module = rated.create({}, { log, learning: ON_DEMAND });
    await module.triggerLearningCycle();
    for (let index = 0; index < 3; index++) {
      const { id } = await module.process({ genre: "rock" });
      await module.processUserFeedback(id, 2);
    }
    const { operations } = await module.triggerLearningCycle();
    const [adaptation] = operations[0]?.adaptations ?? [];
    expect(adaptation).toMatchObject({
      context: { genre: "rock" },
      parameter: "temperature",
      oldValue: 0.7,
      newValue: 0.8,
      confidence: 0.75,
      status: "applied",
      applied: true,
    });
    expect(adaptation?.basis).toHaveLength(3);
    expect(await module.adaptations()).toEqual([adaptation]);
  });

  test("about entities becomes suggestions, once", async () => {
    await using module = writer.create({}, { log, learning: ON_DEMAND });
    const { id } = await module.process({ genre: "rock" });
    for (let index = 0; index < 6; index++)
      await module.applyFeedback(id, {
        type: "low_engagement",
        entity: "artist-7",
        target: "artist_builder",
        key: String(index),
      });
    const { suggestions } = await module.triggerLearningCycle();
    expect(suggestions).toMatchObject([
      { entity: "artist-7", target: "artist_builder", suggestion: "increase_uniqueness", confidence: 0.7 },
    ]);
    expect((await module.triggerLearningCycle()).suggestions).toEqual([]);
  });
});

describe("learning in the process", () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  const scenario = {
    name: "two genres",
    rounds: 30,
    callsPerRound: 100,
    input: ({ index }: { index: number }) => ({ genre: index % 2 === 0 ? "rock" : "calm" }),
    feedback: () => undefined,
  };

  test("finds what is best in each context, tells why, and keeps it over a restart", async () => {
    const folder = mkdtempSync(join(tmpdir(), "trimtab-kit-"));
    folders.push(folder);
    const store = join(folder, "writer.db");
    const { log: kept, lines } = memoryLog();
    {
      await using module = writer.create({}, { log: kept, learning: { ...ON_DEMAND, store }, ...reproducible(1) });
      const done = await simulateFeedback(module, scenario);
      expect(valuesByContext(done.lastResults)).toEqual({
        "genre=calm": { temperature: 0.5 },
        "genre=rock": { temperature: 0.9 },
      });
      const applied = done.adaptations.filter(({ status }) => status === "applied");
      expect(Object.fromEntries(applied.map(({ context, newValue }) => [context["genre"], newValue]))).toEqual({
        calm: 0.5,
        rock: 0.9,
      });
      for (const { confidence, reason, basis } of applied) {
        expect(confidence).toBeGreaterThanOrEqual(0.7);
        expect(reason).toMatch(/temperature 0\.\d to temperature 0\.\d: \+0\./);
        expect(basis.length).toBeGreaterThan(0);
      }
      expect(lines.some(({ level, message }) => level === "info" && message.includes("applied"))).toBe(true);
    }
    await using again = writer.create({}, { log, learning: { ...ON_DEMAND, store }, ...reproducible(1) });
    await again.ready();
    const results = [];
    for (let index = 0; index < 40; index++) results.push(await again.process({ genre: "rock" }));
    expect(valuesByContext(results)).toEqual({ "genre=rock": { temperature: 0.9 } });
  });

  test("changes nothing where adaptation is off: runs and feedback are recorded only", async () => {
    await using module = writer.create({ enableAdaptation: false }, { log, learning: ON_DEMAND });
    const { id } = await module.process({ genre: "rock" });
    expect(await module.processUserFeedback(id, 1)).toEqual({ recorded: "added", learning: "off" });
    const proposal = { parameter: "temperature", value: 0.9, confidence: 1, reason: "certain" };
    expect(await module.suggestAdaptation(proposal)).toMatchObject({ status: "suggested", applied: false });
    const done = await simulateFeedback(module, { ...scenario, rounds: 4 });
    expect(done.rounds.reduce((sum, { adapted }) => sum + adapted, 0)).toBe(0);
    const { operations } = await module.triggerLearningCycle();
    expect(operations).toMatchObject([{ operation: "write", outcome: "skipped" }]);
  });

  test("starts by itself when enough feedback waits", async () => {
    const { log: kept, lines } = memoryLog();
    await using module = writer.create({}, { log: kept, learning: { ...ON_DEMAND, feedbackPerCycle: 3 } });
    await module.ready();
    for (let index = 0; index < 3; index++) {
      const { id } = await module.process({ genre: "rock" });
      expect((await module.processUserFeedback(id, 4)).learning).toBe("scheduled");
    }
    const cycles = (): LogLine[] => lines.filter(({ message }) => message === "evidence");
    await expect.poll(() => cycles().length, { timeout: 25_000 }).toBeGreaterThan(0);
    expect(lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("starts so at most once a second, however much is said", async () => {
    const { log: kept, lines } = memoryLog();
    let time = Date.UTC(2026, 0, 1);
    const module = writer.create(
      {},
      { log: kept, learning: { ...ON_DEMAND, feedbackPerCycle: 1 }, now: () => (time += 0.1) },
    );
    await module.ready();
    const rate = async (): Promise<void> => {
      const { id } = await module.process({ genre: "rock" });
      await module.processUserFeedback(id, 4);
    };
    const cycles = (): number => lines.filter(({ message }) => message === "evidence").length;
    await rate();
    await expect.poll(cycles, { timeout: 20_000 }).toBe(1);
    for (let index = 0; index < 5; index++) await rate();
    time += 1_000;
    await rate();
    await expect.poll(cycles, { timeout: 20_000 }).toBeGreaterThan(1);
    await module.close();
    expect(cycles()).toBe(2);
  });

  test("that cannot open its store leaves the work alone, and says so where it is asked", async () => {
    const { log: kept, lines } = memoryLog();
    const store = join(import.meta.dirname, "index.ts", "no.db");
    await using module = writer.create({}, { log: kept, learning: { store } });
    await module.ready();
    const { id, data } = await module.process({ genre: "rock" });
    expect(data.temperature).toBe(0.7);
    await expect(module.processUserFeedback(id, 4)).rejects.toThrow(ModuleMetricsError);
    await expect(module.triggerLearningCycle()).rejects.toThrow(ModuleAdaptationError);
    expect(lines).toMatchObject([{ level: "error", message: expect.stringContaining("the store cannot be opened") }]);
  });

  test("that was closed leaves the work with its base values", async () => {
    const module = writer.create({}, { log });
    await module.close();
    await module.close();
    expect((await module.process({ genre: "rock" })).data.temperature).toBe(0.7);
    await expect(module.triggerLearningCycle()).rejects.toThrow("the module was closed");
  });
});

describe("an adaptation that somebody suggests", () => {
  const proposal = { parameter: "temperature", value: 0.9, reason: "it sounds better", evidence: ["f-1"] };

  test("is applied where its confidence reaches the threshold, in its context and below; else it waits", async () => {
    await using module = writer.create({}, { log, learning: ON_DEMAND });
    expect(await module.suggestAdaptation({ ...proposal, confidence: 0.69 })).toMatchObject({
      status: "suggested",
      applied: false,
    });
    expect((await module.process({ genre: "rock" })).adaptationApplied).toBe(false);
    const rock = { ...proposal, context: { genre: "rock" }, confidence: 0.7 };
    expect(await module.suggestAdaptation(rock)).toMatchObject({
      operation: "write",
      oldValue: 0.7,
      newValue: 0.9,
      reason: "it sounds better",
      basis: ["f-1"],
      status: "applied",
      applied: true,
    });
    const values = async (genre: string): Promise<unknown> => {
      const results = [];
      for (let index = 0; index < 40; index++) results.push(await module.process({ genre }));
      return Object.values(valuesByContext(results))[0];
    };
    expect(await values("rock")).toEqual({ temperature: 0.9 });
    expect(await values("calm")).toEqual({ temperature: 0.7 });
    const told = await module.adaptations();
    expect(told.map(({ status }) => status).sort()).toEqual(["applied", "suggested"]);
  });

  test.each([
    [{ parameter: "loudness" }, 'has no parameter "loudness"; it has temperature'],
    [{ value: 9 }, "temperature"],
    [{ confidence: 2 }, "the confidence is 2"],
    [{ reason: " " }, "say why"],
    [{ context: { mood: "calm" } }, 'has no context key "mood"; it has genre'],
    [{ operation: "sing" }, 'there is no operation "sing"'],
  ])("%o is refused", async (change, message) => {
    await using module = writer.create({}, { log, learning: ON_DEMAND });
    const asked = { ...proposal, confidence: 0.9, ...change };
    await expect(module.suggestAdaptation(asked)).rejects.toThrow(message);
    await expect(module.suggestAdaptation(asked)).rejects.toThrow(ModuleAdaptationError);
  });
});

test("stores of somebody's own are used in the place of the usual ones", async () => {
  const records: OperationRecord[] = [];
  const heard: unknown[] = [];
  await using module = writer.create(
    {},
    {
      log,
      metrics: {
        record: (record) => void records.push(record),
        summary: () => Promise.reject(new Error("no summaries here")),
        recent: () => Promise.resolve(records),
      },
      feedback: { add: (feedback) => Promise.resolve(heard.push(feedback) > 1 ? "known" : "added") },
      parameters: {
        parametersFor: () => ({ values: { temperature: 0.8 }, variant: "v-mine", revision: "1", source: "fresh" }),
        hear: (feedback) => void heard.push(feedback.score),
        learn: () => Promise.resolve({ operations: [], suggestions: [] }),
        suggest: () => Promise.reject(new Error("no")),
        adaptations: () => Promise.resolve([]),
      },
    },
  );
  const { id, data, variant } = await module.process({ genre: "rock" });
  expect([data.temperature, variant, module.learning]).toEqual([0.8, "v-mine", "injected"]);
  expect(records).toMatchObject([{ variant: "v-mine", adaptationApplied: true }]);
  await module.processUserFeedback(id, 5);
  expect(heard).toMatchObject([{ type: "user_rating", score: 1, variant: "v-mine", context: { genre: "rock" } }, 1]);
  await expect(module.getPerformanceMetrics()).rejects.toThrow("no summaries here");
});

test("what the environment says of a controller holds no longer than code says otherwise", async () => {
  vi.stubEnv("TRIMTAB_CONTROLLER_URL", "http://127.0.0.1:9");
  try {
    await using module = writer.create({}, { log, controller: false });
    expect(module.learning).toBe("process");
  } finally {
    vi.unstubAllEnvs();
  }
});

test("with adaptation off no store is asked for parameters", async () => {
  const parameters = {
    parametersFor: () => ({ values: { temperature: 0.9 }, variant: "v-mine", revision: "1", source: "fresh" }) as const,
    learn: () => Promise.resolve({ operations: [], suggestions: [] }),
    suggest: () => Promise.reject(new Error("no")),
    adaptations: () => Promise.resolve([]),
  };
  await using module = writer.create({ enableAdaptation: false }, { log, parameters });
  expect((await module.process({ genre: "rock" })).data.temperature).toBe(0.7);
});
