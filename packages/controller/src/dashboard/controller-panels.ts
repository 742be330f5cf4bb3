/** What only the controller can tell: the lift of each context with its interval, what was changed and why, who gets what. */
import { describeContext } from "@trimtab/conventions";
import { percentText, secondsText, timeText, valuesText } from "../cli/number-text.ts";
import type { WireHealth } from "../http/health-routes.ts";
import type { WireAdaptation } from "../http/wire/adaptation-wire.ts";
import type { WireOperation } from "../http/wire/operation-wire.ts";
import type { WireSummary } from "../http/wire/summary-wire.ts";
import type { Panel, Tile } from "./report.ts";

/** The most contexts of a table. */
const MOST_CONTEXTS = 50;

/** The numbers above the charts of an operation. */
export function operationTiles(summary: WireSummary | undefined, operation: WireOperation | undefined): Tile[] {
  const measured = summary?.kind === "value" ? summary : undefined;
  const why = summary === undefined || summary.kind === "value" ? undefined : summary.detail;
  const standing = operation?.standing;
  return [
    {
      title: "Success",
      value: measured?.successRate === undefined ? undefined : percentText(measured.successRate),
      note: why,
    },
    { title: "Calls", value: measured?.total === undefined ? undefined : String(Math.round(measured.total)) },
    { title: "p95 duration", value: shown(measured?.durationSeconds?.p95.value, secondsText) },
    { title: "Quality", value: shown(measured?.quality?.mean.value, (value) => value.toFixed(3)) },
    {
      title: "Contexts better / worse",
      value: standing === undefined ? undefined : `${standing.lift.better} / ${standing.lift.worse}`,
      note: standing === undefined ? undefined : `${standing.lift.undecided} not decided`,
    },
    {
      title: "Breakers open",
      value: standing === undefined ? undefined : String(standing.breakersOpen),
      note: standing?.frozen === true ? "frozen by a person or an alert" : undefined,
    },
  ];
}

/** The panels of an operation that stand beside those of time. */
export function operationTables({ standing, states }: WireOperation, adaptations: readonly WireAdaptation[]): Panel[] {
  return [
    {
      kind: "intervals",
      title: "Lift by context",
      question:
        "Where does learning help, now? The bars are intervals that hold however often one looks; past 0 it is proven.",
      unit: "lift",
      intervals: standing.lifts.map(({ context, estimate, lower, upper }) => ({
        name: describeContext(context),
        estimate,
        lower,
        upper,
      })),
    },
    {
      kind: "table",
      title: "Variants now",
      question: "Who is served what?",
      head: ["context", "in force", "shares", "last decision"],
      rows: states
        .slice(0, MOST_CONTEXTS)
        .map(({ context, parameters, variants, lastDecision }) => [
          describeContext(context),
          valuesText(parameters),
          variants
            .map(({ role, share }) => `${role === "baseline" ? "holdout" : role} ${percentText(share)}`)
            .join(", "),
          lastDecision === undefined ? "none yet" : lastDecision.reason.sentence,
        ]),
    },
    {
      kind: "table",
      title: "Adaptations",
      question: "What was changed, when, why?",
      head: ["time", "context", "change", "status", "confidence", "reason"],
      rows: adaptations.map(({ at, context, parameter, oldValue, newValue, status, confidence, reason }) => [
        timeText(at),
        describeContext(context),
        `${parameter} ${oldValue} → ${newValue}`,
        status,
        confidence.toFixed(2),
        reason.sentence,
      ]),
    },
  ];
}

/** The numbers above the charts of the controller. */
export function controllerTiles({ status, details }: WireHealth): Tile[] {
  const failing = details?.operations.filter(({ failuresInARow }) => failuresInARow > 0).length;
  return [
    { title: "Controller", value: status, note: details?.version },
    { title: "Role", value: details?.replica.role, note: details?.replica.name },
    {
      title: "Metric source",
      value: details === undefined ? undefined : details.source.reachable ? "reachable" : "not reachable",
      note: details?.source.detail ?? details?.source.kind,
    },
    {
      title: "Store",
      value: details === undefined ? undefined : details.store.reachable ? "reachable" : "not reachable",
      note: details?.store.problem ?? details?.store.kind,
    },
    {
      title: "Configuration",
      value: details === undefined ? undefined : details.configuration.current ? "current" : "the last one was refused",
    },
    { title: "Failing operations", value: failing === undefined ? undefined : String(failing) },
  ];
}

/** How each operation's last cycle went. */
export function cycleTable({ details }: WireHealth): Panel {
  return {
    kind: "table",
    title: "Last cycles",
    question: "Is each operation looked at, and what was found instead of evidence?",
    head: ["operation", "last good cycle", "failures in a row", "problem", "next cycle"],
    rows: (details?.operations ?? []).map(
      ({ component, operation, lastSuccessAt, failuresInARow, problem, skipped, evidence, nextCycleAt }) => [
        `${component} / ${operation}`,
        lastSuccessAt === undefined ? "none yet" : timeText(lastSuccessAt),
        String(failuresInARow),
        problem ?? skipped ?? (evidence === undefined ? "none" : `${evidence.kind}: ${evidence.detail}`),
        timeText(nextCycleAt),
      ],
    ),
    ...(details === undefined ? { problem: "the controller tells it to a token with the role read" } : {}),
  };
}

function shown(value: number | undefined, write: (value: number) => string): string | undefined {
  return value === undefined ? undefined : write(value);
}
