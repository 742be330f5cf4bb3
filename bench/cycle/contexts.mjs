// The decision of an operation with very many contexts, in its own thread, beside the loop that serves: how long it takes, and the longest
// time in which the loop answered nothing.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { variantId } from "../../packages/conventions/src/index.ts";
import { createDecideThread } from "../../packages/engine/src/index.ts";
import { samplePolicy } from "../../packages/engine/src/stores/sample-cycles.ts";

const BASE = variantId({ temperature: 0.5 }, "baseline");
const INTERVAL = 30_000;

export async function measureContexts() {
  console.log("contexts  cycle  decide s  longest block ms  idle ms  state MB  heap MB");
  for (const contexts of [100, 1_000, 10_000, 50_000]) {
    const thread = createDecideThread({ longestMilliseconds: 600_000 });
    const policy = samplePolicy({ context: ["tenant"], strategy: { kind: "response-surface", options: {} } });
    /** @type {import("../../packages/learning/src/index.ts").OperationState | undefined} */
    let state;
    try {
      for (let cycle = 1; cycle <= 3; cycle++) {
        const idle = await longestBlock(() => delay(500));
        const evidence = evidenceOf(contexts, cycle);
        const now = evidence.window.to;
        const startedAt = performance.now();
        const input = { policy, state, evidence, now, seed: `cycle-${cycle}` };
        const block = await longestBlock(async () => {
          ({ state } = await thread.decide(input));
        });
        const seconds = (performance.now() - startedAt) / 1000;
        const stateMegabytes = JSON.stringify(state).length / 2 ** 20;
        const heap = process.memoryUsage().heapUsed / 2 ** 20;
        console.log(
          [
            String(contexts).padEnd(9),
            String(cycle).padEnd(6),
            seconds.toFixed(2).padEnd(9),
            block.toFixed(0).padEnd(17),
            idle.toFixed(0).padEnd(8),
            stateMegabytes.toFixed(1).padEnd(9),
            heap.toFixed(0),
          ].join(" "),
        );
      }
    } catch (error) {
      console.log(`${contexts} contexts: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await thread.close();
    }
  }
}

/**
 * The longest time, in milliseconds, in which this loop did nothing else.
 *
 * @param {() => Promise<void>} work
 */
async function longestBlock(work) {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  await work();
  await delay(5); // a block that ends with the work is seen only after it
  delays.disable();
  return delays.max / 1e6;
}

/**
 * A window with a hundred calls of the base values in each context.
 *
 * @param {number} contexts
 * @param {number} cycle
 * @returns {import("../../packages/learning/src/index.ts").Evidence}
 */
function evidenceOf(contexts, cycle) {
  /** @type {import("../../packages/learning/src/index.ts").EvidenceCell[]} */
  const cells = Array.from({ length: contexts }, (_, index) => ({
    context: { tenant: `tenant-${index}` },
    variant: BASE,
    reading: { kind: "value", value: { success: 90, failure: 10, partial: 0 } },
  }));
  const to = Date.UTC(2026, 10, 20) + cycle * INTERVAL;
  return { window: { from: to - INTERVAL, to }, queries: [], cells: { kind: "value", value: cells } };
}
