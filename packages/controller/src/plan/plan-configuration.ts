/**
 * What a configuration would do if it took the place of the one in force. Nothing is changed: what the next decisions would be is
 * told by passes under the new policies that record nothing.
 */
import { contextId, type ParameterValue } from "@trimtab/conventions";
import type { CycleOutcome } from "@trimtab/engine";
import { type Decision, MAXIMUM_CONTEXTS, type OperationPolicy, type StrategyChoice } from "@trimtab/learning";
import type { Config } from "../config.ts";
import { type Difference, differences } from "./differences.ts";

/** A plan. */
export interface Plan {
  readonly hasChanges: boolean;
  /** What only a restart takes over; with any of it a reload is refused as a whole. */
  readonly needsRestart: readonly string[];
  /** Outside of the operations. */
  readonly settings: readonly Difference[];
  readonly operations: readonly PlannedOperation[];
}

/** What becomes of an operation. */
interface PlannedOperation {
  readonly component: string;
  readonly operation: string;
  readonly change: "added" | "removed" | "changed";
  readonly differences: readonly Difference[];
  /** What that means for what was learnt and what people set, in sentences. */
  readonly effects: readonly string[];
  /** The next decision under the new policy; absent where the operation is removed. */
  readonly next?: PlannedDecision | undefined;
}

/** What the next decision would be. */
interface PlannedDecision {
  /** Why it cannot be told; absent where it can. */
  readonly problem?: string | undefined;
  readonly contexts: readonly { readonly context: string; readonly kind: string; readonly reason: string }[];
  /** How many contexts there are; at most 100 are listed, those that change first. */
  readonly contextCount: number;
  readonly changes: readonly {
    readonly context: string;
    readonly parameter: string;
    readonly from: ParameterValue;
    readonly to: ParameterValue;
    readonly status: string;
  }[];
}

/** What a plan is made with. */
export interface PlanningParts {
  readonly current: Config;
  readonly next: Config;
  /** A pass that records nothing. */
  readonly dryRun: (policy: OperationPolicy) => Promise<CycleOutcome>;
  /** What only a restart takes over. */
  readonly needsRestart: (before: Config, next: Config) => readonly string[];
}

const MOST_LISTED = 100;

/** Makes a plan. */
export async function planConfiguration({ current, next, dryRun, needsRestart }: PlanningParts): Promise<Plan> {
  const operations: PlannedOperation[] = [];
  for (const before of current.policies)
    if (find(next.policies, before) === undefined) operations.push(removed(before));
  for (const policy of next.policies) {
    const before = find(current.policies, policy);
    const changed = differences(before ?? {}, policy);
    if (changed.length === 0) continue;
    const { component, operation } = policy;
    const { decision, problem } = await decided(policy, dryRun);
    operations.push({
      component,
      operation,
      change: before === undefined ? "added" : "changed",
      differences: before === undefined ? [] : changed,
      effects: [...(before === undefined ? [] : effectsOf(before, policy)), ...endsOf(decision)],
      next: plannedDecision(decision, problem),
    });
  }
  const settings = differences(settingsOf(current), settingsOf(next));
  return {
    hasChanges: settings.length > 0 || operations.length > 0,
    needsRestart: needsRestart(current, next),
    settings,
    operations,
  };
}

function find(policies: readonly OperationPolicy[], { component, operation }: OperationPolicy) {
  return policies.find((policy) => policy.component === component && policy.operation === operation);
}

function settingsOf(config: Config): object {
  const { file: _file, policies: _policies, registered: _registered, ownStrategies: _own, store, ...settings } = config;
  // the address of a database holds its password
  return { ...settings, store: "url" in store ? { ...store, url: undefined, secretAddress: store.url } : store };
}

function removed({ component, operation }: OperationPolicy): PlannedOperation {
  const effects = [
    "It is served no more: services go on with what they had, then with the base values of their code.",
    "What was learnt and what people set stay in the store, and count again if the operation comes back as it was.",
  ];
  return { component, operation, change: "removed", differences: [], effects };
}

