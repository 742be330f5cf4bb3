/**
 * Decisions of large operations in a thread of their own, so that requests are answered while one is thought over.
 *
 * A context takes about a millisecond where a window closes in it; up to `contextsInPlace` contexts a decision is made in place, because
 * a copy of what it needs would cost more than the wait. The same function decides on both sides, so the outcome is the same.
 *
 * A strategy of somebody's own is always asked in the thread: code that never returns can be ended there, and nowhere else.
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
  /** A decision that takes longer in the thread is given up, and the thread ended. Default 30,000. */
  readonly longestMilliseconds?: number;
}

/** Decides in place or in the thread. */
export interface DecideThread {
  /** @throws What `decide` throws; an Error where the thread ended, or was ended, before it answered. */
  decide(input: DecideInput): Promise<DecideOutput>;
  /** Ends the thread; what it was deciding is rejected. */
  close(): Promise<void>;
}

const CONTEXTS_IN_PLACE = 40;
const LONGEST_MILLISECONDS = 30_000;

type Answer = { readonly id: number } & ({ readonly output: DecideOutput } | { readonly problem: string });

/** The thread itself is started when it is first needed, and again after it has ended. */
export function createDecideThread({
  strategies,
  contextsInPlace = CONTEXTS_IN_PLACE,
  longestMilliseconds = LONGEST_MILLISECONDS,
}: DecideThreadOptions = {}): DecideThread {
  let running: RunningThread | undefined;
  const start = (): RunningThread => {
    const started = startThread(strategies?.urls ?? {}, longestMilliseconds, () => {
      if (running === started) running = undefined;
    });
    return started;
  };
  return {
    async decide(input) {
      if (!asksOwnCode(input.policy) && contextsOf(input.evidence) <= contextsInPlace) {
        return decide(strategies === undefined ? input : { ...input, strategies: strategies.definitions });
      }
      running ??= start();
      return running.ask(input);
    },
    async close() {
      await running?.end();
    },
  };
}

interface RunningThread {
  ask(input: DecideInput): Promise<DecideOutput>;
  end(): Promise<unknown>;
}

/** @param onEnd Called once no question should be asked of it any more. */
function startThread(
  strategyUrls: Readonly<Record<string, string>>,
  longestMilliseconds: number,
  onEnd: () => void,
): RunningThread {
  const isSource = import.meta.url.endsWith(".ts");
  const worker = new Worker(new URL(isSource ? "./decide-worker.ts" : "./decide-worker.js", import.meta.url), {
    workerData: { strategyUrls },
    ...(isSource ? { execArgv: ["--conditions=source", "--disable-warning=ExperimentalWarning"] } : {}),
  });
  worker.unref(); // a decision that is being made does not keep the process alive
  const waiting = new Map<number, PromiseWithResolvers<DecideOutput>>();
  let asked = 0;
  let timer: NodeJS.Timeout | undefined;

  const giveUp = (problem: string): void => {
    onEnd();
    clearTimeout(timer);
    for (const question of waiting.values()) question.reject(new Error(problem));
    waiting.clear();
  };
  /** One question is answered after the other, so the clock runs for the oldest that waits. */
  const watch = (): void => {
    clearTimeout(timer);
    if (waiting.size === 0) return;
    timer = setTimeout(() => {
      const seconds = longestMilliseconds / 1_000;
      giveUp(`the decision took longer than ${seconds} s and was given up; does a strategy of your own never return?`);
      void worker.terminate();
    }, longestMilliseconds);
    timer.unref();
  };
  worker.on("message", (answer: Answer) => {
    const question = waiting.get(answer.id);
    waiting.delete(answer.id);
    watch();
    if ("output" in answer) question?.resolve(answer.output);
    else question?.reject(new Error(answer.problem));
  });
  worker.on("error", (error) => giveUp(`the thread that decides ended: ${error.message}`));
  worker.on("exit", (code) => giveUp(`the thread that decides ended: exit code ${code}`));
  return {
    ask(input) {
      asked += 1;
      const question = Promise.withResolvers<DecideOutput>();
      waiting.set(asked, question);
      if (waiting.size === 1) watch();
      worker.postMessage({ id: asked, input });
      return question.promise;
    },
    end: () => worker.terminate(),
  };
}

function asksOwnCode({ strategy, experiment }: DecideInput["policy"]): boolean {
  return strategy.module !== undefined || experiment?.treatment.module !== undefined;
}

/** How many contexts have cells. */
function contextsOf({ cells }: Evidence): number {
  if (cells.kind !== "value") return 0;
  return new Set(cells.value.map(({ context }) => JSON.stringify(context))).size;
}
