/**
 * `trimtab simulate`: learners in simulated services, and the score board. The only file here that touches the machine; each worker
 * thread runs it too.
 */
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { argv, exit, stderr, stdout } from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { createLearner } from "@trimtab/learning";
import { BUILT_IN_ENVIRONMENTS } from "./built-in-environments.ts";
import { type Environment, environmentProblem } from "./environment.ts";
import { scoreBoardOf } from "./judge/score-board.ts";
import { curvesOf, sparkline } from "./report/curves.ts";
import { plotSvg } from "./report/plot.ts";
import { scoreBoardText } from "./report/score-board-text.ts";
import { type CreateLearner, type EnvironmentTrace, runEnvironment } from "./run-environment.ts";
import {
  planOf,
  SIMULATE_OPTIONS,
  type SimulateOption,
  type SimulatePlan,
  SimulateUsageError,
} from "./simulate-call.ts";

/** The outside of the command. Both take a text without its line break. */
export interface SimulateTerminal {
  /** Standard output. */
  readonly print: (text: string) => void;
  /** Standard error. */
  readonly complain: (text: string) => void;
}

/** What the command was called with. */
export interface SimulateCall {
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  /** Names of built-in environments, `all`, or files. */
  readonly positionals: readonly string[];
}

/** The command, in the shape of a command of the command-line tool. */
export const simulateCommand: {
  readonly name: string;
  readonly summary: string;
  readonly details: string;
  readonly argument: string;
  readonly options: Readonly<Record<string, SimulateOption>>;
  readonly positionals: { readonly min: number; readonly max: number };
  readonly run: (call: SimulateCall, terminal: SimulateTerminal) => Promise<number>;
} = {
  name: "simulate",
  summary: "lets a strategy learn in simulated services and scores it against what is true",
  details:
    "An environment is a built-in one (--list), all of them (all), or a module file of your own: docs/simulator.md tells its shape. " +
    "Exit code 1 where a run fails or --require is not reached, 2 where the call is wrong.",
  argument: "<environment.mjs | name | all> …",
  options: SIMULATE_OPTIONS,
  positionals: { min: 0, max: 100 },
  run: runSimulate,
};

const EXIT = { ok: 0, failed: 1, misused: 2 } as const;

/** Runs the command; resolves with the exit code and never rejects. */
export async function runSimulate({ options, positionals }: SimulateCall, terminal: SimulateTerminal): Promise<number> {
  if (options["list"] === true) {
    const width = Math.max(...BUILT_IN_ENVIRONMENTS.map(({ name }) => name.length));
    for (const { name, summary = "" } of BUILT_IN_ENVIRONMENTS) terminal.print(`${name.padEnd(width)}  ${summary}`);
    return EXIT.ok;
  }
  try {
    const plan = planOf(options);
    return await simulateAll(plan, positionals, terminal);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    terminal.complain(error instanceof SimulateUsageError ? `${text}\n"simulate --help" tells more.` : text);
    return error instanceof SimulateUsageError ? EXIT.misused : EXIT.failed;
  }
}

async function simulateAll(plan: SimulatePlan, names: readonly string[], terminal: SimulateTerminal): Promise<number> {
  const create = await learnerOf(plan);
  const found = await environmentsOf(names);
  const able = found.filter(({ environment }) => canLearn(environment, create, terminal));
  if (able.length === 0) throw new SimulateUsageError("There is no environment to run.");
  const tasks = able.flatMap((each) => plan.seeds.map((seed) => ({ ...each, seed })));
  const progress = progressOn(terminal, tasks.length);
  const traces = await runTasks(tasks, plan, progress.tell);
  progress.end();
  const board = scoreBoardOf(traces);
  const curves = able.map(({ environment: { name } }) => curvesOf(traces.filter((each) => each.environment === name)));
  if (plan.plotFile !== undefined) {
    const by = plan.learnerFile ?? plan.strategy.kind;
    writeFileSync(plan.plotFile, plotSvg(curves, `Utility per call and cycle: ${by}, ${plan.seeds.length} seeds`));
  }
  if (plan.isJson) {
    const { strategy, seeds, learnerFile = null } = plan;
    terminal.print(JSON.stringify({ strategy, learner: learnerFile, seeds, ...board }, null, 2));
  } else {
    terminal.print(scoreBoardText(board, new Map(curves.map((each) => [each.environment, sparkline(each, 24)]))));
  }
  const { required } = plan;
  const isReached = board.targets.every(
    ({ verdict }) => verdict === "good" || (verdict === "must" && required === "must"),
  );
  return required === undefined || isReached ? EXIT.ok : EXIT.failed;
}

