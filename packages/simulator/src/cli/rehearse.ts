/** `trimtab simulate --config`: is an operation of one's own ready to tune itself? */
import { valuesOf } from "@trimtab/conventions";
import type { OperationPolicy } from "@trimtab/learning";
import type { Environment } from "../environment.ts";
import { type Rehearsal, rehearsalEnvironment, rehearsalSubject } from "../rehearsal.ts";
import { rehearsalReport, rehearsalText } from "../report/rehearsal-text.ts";
import type { EnvironmentTrace } from "../run-environment.ts";
import { findLearner, nameOfLearner } from "./find-learner.ts";
import { progressOn } from "./progress.ts";
import { runTasks } from "./run-tasks.ts";
import { EXIT, guarded, type SimulateTerminal } from "./simulate.ts";
import { countOf, type LearnerChoice, planOf, type SimulateOptions, textOf } from "./simulate-call.ts";
import { SimulateUsageError } from "./usage-error.ts";

/** What is rehearsed. */
export interface RehearsedOperation {
  readonly policy: OperationPolicy;
  /** How long a cycle of the controller lasts. */
  readonly cycleSeconds: number;
  /** The file of the operation's strategy where it is one's own. */
  readonly strategyFile?: string;
}

const MOST_SETTINGS = 20_000;
const USUAL = { callsPerCycle: 200, contexts: 4, gain: 0.05, seeds: 20 };

/** Runs a rehearsal and reports it; resolves with the exit code and never rejects. */
export function runRehearsal(
  { policy, cycleSeconds, strategyFile }: RehearsedOperation,
  options: SimulateOptions,
  terminal: SimulateTerminal,
): Promise<number> {
  return guarded(terminal, async () => {
    const plan = planOf(options, USUAL.seeds);
    const learner: LearnerChoice =
      options["strategy"] === undefined && plan.learner.kind === "strategy"
        ? {
            kind: "strategy",
            strategy: strategyFile ?? policy.strategy.kind,
            options: { ...policy.strategy.options, ...plan.learner.options },
          }
        : plan.learner;
    const rehearsal: Rehearsal = {
      policy: rehearsable(policy),
      callsPerCycle: countOf(options, "calls", 1) ?? USUAL.callsPerCycle,
      contexts: policy.context.length === 0 ? 1 : (countOf(options, "contexts", 1) ?? USUAL.contexts),
      gain: gainOf(options),
    };
    const environment = rehearsalEnvironment(rehearsal);
    await refuseUnable(environment, learner);
    const tasks = plan.seeds.map((seed) => ({
      source: { rehearsal },
      environment: environment.name,
      learner,
      seed,
    }));
    const progress = progressOn(terminal.complain, new Map([[environment.name, tasks.length]]));
    const traces: EnvironmentTrace[] = await runTasks(tasks, {
      cycles: plan.cycles ?? 300,
      ...(plan.workers === undefined ? {} : { workers: plan.workers }),
      isTimed: false,
      onDone: ({ seed }) => progress.tell(environment.name, `seed ${seed}`),
    });
    progress.end();
    const isOwnStrategy = ["strategy", "option", "learner"].every((name) => options[name] === undefined);
    const report = rehearsalReport(traces, {
      rehearsal,
      cycleSeconds,
      strategy: nameOfLearner(learner),
      ...(isOwnStrategy ? { subject: rehearsalSubject(policy) } : {}),
    });
    terminal.print(plan.isJson ? JSON.stringify(report, null, 2) : rehearsalText(report));
    return EXIT.ok;
  });
}

/** There must be something to learn, and the truth must be searched. */
function rehearsable(policy: OperationPolicy): OperationPolicy {
  const name = `${policy.component}.${policy.operation}`;
  if (Object.keys(policy.parameters).length === 0)
    throw new SimulateUsageError(`${name} declares no parameters: there is nothing to learn.`);
  const size = Object.values(policy.parameters).reduce((product, each) => product * valuesOf(each).length, 1);
  if (size > MOST_SETTINGS)
    throw new SimulateUsageError(
      `${name} has ${size} settings; a rehearsal searches at most ${MOST_SETTINGS} for the best one. Larger steps make fewer.`,
    );
  return policy;
}

async function refuseUnable(environment: Environment, learner: LearnerChoice): Promise<void> {
  const learnerFor = await findLearner(learner);
  try {
    learnerFor(environment)(environment.specification, 0);
  } catch (error) {
    throw new SimulateUsageError(error instanceof Error ? error.message : String(error));
  }
}

function gainOf(options: SimulateOptions): number {
  const written = textOf(options, "gain");
  const gain = written === undefined ? USUAL.gain : Number(written);
  if (!(gain > 0 && gain <= 0.3)) throw new SimulateUsageError(`--gain ${written} is no utility above 0 and up to 0.3`);
  return gain;
}
