/** Runs environments with learners, in this thread or in several; each worker thread loads this file, too. */
import { availableParallelism } from "node:os";
import { performance } from "node:perf_hooks";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { type EnvironmentTrace, runEnvironment } from "../run-environment.ts";
import { type EnvironmentSource, environmentFrom } from "./find-environments.ts";
import { findLearner } from "./find-learner.ts";
import type { LearnerChoice } from "./simulate-call.ts";

/** One run, as it can be handed to another thread. */
export interface Task {
  readonly source: EnvironmentSource;
  readonly environment: string;
  readonly learner: LearnerChoice;
  readonly seed: number;
}

/** How tasks are run. */
export interface TaskOptions {
  /** By default as long as each environment says. */
  readonly cycles?: number;
  /** Threads; by default two where it helps. */
  readonly workers?: number;
  /** Are decisions timed? Times differ from run to run. */
  readonly isTimed: boolean;
  /** Told after each run. */
  readonly onDone: (task: Task) => void;
}

/** Runs the tasks; the traces stand in their order, whoever ran them. */
export async function runTasks(tasks: readonly Task[], options: TaskOptions): Promise<EnvironmentTrace[]> {
  const usual = tasks.length > 3 ? Math.min(2, availableParallelism()) : 1;
  const workers = Math.min(options.workers ?? usual, tasks.length);
  if (workers > 1) return runInWorkers(tasks, options, workers);
  const traces: EnvironmentTrace[] = [];
  for (const task of tasks) {
    traces.push(await runTask(task, options));
    options.onDone(task);
  }
  return traces;
}

async function runTask(
  { source, learner, seed }: Task,
  { cycles, isTimed }: Pick<TaskOptions, "cycles" | "isTimed">,
): Promise<EnvironmentTrace> {
  const environment = await environmentFrom(source);
  const create = (await findLearner(learner))(environment);
  try {
    return runEnvironment(environment, create, seed, cycles, isTimed ? { clock: () => performance.now() } : {});
  } catch (error) {
    // a module of somebody's own says "x is undefined", and nothing about which of a hundred runs that was
    const problem = error instanceof Error ? error.message : String(error);
    throw new Error(`${environment.name}, seed ${seed}: ${problem}`, { cause: error });
  }
}

const WORKER_MARK = "trimtab-simulate";

interface Answer {
  readonly trace?: EnvironmentTrace;
  readonly problem?: string;
}

/** Each worker takes the next task when it is free. */
async function runInWorkers(
  tasks: readonly Task[],
  { cycles, isTimed, onDone }: TaskOptions,
  count: number,
): Promise<EnvironmentTrace[]> {
  const traces: EnvironmentTrace[] = [];
  let next = 0;
  const given = { mark: WORKER_MARK, isTimed, ...(cycles === undefined ? {} : { cycles }) };
  const workers = Array.from({ length: count }, () => new Worker(new URL(import.meta.url), { workerData: given }));
  const runOn = (worker: Worker): Promise<void> =>
    new Promise((done, fail) => {
      let position = -1;
      const give = (): void => {
        position = next++;
        const task = tasks[position];
        if (task === undefined) done();
        else worker.postMessage(task);
      };
      worker.on("error", fail);
      worker.on("message", ({ trace, problem }: Answer) => {
        const task = tasks[position];
        if (trace === undefined || task === undefined) fail(new Error(problem ?? "A worker gave no answer."));
        else {
          traces[position] = trace;
          onDone(task);
          give();
        }
      });
      give();
    });
  try {
    await Promise.all(workers.map(runOn));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return traces;
}

const started = workerData as (Pick<TaskOptions, "cycles" | "isTimed"> & { readonly mark?: string }) | null;
if (!isMainThread && parentPort !== null && started?.mark === WORKER_MARK) {
  const port = parentPort;
  port.on("message", (task: Task) => {
    runTask(task, started).then(
      (trace) => port.postMessage({ trace } satisfies Answer),
      (error: unknown) =>
        port.postMessage({ problem: error instanceof Error ? error.message : String(error) } satisfies Answer),
    );
  });
}
