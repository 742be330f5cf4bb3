import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineModule } from "../define-module.ts";
import type { ModuleDependencies } from "../dependencies.ts";
import { defineModuleOperation } from "../module-operation.ts";
import { describeModule, type ModuleUnderTest } from "./describe-module.ts";

const writer = defineModule({
  name: "contract_writer",
  input: z.object({ genre: z.string() }),
  context: { genre: (input) => input.genre },
  parameters: { temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.1 } },
  process: (input, run) => `${input.genre} at ${run.parameters.temperature}`,
  quality: (data) => Math.min(1, data.length / 20),
});

describeModule(
  "a module of one operation",
  {
    make: (dependencies) => writer.create({}, dependencies),
    input: (index: number) => ({ genre: index % 2 === 0 ? "rock" : "calm" }),
    invalidInput: { genre: 7 },
  },
  { describe, test },
);

const stream = defineModuleOperation({
  input: z.string(),
  async *process(input) {
    yield* input;
    return input.length;
  },
});
const several = defineModule({ name: "contract_several", operations: { stream } });

describeModule(
  "a module that streams and has no parameters",
  { make: (dependencies) => several.create({}, dependencies), operation: "stream", input: "abc", invalidInput: 7 },
  { describe, test },
);

/** Runs the contract on a module that breaks it. @returns The names of the tests that failed. */
async function failuresOf(subject: ModuleUnderTest): Promise<string[]> {
  const tests: { name: string; body: () => Promise<void> }[] = [];
  describeModule("a broken module", subject, {
    describe: (_, declare) => declare(),
    test: (name, body) => tests.push({ name, body }),
  });
  const failed: string[] = [];
  for (const { name, body } of tests) {
    await body().catch(() => failed.push(name));
  }
  return failed;
}

describe("the contract catches", () => {
  const usual = { input: { genre: "rock" }, invalidInput: {} };

  test("a module that lets errors of parameters out", async () => {
    const make = (dependencies: ModuleDependencies) => {
      const module = writer.create({}, dependencies);
      const leaking = async (input: { genre: string }) => {
        dependencies.parameters?.parametersFor("process", {}, undefined);
        return module.process(input);
      };
      return { ...bound(module), operations: { process: { ...module.operations.process, process: leaking } } };
    };
    const failed = await failuresOf({ make: make as unknown as ModuleUnderTest["make"], ...usual });
    expect(failed).toEqual(["what goes wrong in metrics, parameters and learning never reaches the work"]);
  });

  test("a module whose feedback counts twice", async () => {
    const make = (dependencies: ModuleDependencies) => {
      const module = writer.create({}, dependencies);
      let key = 0;
      const twice = (id: string, rating: number, comments?: string) =>
        module.applyFeedback(id, {
          rating,
          key: String(key++),
          ...(comments === undefined ? {} : { comment: comments }),
        });
      return { ...bound(module), processUserFeedback: twice };
    };
    expect(await failuresOf({ make: make as ModuleUnderTest["make"], ...usual })).toEqual([
      "feedback about a result counts once; what is no feedback is refused",
    ]);
  });

  test("a module that takes any input", async () => {
    const open = defineModule({ name: "contract_open", input: z.unknown(), process: (input) => input });
    const failed = await failuresOf({ make: (dependencies) => open.create({}, dependencies), input: 1 });
    expect(failed).toEqual(["an input that does not fit is refused by name, and recorded as a failure"]);
  });
});

/** The methods of a module as functions, so that one of them can be another's. */
function bound(module: ReturnType<typeof writer.create>): Record<string, unknown> {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(module)).filter((name) => name !== "constructor");
  const methods = names.map((name) => {
    const method = (module as unknown as Record<string, (...given: unknown[]) => unknown>)[name];
    return [name, (...given: unknown[]) => method?.apply(module, given)] as const;
  });
  return { ...module, ...Object.fromEntries(methods) };
}