function effectsOf(before: OperationPolicy, after: OperationPolicy): string[] {
  const differs = (...keys: readonly (keyof OperationPolicy)[]): boolean =>
    keys.some((key) => differences(before[key], after[key]).length > 0);
  const effects: string[] = [];
  if (differs("parameters", "context"))
    effects.push(
      "The parameters or context keys change: the base values are served, every change in force is rolled back, and learning starts again.",
    );
  else if (differs("objective", "constraints", "strategy"))
    effects.push("The aim, a limit or the strategy changes: values in force stay, and every comparison starts again.");
  if (differs("mode")) effects.push(`The mode changes from ${before.mode} to ${after.mode}${MODES[after.mode]}`);
  if (differs("holdout")) effects.push(`The share that keeps the base values becomes ${after.holdout}.`);
  if (differs("maximumContexts"))
    effects.push(`So many contexts are remembered from now on: ${after.maximumContexts ?? MAXIMUM_CONTEXTS}.`);
  if (differs("experiment")) effects.push("An experiment begins, ends or changes; its comparison starts again.");
  return effects;
}

const MODES = {
  observe: ": every call has the base values, but for overrides and what is frozen.",
  suggest: ": changes wait for a person from now on; values in force stay.",
  auto: ": changes are made without asking from now on; what waits for a person goes on waiting until the strategy decides anew.",
} as const;

/** What people had set or were asked, and what has no place any more, as the dry pass tells. */
function endsOf(decision: Decision | undefined): string[] {
  if (decision === undefined) return [];
  const ended = (decision.acts ?? []).filter(({ result }) => result === "ended");
  const gone = (status: string): number => decision.transitions.filter((each) => each.status === status).length;
  const superseded = gone("superseded");
  const rolledBack = gone("rolled-back");
  return [
    ...ended.map(({ act, reason }) => `What a person set ends (${act}): ${reason.sentence}`),
    ...(rolledBack > 0 ? [`${rolledBack} adaptations in force are rolled back.`] : []),
    ...(superseded > 0 ? [`${superseded} adaptations lose their place, or their wait for a person.`] : []),
    ...(decision.people?.frozen === undefined ? [] : [`It stays frozen by ${decision.people.frozen.who}.`]),
  ];
}

async function decided(
  policy: OperationPolicy,
  dryRun: PlanningParts["dryRun"],
): Promise<{ decision?: Decision; problem?: string }> {
  const own = [policy.strategy, policy.experiment?.treatment].find((choice) => choice?.module !== undefined);
  if (own?.module?.digest === "")
    return { problem: `the module ${own.module.path} is loaded only when it is in force` };
  try {
    const outcome = await dryRun(policy);
    return outcome.kind === "recorded" ? { decision: outcome.decision } : { problem: outcome.reason };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function plannedDecision(decision: Decision | undefined, problem: string | undefined): PlannedDecision {
  const all = (decision?.contexts ?? []).map(({ context, kind, reason }) => ({
    context: contextId(context),
    kind,
    reason: `${reason.code}: ${reason.sentence}`,
  }));
  const moving = all.filter(({ kind }) => kind !== "hold");
  return {
    problem,
    contexts: [...moving, ...all.filter(({ kind }) => kind === "hold")].slice(0, MOST_LISTED),
    contextCount: all.length,
    changes: (decision?.adaptations ?? []).slice(0, MOST_LISTED).map((adaptation) => ({
      context: contextId(adaptation.context),
      parameter: adaptation.parameter,
      from: adaptation.oldValue,
      to: adaptation.newValue,
      status: adaptation.status,
    })),
  };
}

/**
 * The configuration with the modules of strategies that are loaded already. A plan loads none: whoever may ask for a plan must not
 * make the controller run a file.
 */
export function withLoadedModules(next: Config, current: Config): Config {
  const loaded = (choice: StrategyChoice, before: StrategyChoice | undefined): StrategyChoice =>
    choice.module?.digest === "" &&
    before?.module?.path === choice.module.path &&
    differences(before.options, choice.options).length === 0
      ? before
      : choice;
  const policies = next.policies.map((policy) => {
    const before = find(current.policies, policy);
    const { experiment } = policy;
    const treatment = experiment && loaded(experiment.treatment, before?.experiment?.treatment);
    return {
      ...policy,
      strategy: loaded(policy.strategy, before?.strategy),
      ...(experiment === undefined || treatment === undefined ? {} : { experiment: { ...experiment, treatment } }),
    };
  });
  return { ...next, policies };
}
