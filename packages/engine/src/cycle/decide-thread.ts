/**
 * Decisions of large operations in a thread of their own, so that requests are answered while one is thought over.
 *
 * A context takes about a millisecond where a window closes in it; up to `contextsInPlace` contexts a decision is made in place, because
 * a copy of what it needs would cost more than the wait. The same function decides on both sides, so the outcome is the same.
 */
import { Worker } from "node:worker_threads";
import {
  type DecideInput,
  type DecideOutput,
  decide,
  type Evidence,
  type StrategyDefinitions,
} from "@trimtab/learning";

/** Strategies of one's own: here, and where another thread loads them from. */
export interface ThreadStrategies {
  readonly definitions: StrategyDefinitions;
  readonly urls: Readonly<Record<string, string>>;
}

/** What may differ from the usual. */
export interface DecideThreadOptions {
  readonly strategies?: ThreadStrategies;
  /** Up to so many contexts a decision is made in place. Default 40: about 50 ms. */
  readonly contextsInPlace?: number;
}

/** Decides in place or in the thread. */
export interface DecideThread {
  /** @throws What `decide` throws; an Error where the thread ended before it answered. */
  decide(input: DecideInput): Promise<DecideOutput>;
  /** Ends the thread; what it was deciding is rejected. */
  close(): Promise<void>;
}

const CONTEXTS_IN_PLACE = 40;

type Answer = { readonly id: number } & ({ readonly output: DecideOutput } | { readonly problem: string });

/** The thread itself is started when it is first needed, and again after it has ended. */
export function createDecideThread({
  strategies,
  contextsInPlace = CONTEXTS_IN_PLACE,
}: DecideThreadOptions = {}): DecideThread {
  const waiting = new Map<number, PromiseWithResolvers<DecideOutput>>();
  let worker: Worker | undefined;
  let asked = 0;

  const start = (): Worker => {
    const isSource = import.meta.url.endsWith(".ts");
    const started = new Worker(new URL(isSource ? "./decide-worker.ts" : "./decide-worker.js", import.meta.url), {
      workerData: { strategyUrls: strategies?.urls ?? {} },
      ...(isSource ? { execArgv: ["--conditions=source", "--disable-warning=ExperimentalWarning"] } : {}),
    });
    started.unref(); // a decision that is being made does not keep the process alive
    started.on("message", (answer: Answer) => {
      const question = waiting.get(answer.id);
      waiting.delete(answer.id);
      if ("output" in answer) question?.resolve(answer.output);
      else question?.reject(new Error(answer.problem));
    });
    const onEnd = (reason: string): void => {
      if (worker === started) worker = undefined;
      for (const question of waiting.values()) question.reject(new Error(`the thread that decides ended: ${reason}`));
      waiting.clear();
    };
    started.on("error", (error) => onEnd(error.message));
    started.on("exit", (code) => onEnd(`exit code ${code}`));
    return started;
  };

  return {
    async decide(input) {
      if (contextsOf(input.evidence) <= contextsInPlace) {
        return decide(strategies === undefined ? input : { ...input, strategies: strategies.definitions });
      }
      worker ??= start();
      asked += 1;
      const question = Promise.withResolvers<DecideOutput>();
      waiting.set(asked, question);
      worker.postMessage({ id: asked, input });
      return question.promise;
    },
    async close() {
      await worker?.terminate();
      worker = undefined;
    },
  };
}

/** How many contexts have cells. */
function contextsOf({ cells }: Evidence): number {
  if (cells.kind !== "value") return 0;
  return new Set(cells.value.map(({ context }) => JSON.stringify(context))).size;
}