/** An environment and how a worker finds it again. */
interface FoundEnvironment {
  readonly environment: Environment;
  readonly argument: string;
  readonly index: number;
}

interface Task extends FoundEnvironment {
  readonly seed: number;
}

async function environmentsOf(names: readonly string[]): Promise<FoundEnvironment[]> {
  if (names.length === 0) throw new SimulateUsageError("Name an environment, a file, or all.");
  const found: FoundEnvironment[] = [];
  for (const argument of names) {
    const environments = await loadEnvironments(argument);
    environments.forEach((environment, index) => {
      if (found.some((other) => other.environment.name === environment.name))
        throw new SimulateUsageError(`The environment "${environment.name}" is named twice.`);
      found.push({ environment, argument, index });
    });
  }
  return found;
}

async function loadEnvironments(argument: string): Promise<readonly Environment[]> {
  if (argument === "all") return BUILT_IN_ENVIRONMENTS;
  const builtIn = BUILT_IN_ENVIRONMENTS.find(({ name }) => name === argument);
  if (builtIn !== undefined) return [builtIn];
  if (!/[./\\]/.test(argument)) {
    const names = BUILT_IN_ENVIRONMENTS.map(({ name }) => name).join(", ");
    throw new SimulateUsageError(`There is no environment "${argument}"; write a file, all, or one of ${names}`);
  }
  const module = await importFile(argument);
  const exported = module["environments"] ?? module["environment"] ?? module["default"];
  const list: readonly unknown[] = Array.isArray(exported) ? exported : [exported];
  for (const each of list) {
    const problem = environmentProblem(each);
    if (problem !== undefined)
      throw new SimulateUsageError(
        `${argument} exports no environment (as default, environment or environments): ${problem}`,
      );
  }
  return list as readonly Environment[];
}

async function learnerOf({ learnerFile, strategy }: SimulatePlan): Promise<CreateLearner> {
  if (learnerFile === undefined) return (specification, seed) => createLearner({ ...specification, strategy }, seed);
  const module = await importFile(learnerFile);
  const create = module["createLearner"] ?? module["default"];
  if (typeof create !== "function")
    throw new SimulateUsageError(`${learnerFile} exports no function createLearner(specification, seed)`);
  return create as CreateLearner;
}

