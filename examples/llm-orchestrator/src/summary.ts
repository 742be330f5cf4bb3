/** What came of a run: worked out from the controller's answers, as an object for machines and as lines for people. */
import type { ParameterValues } from "@trimtab/conventions";
import {
  columns,
  count,
  counted,
  type FeedbackEntry,
  type LiftReading,
  type ListedAdaptation,
  type OperationState,
  signed,
} from "@trimtab/example-demonstration";
import { OPERATIONS, type OperationName } from "./configuration.ts";
import { checkFeedback, type FeedbackCheck } from "./feedback-check.ts";
import type { LoadCounts } from "./load-counts.ts";

/** What is known of an operation at the end; undefined states: the controller could not be asked any more. */
export interface OperationFacts {
  readonly state: OperationState | undefined;
  readonly adaptations: readonly ListedAdaptation[];
  /** The base values. */
  readonly base: ParameterValues;
}

/** What the summary is made of. */
export interface RunFacts {
  readonly seconds: number;
  readonly operations: Readonly<Record<OperationName, OperationFacts>>;
  /** Undefined where the controller could not be asked any more. */
  readonly feedback: readonly FeedbackEntry[] | undefined;
  readonly load: LoadCounts;
  /** Milliseconds since 1970: adaptations before it belong to earlier runs. */
  readonly startedAt: number;
}

/** What was learnt for one context of an operation. */
interface ContextSummary {
  readonly operation: OperationName;
  /** The value of the operation's context key. */
  readonly context: string;
  readonly base: ParameterValues;
  readonly learnt: ParameterValues;
  /** Parameters whose value in force is not the base value. */
  readonly changed: readonly string[];
  /** Changes that were applied in this run; parameters that changed together count once. */
  readonly adaptations: number;
  readonly lift?: LiftReading;
  /** Does the whole interval of the lift lie above zero? */
  readonly isProven: boolean;
  /** Of all calls that did not run with the base values, together; negative: they cost more. */
  readonly savedUsd?: number;
}

/** The whole run. */
export interface RunSummary {
  readonly seconds: number;
  readonly load: LoadCounts;
  readonly contexts: readonly ContextSummary[];
  readonly feedback: FeedbackCheck;
  /** At least one context is better, its whole interval above zero, and feedback was counted exactly once. */
  readonly isGood: boolean;
}

/** Works the summary out. */
export function summarise({ seconds, operations, feedback, load, startedAt }: RunFacts): RunSummary {
  const contexts = (Object.keys(OPERATIONS) as OperationName[]).flatMap((operation) =>
    contextsOf(operation, operations[operation], startedAt),
  );
  const check = checkFeedback(load, feedback);
  const isGood = contexts.some(({ isProven }) => isProven) && check.isExactlyOnce;
  return { seconds: Math.round(seconds), load, contexts, feedback: check, isGood };
}

function contextsOf(
  operation: OperationName,
  { state, adaptations, base }: OperationFacts,
  startedAt: number,
): ContextSummary[] {
  const key = OPERATIONS[operation];
  return (state?.states ?? []).flatMap(({ context, parameters, lift }): ContextSummary[] => {
    const value = context[key];
    if (value === undefined) return []; // the one of all contexts together
    const applied = adaptations.filter(
      (each) =>
        each.context[key] === value &&
        Date.parse(each.at) >= startedAt &&
        !["suggested", "rejected", "failed"].includes(each.status),
    );
    return [
      {
        operation,
        context: value,
        base,
        learnt: parameters,
        changed: Object.keys(base).filter((name) => parameters[name] !== base[name]),
        adaptations: new Set(applied.map(({ changeId }) => changeId)).size,
        ...(lift === undefined ? {} : { lift, ...savedBy(lift) }),
        isProven: lift !== undefined && lift.lower > 0,
      },
    ];
  });
}

function savedBy({ served, holdout }: LiftReading): { readonly savedUsd?: number } {
  const [now, before] = [served.meanCost?.["usd"], holdout.meanCost?.["usd"]];
  return now === undefined || before === undefined ? {} : { savedUsd: (before - now) * served.calls };
}

