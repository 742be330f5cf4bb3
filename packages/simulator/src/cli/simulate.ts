/** Learners in environments, and the score board. */
import { writeFileSync } from "node:fs";
import { BUILT_IN_ENVIRONMENTS } from "../built-in-environments.ts";
import type { Environment } from "../environment.ts";
import { type ScoreBoard, scoreBoardOf } from "../judge/score-board.ts";
import { comparisonText } from "../report/comparison-text.ts";
import { type Curves, curvesOf, sparkline } from "../report/curves.ts";
import { plotSvg } from "../report/plot.ts";
import { scoreBoardText } from "../report/score-board-text.ts";
import { terminalPlot } from "../report/terminal-plot.ts";
import type { CreateLearner, EnvironmentTrace } from "../run-environment.ts";
import { type FoundEnvironment, findEnvironments } from "./find-environments.ts";
import { findLearner, nameOfLearner } from "./find-learner.ts";
import { progressOn } from "./progress.ts";
import { runTasks, type Task } from "./run-tasks.ts";
import { type LearnerChoice, planOf, type SimulateOptions, type SimulatePlan } from "./simulate-call.ts";
import { SimulateUsageError } from "./usage-error.ts";

/** The outside of the command. Both take a text without its line break. */
export interface SimulateTerminal {
  /** Standard output. */
  readonly print: (text: string) => void;
  /** Standard error. */
  readonly complain: (text: string) => void;
}

/** What the command was called with. */
export interface SimulateCall {
  readonly options: SimulateOptions;
  /** Names of built-in environments, `all`, or files. */
  readonly positionals: readonly string[];
}

/** Done; a run failed or a target was missed; called in a wrong way. */
export const EXIT = { ok: 0, failed: 1, misused: 2 } as const;

/** Runs the command; resolves with the exit code and never rejects. */
export async function runSimulate({ options, positionals }: SimulateCall, terminal: SimulateTerminal): Promise<number> {
  if (options["list"] === true) {
    const width = Math.max(...BUILT_IN_ENVIRONMENTS.map(({ name }) => name.length));
    for (const { name, summary = "" } of BUILT_IN_ENVIRONMENTS) terminal.print(`${name.padEnd(width)}  ${summary}`);
    return EXIT.ok;
  }
  return guarded(terminal, async () => simulateAll(planOf(options), await findEnvironments(positionals), terminal));
}

/** Turns what is thrown into words and an exit code. */
export async function guarded({ complain }: SimulateTerminal, run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    complain(error instanceof SimulateUsageError ? `${text}\n"simulate --help" tells more.` : text);
    return error instanceof SimulateUsageError ? EXIT.misused : EXIT.failed;
  }
}

/** One learner's runs. */
interface LearnerRuns {
  readonly choice: LearnerChoice;
  readonly able: readonly FoundEnvironment[];
}

async function simulateAll(
  plan: SimulatePlan,
  found: readonly FoundEnvironment[],
  terminal: SimulateTerminal,
): Promise<number> {
  const learners: LearnerRuns[] = [];
  for (const choice of [plan.learner, ...plan.compared])
    learners.push({ choice, able: await ableEnvironments(choice, found, terminal) });
  const boards: [string, ScoreBoard][] = [];
  for (const [index, traces] of (await tracesOf(learners, plan, terminal)).entries()) {
    const { choice } = learners[index] as LearnerRuns;
    boards.push([nameOfLearner(choice), scoreBoardOf(traces)]);
    if (index > 0) continue;
    const curves = curvesByEnvironment(traces, found);
    plot(plan, curves, terminal);
    if (!plan.isJson) terminal.print(boardText(traces, curves));
  }
  const [[, board] = ["", scoreBoardOf([])], ...others] = boards;
  if (plan.isJson) {
    const compared = others.map(([learner, scores]) => ({ learner, ...scores }));
    const rest = compared.length === 0 ? {} : { compared };
    terminal.print(JSON.stringify({ ...headOf(plan), ...board, ...rest }, null, 2));
  } else if (others.length > 0) terminal.print(`\n${comparisonText(boards)}`);
  return isReached(board, plan.required) ? EXIT.ok : EXIT.failed;
}