async function importFile(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new SimulateUsageError(`${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A rule that moves one parameter has nothing to do where there is no such parameter: left out, and said. */
function canLearn({ name, specification }: Environment, create: CreateLearner, terminal: SimulateTerminal): boolean {
  try {
    const learner = create(specification, 0) as { readonly ignored?: readonly string[] };
    for (const each of learner.ignored ?? []) terminal.complain(`${name}: the learner leaves out ${each}.`);
    return true;
  } catch (error) {
    terminal.complain(`${name} is left out: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

type Tell = (task: Task) => void;

async function runTasks(tasks: readonly Task[], plan: SimulatePlan, tell: Tell): Promise<EnvironmentTrace[]> {
  const workers = Math.min(plan.workers ?? (tasks.length > 3 ? Math.min(2, availableParallelism()) : 1), tasks.length);
  if (workers > 1) return runInWorkers(tasks, plan, workers, tell);
  const traces: EnvironmentTrace[] = [];
  for (const task of tasks) {
    traces.push(await runTask(task, plan));
    tell(task);
  }
  return traces;
}

async function runTask(
  { argument, index, seed }: Omit<Task, "environment">,
  plan: SimulatePlan,
): Promise<EnvironmentTrace> {
  const environment = (await loadEnvironments(argument))[index];
  if (environment === undefined) throw new Error(`${argument} has no environment ${index}`);
  // times differ from run to run, so that JSON has none
  const options = plan.isJson ? {} : { clock: () => performance.now() };
  return runEnvironment(environment, await learnerOf(plan), seed, plan.cycles, options);
}

const WORKER_MARK = "trimtab-simulate";

/** The tasks in the order of the list, each worker taking the next one when it is free. */
async function runInWorkers(
  tasks: readonly Task[],
  plan: SimulatePlan,
  count: number,
  tell: Tell,
): Promise<EnvironmentTrace[]> {
  const traces: EnvironmentTrace[] = [];
  let next = 0;
  const workers = Array.from(
    { length: count },
    () => new Worker(new URL(import.meta.url), { workerData: { mark: WORKER_MARK, plan } }),
  );
  const runOn = (worker: Worker): Promise<void> =>
    new Promise((done, fail) => {
      let position = -1;
      const give = (): void => {
        position = next++;
        const task = tasks[position];
        if (task === undefined) done();
        else worker.postMessage({ argument: task.argument, index: task.index, seed: task.seed });
      };
      worker.on("error", fail);
      worker.on("message", (answer: { readonly trace?: EnvironmentTrace; readonly problem?: string }) => {
        const task = tasks[position];
        if (answer.trace === undefined || task === undefined)
          fail(new Error(answer.problem ?? "A worker gave no answer."));
        else {
          traces[position] = answer.trace;
          tell(task);
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

/** In a terminal one line that is drawn anew; elsewhere a line per finished environment. */
function progressOn(terminal: SimulateTerminal, total: number): { readonly tell: Tell; readonly end: () => void } {
  let done = 0;
  const byEnvironment = new Map<string, number>();
  const started = performance.now();
  const seconds = (): string => `${((performance.now() - started) / 1000).toFixed(0)} s`;
  return {
    tell({ environment: { name }, seed }) {
      done += 1;
      byEnvironment.set(name, (byEnvironment.get(name) ?? 0) + 1);
      if (stderr.isTTY) stderr.write(`\r\u001B[2K${done} of ${total} runs, ${seconds()}: ${name}, seed ${seed}`);
    },
    end() {
      if (stderr.isTTY) stderr.write("\r\u001B[2K");
      terminal.complain(
        `${done === 1 ? "1 run" : `${done} runs`}, ${byEnvironment.size === 1 ? "1 environment" : `${byEnvironment.size} environments`}, ${seconds()}`,
      );
    },
  };
}

/** A worker's side: takes a task, gives its trace back. */
function serveTasks(port: NonNullable<typeof parentPort>, plan: SimulatePlan): void {
  port.on("message", (task: Omit<Task, "environment">) => {
    runTask(task, plan).then(
      (trace) => port.postMessage({ trace }),
      (error: unknown) => port.postMessage({ problem: error instanceof Error ? error.message : String(error) }),
    );
  });
}

/** The command by itself, without the command-line tool around it. */
async function main(words: readonly string[]): Promise<number> {
  const terminal: SimulateTerminal = {
    print: (text) => stdout.write(`${text}\n`),
    complain: (text) => stderr.write(`${text}\n`),
  };
  const options: Readonly<Record<string, SimulateOption>> = {
    ...SIMULATE_OPTIONS,
    help: { type: "boolean", description: "tells this" },
  };
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options: Object.fromEntries(Object.entries(options).map(([name, { type }]) => [name, { type }])),
      allowPositionals: true,
    });
    if (values["help"] === true) {
      const { summary, argument, details } = simulateCommand;
      terminal.print(`simulate ${argument} [options]\n${summary}\n`);
      for (const [name, { value = "", description }] of Object.entries(options))
        terminal.print(`  ${`--${name} ${value}`.padEnd(24)} ${description}`);
      terminal.print(`\n${details}`);
      return EXIT.ok;
    }
    return await runSimulate({ options: values as SimulateCall["options"], positionals }, terminal);
  } catch (error) {
    terminal.complain(error instanceof Error ? error.message : String(error));
    return EXIT.misused;
  }
}

const given = workerData as { readonly mark?: string; readonly plan?: SimulatePlan } | null;
if (!isMainThread && parentPort !== null && given?.mark === WORKER_MARK && given.plan !== undefined)
  serveTasks(parentPort, given.plan);
else if (isMainThread && argv[1] === fileURLToPath(import.meta.url)) exit(await main(argv.slice(2)));
