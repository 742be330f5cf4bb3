/** What came of a run of a system: as an object for machines and as lines for people. */
import type { ParameterValues } from "@trimtab/conventions";
import type { ContextState, LiftReading, OperationState } from "../controller-api.ts";
import { count, counted, signed } from "../numbers.ts";
import { columns } from "../text-table.ts";
import type { Suggestion } from "./controller-client.ts";
import type { FeedbackAccount } from "./feedback-account.ts";
import type { ConfiguredOperation } from "./system-configuration.ts";

/** A suggestion that a service says it has applied. */
export interface AppliedSuggestion {
  readonly id: string;
  readonly entity: string;
  readonly suggestion: string;
  readonly changed: boolean;
}

/** An operation, and what the controller tells of it. */
export interface OperationFacts extends ConfiguredOperation {
  /** Undefined where the controller could not be asked any more. */
  readonly state: OperationState | undefined;
  readonly performance: { readonly total: number; readonly successRate?: number } | undefined;
}

/** What the summary is made of. */
export interface SystemFacts {
  readonly seconds: number;
  readonly seed: number;
  readonly operations: readonly OperationFacts[];
  /** Undefined where the end came before everything was counted. */
  readonly account: FeedbackAccount | undefined;
  readonly suggestions: readonly Suggestion[];
  readonly applied: readonly AppliedSuggestion[];
  /** The controller was killed and started again so often. */
  readonly kills: number;
  /** What else went wrong, in sentences. */
  readonly troubles: readonly string[];
}

/** What was learnt in one context of one operation. */
export interface LearntContext extends ConfiguredOperation {
  readonly context: string;
  readonly base: ParameterValues;
  readonly learnt: ParameterValues;
  readonly changed: boolean;
  readonly lift?: LiftReading;
  /** The interval of the lift lies above zero as a whole. */
  readonly isProven: boolean;
}

/** The whole run. */
export interface SystemSummary extends Omit<SystemFacts, "operations"> {
  /** What the controller had no data of, or could not be asked of any more, is absent. */
  readonly operations: readonly (ConfiguredOperation & { readonly calls?: number; readonly successRate?: number })[];
  readonly contexts: readonly LearntContext[];
  /** What is missing for the run to have shown what it is to show; none where it has. */
  readonly missing: readonly string[];
}

/** Works the summary out. */
export function summariseSystem(facts: SystemFacts): SystemSummary {
  const contexts = facts.operations.flatMap((each) => learntIn(each));
  const components = [...new Set(facts.operations.map(({ component }) => component))];
  const missing = components
    .filter((component) => !contexts.some((each) => each.component === component && each.isProven))
    .map((component) => `nothing is proven yet for ${component}: no interval of its lifts lies above zero`);
  if (facts.account === undefined) missing.push("feedback was not counted: the run ended before");
  else missing.push(...facts.account.problems);
  missing.push(...suggestionProblems(facts), ...facts.troubles);
  return {
    ...facts,
    operations: facts.operations.map(({ component, operation, performance }) => ({
      component,
      operation,
      ...(performance === undefined ? {} : { calls: performance.total }),
      ...(performance?.successRate === undefined ? {} : { successRate: performance.successRate }),
    })),
    contexts,
    missing,
  };
}

function learntIn({ component, operation, state }: OperationFacts): LearntContext[] {
  return (state?.states ?? []).flatMap((own) => {
    const base = own.variants.find(({ role }) => role === "baseline")?.parameters;
    if (base === undefined || Object.keys(own.context).length === 0) return [];
    return [
      {
        component,
        operation,
        context: Object.values(own.context).join(" "),
        base,
        learnt: own.parameters,
        changed: Object.keys(base).some((name) => base[name] !== own.parameters[name]),
        ...(own.lift === undefined ? {} : { lift: own.lift }),
        isProven: own.lift !== undefined && own.lift.lower > 0,
      },
    ];
  });
}

function suggestionProblems({ suggestions, applied }: SystemFacts): string[] {
  const waiting = suggestions.filter(({ status }) => status === "accepted");
  const unknown = suggestions.filter(
    ({ id, status }) => status === "delivered" && applied.filter((each) => each.id === id).length !== 1,
  );
  return [
    ...(waiting.length === 0 ? [] : [`${counted(waiting.length, "accepted suggestion")} did not reach the target`]),
    ...(unknown.length === 0 ? [] : [`${counted(unknown.length, "suggestion")} were not applied exactly once`]),
  ];
}

