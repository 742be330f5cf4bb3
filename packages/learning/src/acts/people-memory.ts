/** What an operation remembers of people's acts; JSON, and absent where nobody ever acted and no reset is scheduled. */
import {
  type Context,
  type ContextId,
  contextId,
  isContextSubset,
  type Json,
  mostSpecificMatch,
  parameterValuesProblems,
} from "@trimtab/conventions";
import type { ActOutcome } from "../decision/decision.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import { type Setting, settingOf } from "../policy/setting.ts";
import type { ActOrigin, PeopleView, StandingOverride } from "./people-view.ts";

/** Everything that the last reset took away, for its undo. */
export type BeforeReset = {
  /** Milliseconds since 1970; later it cannot be undone. */
  readonly until: number;
  readonly since: number;
  readonly shared: Json;
  readonly contexts: Readonly<Record<ContextId, { readonly strategy: Json; readonly rejected: readonly string[] }>>;
};

/** The memory. */
export type PeopleMemory = {
  readonly frozen: ActOrigin | null;
  /** Other alerts that hold the freeze, in the order in which they came; absent where there are none. */
  readonly alsoFrozenBy?: readonly ActOrigin[];
  readonly overrides: Readonly<Record<ContextId, StandingOverride>>;
  /** Milliseconds since 1970: when the period began; null where no reset is scheduled and none was asked for. */
  readonly periodSince: number | null;
  readonly beforeReset: BeforeReset | null;
};

/** Before anybody acted. */
export const NOBODY: PeopleMemory = { frozen: null, overrides: {}, periodSince: null, beforeReset: null };

/** Is there anything to remember? */
export function isSomebody({ frozen, overrides, periodSince, beforeReset }: PeopleMemory): boolean {
  return frozen !== null || Object.keys(overrides).length > 0 || periodSince !== null || beforeReset !== null;
}

/** The override that a context is under: of those whose context holds it the most specific, then by declared order of the keys. */
export function overrideOf(
  { overrides }: PeopleMemory,
  context: Context,
  keys: readonly string[],
): StandingOverride | undefined {
  return mostSpecificMatch(Object.values(overrides), context, keys);
}

/** Is a context covered by what a person set? For whoever serves a decision. */
export function isOverridden(people: PeopleView | undefined, context: Context): boolean {
  return people?.overrides.some((override) => isContextSubset(override.context, context)) ?? false;
}

/** What is served under an override: the values that the person named, and the others as they were in force. */
export function overriddenSetting({ values }: StandingOverride, inForce: Setting, baseline: Setting): Setting {
  return settingOf({ ...inForce.parameters, ...values }, baseline);
}

/** Ends the overrides that the parameters or context keys of a changed policy have no place for. */
export function endUnfit(
  people: PeopleMemory,
  { parameters, context: keys }: OperationPolicy,
): { readonly people: PeopleMemory; readonly ended: readonly ActOutcome[] } {
  const ended: ActOutcome[] = [];
  const overrides = Object.entries(people.overrides).filter(([, { id, context, values }]) => {
    const undeclared = Object.keys(context).find((key) => !keys.includes(key));
    const problem = overrideProblem(parameters, values);
    if (undeclared === undefined && problem === undefined) return true;
    const why = problem ?? `the context key "${undeclared}" is not declared any more`;
    const sentence = `The configuration changed, and the override of ${contextId(context) || "every context"} does not fit it: ${why}.`;
    ended.push({ act: id, result: "ended", reason: { code: "OVERRIDE_UNFIT", sentence } });
    return false;
  });
  return { people: { ...people, overrides: Object.fromEntries(overrides), beforeReset: null }, ended };
}

/** What is wrong with the values of an override, which need not name every parameter; undefined where nothing is. */
export function overrideProblem(
  space: OperationPolicy["parameters"],
  values: StandingOverride["values"],
): string | undefined {
  const names = Object.keys(values);
  if (names.length === 0) return "it names no parameter";
  const unknown = names.find((name) => !Object.hasOwn(space, name));
  if (unknown !== undefined) return `"${unknown}" is no parameter of this operation`;
  const named = Object.fromEntries(Object.entries(space).filter(([name]) => names.includes(name)));
  const [problem] = parameterValuesProblems(named, values);
  return problem === undefined ? undefined : `${problem.path.join(".")} ${problem.message}`;
}

/** The memory as a decision shows it; undefined where there is nothing to show. */
export function peopleView(people: PeopleMemory, policy: OperationPolicy): PeopleView | undefined {
  const overrides = Object.keys(people.overrides)
    .sort()
    .map((id) => people.overrides[id] as StandingOverride);
  const dueAt =
    policy.reset === undefined || people.periodSince === null
      ? undefined
      : people.periodSince + policy.reset.everyMilliseconds;
  if (people.frozen === null && overrides.length === 0 && dueAt === undefined && people.beforeReset === null)
    return undefined;
  return {
    ...(people.frozen === null ? {} : { frozen: people.frozen }),
    ...(people.alsoFrozenBy === undefined ? {} : { alsoFrozenBy: people.alsoFrozenBy }),
    overrides,
    ...(dueAt === undefined ? {} : { resetDueAt: dueAt }),
    ...(people.beforeReset === null ? {} : { resetUndoUntil: people.beforeReset.until }),
  };
}