/** The summary as the lines that a person reads. */
export function formatSummary(summary: RunSummary): string[] {
  const { seconds, load, contexts } = summary;
  const lines = [
    `${count(load.songs)} songs were written in ${seconds} s, ${count(load.streamed)} of them as a stream; ${count(load.recovered)} after at least one error.`,
    `They took ${count(load.tokens)} tokens and $${load.costUsd.toFixed(2)}.`,
  ];
  if (load.failed > 0)
    lines.push(
      `${counted(load.failed, "song")} ${load.failed === 1 ? "was" : "were"} given up, the last because: ${load.lastFailure ?? "unknown"}`,
    );
  if (load.leftOut > 0) lines.push(`${count(load.leftOut)} requests were left out, because too many were under way.`);
  for (const operation of Object.keys(OPERATIONS) as OperationName[]) {
    lines.push("", ...operationLines(operation, contexts));
  }
  lines.push(
    "",
    "Lift weighs each moment by how well it was measured, so it need not be utility less holdout.",
    "",
    ...contexts.flatMap(costLine),
    ...feedbackLines(summary.feedback),
    "",
  );
  const proven = contexts.filter(({ isProven }) => isProven);
  lines.push(
    proven.length === 0
      ? "Nothing is proven yet: no interval lies above zero. Let it run for longer."
      : `Better than the base values, with an interval above zero, in ${counted(proven.length, "context")} of ${contexts.length}: ${proven.map(({ context }) => context).join(", ")}.`,
  );
  return lines;
}

function operationLines(operation: OperationName, all: readonly ContextSummary[]): string[] {
  const contexts = all.filter((each) => each.operation === operation);
  const heading = `${operation}, by ${OPERATIONS[operation]}`;
  if (contexts.length === 0) return [heading, "  nothing was measured"];
  const level = Math.round((contexts.find(({ lift }) => lift !== undefined)?.lift?.level ?? 0.95) * 100);
  const rows = contexts.map(({ context, base, learnt, changed, lift, isProven }) => [
    context,
    changed.length === 0
      ? `${describe(base)} (kept)`
      : changed.map((name) => changeOf(name, base[name], learnt[name])).join(", "),
    utility(lift?.served.utility),
    utility(lift?.holdout.utility),
    lift === undefined ? "-" : signed(lift.estimate),
    lift === undefined ? "-" : `${signed(lift.lower)}…${signed(lift.upper)}`,
    lift === undefined ? "-" : isProven ? "yes" : lift.upper < 0 ? "below" : "no",
  ]);
  const table = columns(["", "base -> learnt", "utility", "holdout", "lift", `${level} % interval`, "above 0"], rows);
  return [heading, ...table.map((line) => `  ${line}`)];
}

function costLine({ operation, context, lift, savedUsd, changed }: ContextSummary): string[] {
  if (operation !== "generate_lyrics" || lift === undefined || savedUsd === undefined || changed.length === 0)
    return [];
  const [now, before] = [lift.served.meanCost?.["usd"] ?? 0, lift.holdout.meanCost?.["usd"] ?? 0];
  const quality =
    lift.served.meanQuality === undefined || lift.holdout.meanQuality === undefined
      ? ""
      : `, quality ${lift.served.meanQuality.toFixed(2)} instead of ${lift.holdout.meanQuality.toFixed(2)}`;
  return [
    `${context}: a song costs $${now.toFixed(5)} instead of $${before.toFixed(5)}${quality}; ${dollars(savedUsd)} over ${count(lift.served.calls)} songs.`,
  ];
}

function feedbackLines(check: FeedbackCheck): string[] {
  const { sent, repeated, kept, learnt, twice, waiting, isExactlyOnce, isKnown } = check;
  if (!isKnown) return ["Feedback: the controller could not be asked any more, so nothing is known of it."];
  const isWrong = twice > 0 || kept > sent || learnt > sent;
  const verdict = isExactlyOnce
    ? "each exactly once"
    : isWrong
      ? "NOT each exactly once"
      : `${count(waiting)} not processed yet when the run ended`;
  return [
    `Feedback: ${count(sent)} ratings sent (${count(repeated)} of them twice), ${count(kept)} kept, ${count(learnt)} processed, ${count(twice)} counted twice: ${verdict}.`,
  ];
}

/** `aurora/large plain 0.7`. */
export function describe(parameters: ParameterValues): string {
  return Object.entries(parameters)
    .map(([name, value]) => short(name, value))
    .join(" ");
}

/** `plain -> structured`, `temperature 0.7 -> 1.1`. */
function changeOf(name: string, from: unknown, to: unknown): string {
  if (typeof from !== "number") return `${String(from)} -> ${String(to)}`;
  const unit = name.endsWith("Milliseconds") ? " ms" : "";
  return `${name.replace(/Milliseconds$/, "")} ${from} -> ${String(to)}${unit}`;
}

/** A choice tells by itself what it is; a number needs its unit. */
function short(name: string, value: unknown): string {
  return name.endsWith("Milliseconds") ? `${name.replace(/Milliseconds$/, "")} ${String(value)} ms` : String(value);
}

function utility(value: number | undefined): string {
  return value === undefined ? "-" : value.toFixed(3);
}

function dollars(saved: number): string {
  return `$${Math.abs(saved).toFixed(2)} ${saved >= 0 ? "saved" : "more"}`;
}
