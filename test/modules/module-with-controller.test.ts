/** The same module with a real controller: its parameters, feedback and numbers come and go over HTTP, and the work needs none of it. */

import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { metricsText, shutdown } from "../../packages/instrumentation/src/index.ts";
import { defineModule, ModuleAdaptationError, type ModuleLog } from "../../packages/module-kit/src/index.ts";
import { cleanUp, freePort, type RunningProcess, startNode, temporaryFolder, until } from "../end-to-end/processes.ts";

const log: ModuleLog = { debug() {}, info() {}, warning() {}, error() {} };
const BEST: Readonly<Record<string, number>> = { rock: 0.9, calm: 0.5 };
const writer = defineModule({
  name: "remote_writer",
  input: z.object({ genre: z.string(), fails: z.boolean().optional() }),
  context: { genre: (input) => input.genre },
  parameters: { temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.1 } },
  process(input, run) {
    if (input.fails === true) throw new RangeError("no such chord");
    return run.parameters.temperature;
  },
  quality: (temperature, { input }) => 1 - Math.round(10 * Math.abs((BEST[input.genre] ?? 0.7) - temperature)) / 10,
});

const CONFIGURATION = (listen: number, page: number): string => `
controller: { listen: "127.0.0.1:${listen}", interval: 1s, store: { kind: sqlite, path: ":memory:" } }
metrics: { source: embedded, scrape: ["http://127.0.0.1:${page}/metrics"], scrapeInterval: 1s }
components:
  remote_writer:
    operations:
      process:
        context: [genre]
        parameters: { temperature: { type: number, base: 0.7, min: 0.5, max: 0.9, step: 0.1 } }
        objective: { quality: 0.7, success: 0.3 }
        mode: auto
`;

let page: Server;
let controller: RunningProcess;
let url: string;

beforeAll(async () => {
  const [listen, metrics] = await Promise.all([freePort(), freePort()]);
  page = createServer((_, response) =>
    response.setHeader("content-type", "text/plain; version=0.0.4").end(metricsText()),
  );
  await new Promise<void>((resolve) => page.listen(metrics, "127.0.0.1", resolve));
  const file = join(temporaryFolder(), "trimtab.yaml");
  writeFileSync(file, CONFIGURATION(listen, metrics));
  url = `http://127.0.0.1:${listen}`;
  controller = startNode("trimtab serve", ["packages/controller/src/cli/cli.ts", "serve", "--config", file]);
  await until("the controller", async () => (await fetch(`${url}/readyz`)).ok, { watching: [controller], seconds: 60 });
});

afterAll(async () => {
  await shutdown();
  page.closeAllConnections();
  page.close();
  await cleanUp();
});

test("a controller learns for a module by one option; without it the work goes on with what was learnt", async () => {
  const module = writer.create({}, { controller: { url }, log });
  expect(module.learning).toBe("controller");
  const run = async (genre: string): Promise<{ readonly id: string; readonly temperature: number }> => {
    const { id, data } = await module.process({ genre });
    return { id, temperature: data };
  };

  // Every run is measured by its page alone; what is learnt comes back with the document.
  let rounds = 0;
  await until(
    "values that were learnt",
    async () => {
      rounds += 1;
      const temperatures: number[] = [];
      for (let call = 0; call < 40; call++) temperatures.push((await run("rock")).temperature);
      return temperatures.filter((temperature) => temperature > 0.75).length > 30;
    },
    { watching: [controller], seconds: 120 },
  );
  const [adaptation] = await module.adaptations();
  expect(adaptation).toMatchObject({
    context: { genre: "rock" },
    parameter: "temperature",
    status: "applied",
    applied: true,
  });

  await expect(module.process({ genre: "rock", fails: true })).rejects.toThrow("no such chord");
  const { id } = await run("rock");
  expect(await module.processUserFeedback(id, 4, "catchy")).toEqual({ recorded: "added", learning: "elsewhere" });
  expect((await module.processUserFeedback(id, 4, "catchy")).recorded).toBe("known");
  const kept = await until("the feedback at the controller", async () => {
    const { feedback } = (await (await fetch(`${url}/v1/feedback?component=remote_writer`)).json()) as {
      feedback: readonly { readonly score: number; readonly context: object; readonly comment: string }[];
    };
    return feedback.length > 0 && feedback;
  });
  expect(kept).toMatchObject([{ score: 0.8, context: { genre: "rock" }, comment: "catchy" }]);

  const cycle = await module.triggerLearningCycle();
  expect(cycle.operations).toMatchObject([{ operation: "process" }]);
  expect(await module.getPerformanceMetrics("1h")).toMatchObject({ source: "controller" });
  expect((await module.recentOperations({}, 5)).map(({ outcome }) => outcome)).toEqual([
    "success",
    "failure",
    "success",
    "success",
    "success",
  ]);

  const proposal = { context: { genre: "calm" }, parameter: "temperature", value: 0.5, reason: "quieter" };
  expect(await module.suggestAdaptation({ ...proposal, confidence: 0.5 })).toMatchObject({
    status: "sent",
    applied: false,
  });
  expect(await module.suggestAdaptation({ ...proposal, confidence: 0.9 })).toMatchObject({
    status: "applied",
    applied: true,
  });
  await until("the override in the module", async () => {
    const temperatures: number[] = [];
    for (let call = 0; call < 40; call++) temperatures.push((await run("calm")).temperature);
    return temperatures.filter((temperature) => temperature === 0.5).length > 30;
  });

  await controller.end("SIGKILL");
  const temperatures: number[] = [];
  for (let call = 0; call < 40; call++) temperatures.push((await run("calm")).temperature);
  expect(temperatures.filter((temperature) => temperature === 0.5).length).toBeGreaterThan(30);
  await expect(module.triggerLearningCycle()).rejects.toThrow(ModuleAdaptationError);
  expect((await module.getPerformanceMetrics("1h")).source).toBe("process");
  expect((await module.processUserFeedback((await run("calm")).id, 3)).recorded).toBe("added"); // it waits for the controller
  await module.close();
  expect(() => writer.create({}, { controller: { url: "http://127.0.0.1:9" }, log })).toThrow(
    "a process has one controller",
  );
  expect(rounds).toBeGreaterThan(1);
});