/** Runs everything at once, so that all threads have work, and gives the traces back by learner. */
async function tracesOf(
  learners: readonly LearnerRuns[],
  plan: SimulatePlan,
  terminal: SimulateTerminal,
): Promise<EnvironmentTrace[][]> {
  const tasks = learners.flatMap(({ choice, able }) =>
    able.flatMap(({ environment, source }) =>
      plan.seeds.map((seed): Task => ({ source, environment: environment.name, learner: choice, seed })),
    ),
  );
  const groupOf = ({ environment, learner }: Task): string =>
    learners.length === 1 ? environment : `${environment} with ${nameOfLearner(learner)}`;
  const groups = new Map<string, number>();
  for (const task of tasks) groups.set(groupOf(task), (groups.get(groupOf(task)) ?? 0) + 1);
  const progress = progressOn(terminal.complain, groups, new Set(tasks.map(({ environment }) => environment)).size);
  const traces = await runTasks(tasks, {
    ...(plan.cycles === undefined ? {} : { cycles: plan.cycles }),
    ...(plan.workers === undefined ? {} : { workers: plan.workers }),
    isTimed: !plan.isJson,
    onDone: (task) => progress.tell(groupOf(task), `seed ${task.seed}`),
  });
  progress.end();
  return learners.map(({ choice }) => traces.filter((_, index) => tasks[index]?.learner === choice));
}

/** A rule that moves one parameter has nothing to do where there is no such parameter: left out, and said. */
async function ableEnvironments(
  choice: LearnerChoice,
  found: readonly FoundEnvironment[],
  terminal: SimulateTerminal,
): Promise<FoundEnvironment[]> {
  const learnerFor = await findLearner(choice);
  const able = found.filter(({ environment }) => canLearn(environment, learnerFor(environment), terminal));
  if (able.length === 0) throw new SimulateUsageError(`There is no environment to run with ${nameOfLearner(choice)}.`);
  return able;
}

function canLearn(
  { name, specification }: Environment,
  create: CreateLearner,
  { complain }: Pick<SimulateTerminal, "complain">,
): boolean {
  try {
    const learner = create(specification, 0) as { readonly ignored?: readonly string[] };
    for (const each of learner.ignored ?? []) complain(`${name}: the learner leaves out ${each}.`);
    return true;
  } catch (error) {
    complain(`${name} is left out: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

function headOf({ learner, seeds }: SimulatePlan): object {
  return learner.kind === "file"
    ? { strategy: null, learner: learner.file, seeds }
    : {
        strategy: { kind: nameOfLearner(learner), ...("options" in learner ? { options: learner.options } : {}) },
        learner: null,
        seeds,
      };
}

function boardText(traces: readonly EnvironmentTrace[], curves: readonly Curves[]): string {
  return scoreBoardText(scoreBoardOf(traces), new Map(curves.map((each) => [each.environment, sparkline(each, 24)])));
}

/** To a file as SVG; `-` draws into the terminal, beside the JSON on standard error. */
function plot(
  { plotFile, learner, seeds, isJson }: SimulatePlan,
  curves: readonly Curves[],
  terminal: SimulateTerminal,
): void {
  if (plotFile === undefined) return;
  if (plotFile === "-") {
    const draw = isJson ? terminal.complain : terminal.print;
    for (const each of curves) draw(`${terminalPlot(each)}\n`);
    return;
  }
  const title = `Utility per call and cycle: ${nameOfLearner(learner)}, ${seeds.length} ${seeds.length === 1 ? "seed" : "seeds"}`;
  writeFileSync(plotFile, plotSvg(curves, title));
}

function curvesByEnvironment(traces: readonly EnvironmentTrace[], found: readonly FoundEnvironment[]): Curves[] {
  return [...Map.groupBy(traces, ({ environment }) => environment)].map(([name, list]) =>
    curvesOf(list, found.find(({ environment }) => environment.name === name)?.environment.events),
  );
}

function isReached({ targets }: ScoreBoard, required: SimulatePlan["required"]): boolean {
  if (required === undefined) return true;
  return targets.every(({ verdict }) => verdict === "good" || (verdict === "must" && required === "must"));
}