/** The parameters that differ from the base values: `tone warm -> bold`. */
export function describeChange({ base, learnt }: Pick<LearntContext, "base" | "learnt">): string {
  const changes = Object.keys(base).flatMap((name) =>
    base[name] === learnt[name] ? [] : [`${name} ${String(base[name])} -> ${String(learnt[name])}`],
  );
  return changes.length === 0 ? "base values" : changes.join(", ");
}

/** One line of a picture about one context. */
export function liftWords({ lift }: Pick<ContextState, "lift">): string {
  if (lift === undefined) return "not compared with the holdout yet";
  return `lift ${signed(lift.estimate)} (${signed(lift.lower)}…${signed(lift.upper)})${lift.lower > 0 ? " proven" : ""}`;
}

/** The summary as the lines that a person reads. */
export function formatSystemSummary(summary: SystemSummary): string[] {
  const { contexts, account, operations, missing, seconds, seed, kills } = summary;
  const level = Math.round((contexts.find(({ lift }) => lift !== undefined)?.lift?.level ?? 0.95) * 100);
  const rows = contexts.map((each) => [
    each.operation,
    each.context,
    each.lift === undefined ? "-" : signed(each.lift.estimate),
    each.lift === undefined ? "-" : `${signed(each.lift.lower)}…${signed(each.lift.upper)}`,
    each.isProven ? "yes" : each.lift !== undefined && each.lift.upper < 0 ? "below" : "no",
    describeChange(each),
  ]);
  const head = ["operation", "context", "lift", `${level} % interval`, "above 0", "learnt"];
  const lines = [
    `After ${seconds} s (seed ${seed})${kills > 0 ? `, with the controller killed ${counted(kills, "time")}` : ""}:`,
    "",
    ...columns(head, rows),
    "Lift is the utility (0 to 1, as trimtab.yaml weighs it) of what is served less that of the holdout, which has the base values for ever.",
    "",
    ...columns(
      ["component", "operation", "calls", "success"],
      operations.map(({ component, operation, calls, successRate }) => [
        component,
        operation,
        calls === undefined ? "-" : count(calls),
        successRate === undefined ? "-" : `${(successRate * 100).toFixed(1)} %`,
      ]),
    ),
    "",
    ...(account === undefined ? [] : feedbackLines(account)),
    ...suggestionLines(summary),
    "",
  ];
  const proven = contexts.filter(({ isProven }) => isProven).length;
  if (missing.length === 0) {
    lines.push(
      `Better than the base values, with an interval above zero, in ${proven} of ${contexts.length} contexts; all feedback exactly once.`,
    );
  } else lines.push("This run has not shown everything:", ...missing.map((text) => `  - ${text}`));
  return lines;
}

function feedbackLines(account: FeedbackAccount): string[] {
  const { reports, repeated, sent, kept, scored, learntOnce, learntTwice, aboutEntities, failedBatches } = account;
  return [
    `Feedback: ${count(reports)} things were said, ${count(repeated)} of them twice; ${count(sent)} items were made of them and ${count(kept)} are kept.`,
    `${count(learntOnce)} of ${count(scored)} scores were learnt from in exactly one cycle, ${count(learntTwice)} in two; ${count(aboutEntities)} are about artists, without a score.`,
    ...(failedBatches === 0
      ? []
      : [
          `${count(failedBatches)} ${failedBatches === 1 ? "batch" : "batches"} could not be sent at once and came later.`,
        ]),
  ];
}

function suggestionLines({ suggestions, applied }: SystemSummary): string[] {
  return suggestions.map(({ id, entity, suggestion, confidence, status, target }) => {
    const changed = applied.find((each) => each.id === id)?.changed;
    const what =
      status === "delivered"
        ? `applied once by ${target ?? "nobody"}${changed === false ? ", nothing to change" : ""}`
        : status;
    return `Suggestion: ${suggestion} for ${entity}, confidence ${confidence.toFixed(2)}: ${what}.`;
  });
}
