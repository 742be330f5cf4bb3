/** A real thread, a real HTTP server in this one, and the same decision as in place. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { variantId } from "@trimtab/conventions";
import { type DecideInput, decide, type OperationState } from "@trimtab/learning";
import { afterEach, expect, test } from "vitest";
import { samplePolicy } from "../stores/sample-cycles.ts";
import { createDecideThread, type DecideThread } from "./decide-thread.ts";
import { cellOf } from "./scripted-source.ts";

let thread: DecideThread | undefined;
afterEach(() => thread?.close());

function inputOf(contexts: number, cycle: number, state?: OperationState): DecideInput {
  const base = variantId({ temperature: 0.5 }, "baseline");
  const value = Array.from({ length: contexts }, (_, index) =>
    cellOf({ genre: `g${String(index).padStart(4, "0")}` }, base, { success: 80 + (index % 30), failure: 40 }),
  );
  const window = { from: 1_000 * cycle, to: 1_000 * (cycle + 1) };
  return {
    policy: samplePolicy({ strategy: { kind: "response-surface", options: {} } }),
    state,
    evidence: { window, queries: [], cells: { kind: "value", value } },
    now: window.to,
    seed: `thread ${cycle}`,
  };
}

test("cycle after cycle the thread decides what is decided in place, to the last character", {
  timeout: 60_000,
}, async () => {
  thread = createDecideThread({ contextsInPlace: 5 });
  let state: OperationState | undefined;
  let challengers = 0;
  for (let cycle = 0; cycle < 4; cycle++) {
    const input = inputOf(20, cycle, state);
    const there = await thread.decide(input);
    const here = decide(input);
    expect(JSON.stringify(there)).toBe(JSON.stringify(here));
    challengers += here.decision.allocations.filter(({ variants }) => variants.length > 1).length;
    ({ state } = here);
  }
  expect(challengers).toBeGreaterThan(0); // there was something to think over
});

test("requests are answered while a large decision is made", { timeout: 120_000 }, async () => {
  thread = createDecideThread();
  const server = createServer((_request, response) => response.end("here"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { state } = decide(inputOf(400, 0));
  let isDecided = false;
  const decided = thread.decide(inputOf(400, 1, state)).then((output) => {
    isDecided = true;
    return output;
  });
  // the thread alone needs longer to start than a request takes, so at least one is answered in between, or the loop was blocked
  let answered = 0;
  do {
    expect(await (await fetch(url)).text()).toBe("here");
    if (!isDecided) answered += 1;
  } while (!isDecided);
  expect(answered).toBeGreaterThan(0);
  expect((await decided).decision.contexts.length).toBe(401);
  await new Promise((resolve) => server.close(resolve));
});

test("a strategy of one's own is asked in the thread, however few contexts there are", {
  timeout: 60_000,
}, async () => {
  const code = `export default { id: "telling", options: {}, build: () => ({ propose: ({ contexts }) => ({
    contexts: Object.fromEntries(contexts.map(({ id }) => [id, { reason: { sentence: "told" } }])) }) }) };`;
  const url = `data:text/javascript,${encodeURIComponent(code)}`;
  const { default: definition } = (await import(/* @vite-ignore */ url)) as { default: never };
  thread = createDecideThread({
    strategies: { definitions: { telling: definition }, urls: { telling: url } },
  });
  const module = { path: "./telling.mjs", digest: "d" };
  for (const contexts of [2, 8]) {
    const input = {
      ...inputOf(contexts, 0),
      policy: samplePolicy({ strategy: { kind: "telling", options: {}, module } }),
    };
    const { decision } = await thread.decide(input);
    const told = decision.contexts.filter(({ reason }) => reason.sentence === "told");
    expect(told).toHaveLength(contexts);
  }
});

test("a thread that cannot answer is an error, and the next question starts another one", {
  timeout: 60_000,
}, async () => {
  thread = createDecideThread({ contextsInPlace: 1 });
  const broken = { ...inputOf(3, 0), policy: { ...samplePolicy(), parameters: null as never } };
  await expect(thread.decide(broken)).rejects.toThrow("TypeError");
  const refused = thread.decide(inputOf(3, 0)).catch((error: unknown) => error);
  await thread.close();
  expect(await refused).toMatchObject({ message: expect.stringContaining("the thread that decides ended") });
  expect((await thread.decide(inputOf(3, 0))).decision.contexts.length).toBe(4);
});

test("a strategy that never returns is given up with its thread; the others go on", { timeout: 60_000 }, async () => {
  const code = `export default { id: "endless", options: {}, build: () => ({ propose() { for (;;); } }) };`;
  const url = `data:text/javascript,${encodeURIComponent(code)}`;
  const { default: definition } = (await import(/* @vite-ignore */ url)) as { default: never };
  thread = createDecideThread({
    longestMilliseconds: 10_000, // what ends must end within it on a busy machine too, with the start of its thread
    contextsInPlace: 5,
    strategies: { definitions: { endless: definition }, urls: { endless: url } },
  });
  const module = { path: "./endless.mjs", digest: "d" };
  const endless = samplePolicy({ strategy: { kind: "endless", options: {}, module } });
  const given = thread.decide({ ...inputOf(1, 0), policy: endless }).catch((error: unknown) => error);
  expect((await thread.decide(inputOf(1, 0))).decision.contexts.length).toBe(2); // in place, meanwhile
  expect(await given).toMatchObject({ message: expect.stringContaining("took longer than 10 s") });
  expect((await thread.decide(inputOf(8, 0))).decision.contexts.length).toBe(9); // in the next thread
});
