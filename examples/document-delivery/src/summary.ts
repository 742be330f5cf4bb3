/** What came of a run: worked out from the controller's answers, as an object for machines and as lines for people. */
import type { ParameterValues } from "@trimtab/conventions";
import {
  columns,
  count,
  counted,
  type LiftReading,
  type ListedAdaptation,
  type OperationState,
  signed,
} from "@trimtab/example-demonstration";
import { BASE } from "./compression.ts";
import { DOCUMENT_TYPES, type DocumentType } from "./documents.ts";
import type { LoadCounts } from "./load-counts.ts";
import type { ServiceReady } from "./service-ready.ts";

/** What the summary is made of. */
export interface RunFacts {
  readonly seconds: number;
  /** Undefined where the controller could not be asked any more. */
  readonly operation: OperationState | undefined;
  readonly adaptations: readonly ListedAdaptation[];
  /** Calls that the controller counted in this run; undefined: it could not tell when it was asked. */
  readonly countedCalls: number | undefined;
  readonly load: LoadCounts;
  readonly documents: ServiceReady["documents"];
  /** Milliseconds since 1970: adaptations before it belong to earlier runs. */
  readonly startedAt: number;
}

/** What was learnt for one content type. */
interface TypeSummary {
  readonly contentType: DocumentType;
  readonly base: ParameterValues;
  readonly learnt: ParameterValues;
  readonly changed: boolean;
  /** Changes that were applied in this run; parameters that changed together count once. */
  readonly adaptations: number;
  readonly lift?: LiftReading;
  /** Does the interval of the lift lie above or below zero as a whole? */
  readonly intervalExcludesZero: boolean;
  /** Of all documents together that did not run with the base values; negative: more than with them. */
  readonly savedMilliseconds?: number;
  readonly savedBytes?: number;
}

/** The whole run. */
export interface DemoSummary {
  readonly seconds: number;
  readonly documents: RunFacts["load"];
  readonly countedCalls?: number;
  /** False where the controller has seen no call at all: then nothing can have been learnt. */
  readonly measured: boolean;
  readonly contentTypes: readonly TypeSummary[];
}

/** Works the summary out. */
export function summarise({
  seconds,
  operation,
  adaptations,
  countedCalls,
  load,
  documents,
  startedAt,
}: RunFacts): DemoSummary {
  const states = operation?.states ?? [];
  return {
    seconds: Math.round(seconds),
    documents: load,
    ...(countedCalls === undefined ? {} : { countedCalls }),
    measured: countedCalls === undefined ? states.some(({ lift }) => lift !== undefined) : countedCalls > 0,
    contentTypes: DOCUMENT_TYPES.map((contentType) => {
      const state = states.find(({ context }) => context["content_type"] === contentType);
      const learnt = state?.parameters ?? { ...BASE };
      const changes = adaptations.filter(
        ({ context, at, status }) =>
          context["content_type"] === contentType &&
          Date.parse(at) >= startedAt &&
          !["suggested", "rejected", "failed"].includes(status),
      );
      const lift = state?.lift;
      return {
        contentType,
        base: { ...BASE },
        learnt,
        changed: learnt["algorithm"] !== BASE.algorithm || learnt["level"] !== BASE.level,
        adaptations: new Set(changes.map(({ changeId }) => changeId)).size,
        ...(lift === undefined ? {} : { lift }),
        intervalExcludesZero: lift !== undefined && (lift.lower > 0 || lift.upper < 0),
        ...(lift === undefined ? {} : savings(lift, documents[contentType].meanBytes)),
      };
    }),
  };
}

/** The summary as the lines that a person reads. */
export function formatSummary(summary: DemoSummary): string[] {
  const { documents, seconds, contentTypes } = summary;
  const lines = [
    `${count(documents.answered)} documents were delivered in ${seconds} s.`,
    `${count(documents.verified)} of them were decoded and compared with the original${documents.failed === 0 ? ", all equal" : ""}.`,
  ];
  if (documents.failed > 0)
    lines.push(`${count(documents.failed)} requests failed, the last because: ${documents.lastFailure ?? "unknown"}.`);
  if (documents.leftOut > 0)
    lines.push(`${count(documents.leftOut)} requests were left out, because this machine was busy.`);
  if (!summary.measured) {
    lines.push(
      "The controller has counted no call: nothing could be measured, so nothing was learnt. The logs tell why.",
    );
    return lines;
  }
  lines.push("", ...liftTable(contentTypes));
  if (contentTypes.some(({ lift }) => lift !== undefined))
    lines.push("Lift weighs each moment by how well it was measured, so it need not be utility less holdout.");
  lines.push("", ...contentTypes.flatMap(inPlainWords));
  const proven = contentTypes.filter(({ lift }) => lift !== undefined && lift.lower > 0);
  lines.push(
    "",
    proven.length === 0
      ? "Nothing is proven yet: no interval lies above zero. Let it run for longer."
      : `Better than the base, with an interval that excludes zero, for ${proven.length} of ${contentTypes.length} content types:`,
    ...(proven.length === 0 ? [] : [`${proven.map(({ contentType }) => contentType).join(", ")}.`]),
  );
  return lines;
}

