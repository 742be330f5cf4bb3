/** The other side of `decide-thread.ts`: decides what it is sent, one message after the other. */
import { parentPort, workerData } from "node:worker_threads";
import { type DecideInput, decide, type StrategyDefinition, type StrategyDefinitions } from "@trimtab/learning";

/** What the thread is started with: where the strategies of one's own are loaded from, by id. */
const { strategyUrls } = workerData as { readonly strategyUrls: Readonly<Record<string, string>> };

async function loadStrategies(): Promise<StrategyDefinitions> {
  const entries = Object.entries(strategyUrls).map(async ([id, url]) => {
    const { default: definition } = (await import(url)) as { readonly default: StrategyDefinition };
    return [id, definition] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

const strategies = loadStrategies();

parentPort?.on("message", (message: { readonly id: number; readonly input: DecideInput }) => {
  void answer(message);
});

async function answer({ id, input }: { readonly id: number; readonly input: DecideInput }): Promise<void> {
  try {
    const own = await strategies;
    const output = decide(Object.keys(own).length === 0 ? input : { ...input, strategies: own });
    parentPort?.postMessage({ id, output });
  } catch (error) {
    parentPort?.postMessage({ id, problem: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}
