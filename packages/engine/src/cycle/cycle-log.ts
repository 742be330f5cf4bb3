/**
 * What a recorded cycle writes to the log:
 *
 *   debug     what was measured, one line a cycle
 *   info      a person's act was done, or what one had set ended; an adaptation was applied or approved, or gave way to a newer
 *             one; an experiment ended
 *   warning   a person's act was refused; an adaptation was only suggested, was rejected or rolled back
 *   error     an adaptation failed
 */
import { contextId } from "@trimtab/conventions";
import type { ActOutcome, Adaptation, AdaptationStatus, AdaptationTransition } from "@trimtab/learning";
import type { CycleRecord } from "../stores/store.ts";
import type { Log, LogLevel } from "./log.ts";

const LEVELS: Readonly<Record<AdaptationStatus, LogLevel>> = {
  applied: "info",
  approved: "info",
  superseded: "info",
  suggested: "warning",
  rejected: "warning",
  "rolled-back": "warning",
  failed: "error",
};

/** Writes the lines of one recorded cycle. */
export function logCycle(log: Log, record: CycleRecord): void {
  if (log.writesDebug !== false) logEvidence(log, record);
  logExperiment(log, record);
  for (const outcome of record.decision.acts ?? []) logAct(log, record, outcome);
  for (const transition of record.decision.transitions) logTransition(log, record, transition);
  for (const adaptation of record.decision.adaptations) logAdaptation(log, record, adaptation);
}

/** What a person did, with the person's own reason in the sentence. */
function logAct(
  log: Log,
  { component, operation, cycle, decision }: CycleRecord,
  { act, result, reason }: ActOutcome,
): void {
  const { code, sentence } = reason;
  const level = result === "refused" ? "warning" : "info";
  log[level](`act ${result}`, { act, component, operation, reason: code, sentence, decision: decision.id, cycle });
}

function logEvidence(log: Log, record: CycleRecord): void {
  const { cells, window } = record.evidence;
  const { decision } = record;
  log.debug("evidence", {
    component: record.component,
    operation: record.operation,
    cycle: record.cycle,
    id: decision.id,
    reason: decision.contexts.map(
      ({ context, arm, kind, reason }) =>
        `${contextId(context)}${arm === undefined ? "" : ` (${arm})`}: ${kind}, ${reason.code}`,
    ),
    evidence:
      cells.kind === "value"
        ? {
            window,
            cells: cells.value.map(({ context, variant, reading }) => ({
              context: contextId(context),
              variant,
              ...(reading.kind === "value" ? { calls: callCounts(reading.value) } : reading),
            })),
          }
        : { window, ...cells },
  });
}

/** Its end once, and how it stands in each cycle. */
function logExperiment(log: Log, { component, operation, cycle, decision }: CycleRecord): void {
  const place = { component, operation, cycle, decision: decision.id };
  const { experiment, experimentEnded: ended } = decision;
  if (ended !== undefined) {
    const { name, kept, difference, windows, reason } = ended;
    log.info("experiment ended", {
      ...place,
      name,
      kept,
      difference,
      windows,
      reason: reason.code,
      sentence: reason.sentence,
    });
  }
  if (experiment !== undefined) {
    const { name, difference, windows, verdict } = experiment;
    log.debug("experiment", { ...place, name, difference, windows, reason: verdict.code, sentence: verdict.sentence });
  }
}

function callCounts({ success, failure, partial }: { success: number; failure: number; partial: number }): object {
  return { success, failure, partial };
}

function logAdaptation(log: Log, { cycle, decision }: CycleRecord, adaptation: Adaptation): void {
  const { id, changeId, component, operation, parameter, oldValue, newValue, confidence, reason, basis } = adaptation;
  log[LEVELS[adaptation.status]](`adaptation ${adaptation.status}`, {
    id,
    changeId,
    component,
    operation,
    context: contextId(adaptation.context),
    parameter,
    oldValue,
    newValue,
    confidence,
    reason: reason.code,
    sentence: reason.sentence,
    ...(adaptation.experiment === undefined ? {} : { experiment: adaptation.experiment }),
    evidence: basis,
    decision: decision.id,
    cycle,
  });
}

function logTransition(log: Log, record: CycleRecord, { id, status, reason }: AdaptationTransition): void {
  log[LEVELS[status]](`adaptation ${status}`, {
    id,
    component: record.component,
    operation: record.operation,
    reason: reason.code,
    sentence: reason.sentence,
    // The record of the cycle has the questions; their text would make one line of tens of kilobytes.
    evidence: record.evidence.window,
    decision: record.decision.id,
    cycle: record.cycle,
  });
}