/** `zstd 3`. */
export function describeSetting(parameters: ParameterValues): string {
  return `${String(parameters["algorithm"])} ${String(parameters["level"])}`;
}

function liftTable(types: readonly TypeSummary[]): string[] {
  const level = Math.round((types.find(({ lift }) => lift !== undefined)?.lift?.level ?? 0.95) * 100);
  const rows = types.map(({ contentType, base, learnt, changed, lift }) => [
    contentType,
    changed ? `${describeSetting(base)} -> ${describeSetting(learnt)}` : `${describeSetting(base)} (kept)`,
    utility(lift?.served.utility),
    utility(lift?.holdout.utility),
    lift === undefined ? "-" : signed(lift.estimate),
    lift === undefined ? "-" : `${signed(lift.lower)}…${signed(lift.upper)}`,
    lift === undefined ? "-" : lift.lower > 0 ? "yes" : lift.upper < 0 ? "below" : "no",
  ]);
  return columns(["type", "base -> learnt", "utility", "holdout", "lift", `${level} % interval`, "above 0"], rows);
}

function inPlainWords({
  contentType,
  lift,
  changed,
  adaptations,
  savedMilliseconds,
  savedBytes,
}: TypeSummary): string[] {
  if (!changed) return [`${contentType}: stays with its base values; nothing was proven to be better.`];
  const changes = adaptations === 0 ? "as an earlier run had learnt" : `after ${counted(adaptations, "change")}`;
  if (lift === undefined) return [`${contentType}: too new to be compared with the holdout, ${changes}.`];
  const { served, holdout } = lift;
  if (served.meanDurationSeconds === undefined || holdout.meanDurationSeconds === undefined) return [];
  const parts: string[] = [];
  if (savedMilliseconds !== undefined) {
    parts.push(`${duration(Math.abs(savedMilliseconds))} ${savedMilliseconds >= 0 ? "saved" : "more"}`);
  }
  if (savedBytes !== undefined) parts.push(`${bytes(Math.abs(savedBytes))} ${savedBytes >= 0 ? "less" : "more"} sent`);
  const [now, before] = [milliseconds(served.meanDurationSeconds), milliseconds(holdout.meanDurationSeconds)];
  return [
    `${contentType}: ${now} instead of ${before} to compress a document, ${changes}.`,
    `  Over ${count(served.calls)} documents: ${parts.join(", ")}.`,
  ];
}

function savings(
  { served, holdout }: LiftReading,
  meanBytes: number,
): Pick<TypeSummary, "savedMilliseconds" | "savedBytes"> {
  const isTimed = served.meanDurationSeconds !== undefined && holdout.meanDurationSeconds !== undefined;
  const isScored = served.meanQuality !== undefined && holdout.meanQuality !== undefined;
  return {
    ...(isTimed
      ? {
          savedMilliseconds:
            ((holdout.meanDurationSeconds ?? 0) - (served.meanDurationSeconds ?? 0)) * 1000 * served.calls,
        }
      : {}),
    ...(isScored
      ? { savedBytes: ((served.meanQuality ?? 0) - (holdout.meanQuality ?? 0)) * meanBytes * served.calls }
      : {}),
  };
}

function utility(value: number | undefined): string {
  return value === undefined ? "-" : value.toFixed(3);
}

function milliseconds(secondsValue: number): string {
  return `${(secondsValue * 1000).toFixed(2)} ms`;
}

function duration(millisecondsValue: number): string {
  return millisecondsValue < 1000
    ? `${Math.round(millisecondsValue)} ms`
    : `${(millisecondsValue / 1000).toFixed(1)} s`;
}

function bytes(value: number): string {
  if (value < 1000) return `${Math.round(value)} bytes`;
  return value < 1e6 ? `${Math.round(value / 1000)} kB` : `${(value / 1e6).toFixed(1)} MB`;
}
