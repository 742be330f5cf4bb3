/** The score board for people. */
import type { EnvironmentScore } from "../judge/environment-score.ts";
import type { Estimate } from "../judge/estimate.ts";
import type { CalibrationRow, ScoreBoard, TargetRow } from "../judge/score-board.ts";
import { textTable } from "./text-table.ts";

/**
 * The score board as text.
 *
 * @param sparklines By environment: the share of the possible lift over the run.
 */
export function scoreBoardText(board: ScoreBoard, sparklines: ReadonlyMap<string, string>): string {
  const environments = board.environments.map((score) =>
    environmentRow(score, sparklines.get(score.environment) ?? ""),
  );
  const header = [
    "environment",
    "regret",
    "last ¼",
    "breaking",
    "false",
    "needless",
    "changes",
    "to 80 %",
    "lift over the run",
  ];
  return [
    ...textTable(header, environments),
    "",
    "regret 0: oracle within the limits, 1: base values for ever (* where these are best, 1: uniform choice; = nothing matters).",
    "breaking: calls on settings that break a limit. false, needless, changes: per context. to 80 %: cycles in the median, and seeds.",
    "±: half of the interval that holds the true mean over all seeds with 95 %.",
    "",
    ...textTable(["target", "value", "must", "good", ""], board.targets.map(targetRow)),
    "",
    summaryOf(board.targets),
    ...calibrationText(board.calibration),
  ].join("\n");
}

function environmentRow(score: EnvironmentScore, sparkline: string): string[] {
  const mark = { lift: "", "baseline-best": " *", "nothing-matters": " =" }[score.kind];
  const isLift = score.kind === "lift";
  return [
    `${score.environment}${mark}`,
    score.kind === "nothing-matters" ? "" : withInterval(score.regret, 3),
    score.kind === "nothing-matters" ? "" : withInterval(score.lastQuarterRegret, 3),
    score.hasLimits ? `${withInterval(score.violatingTraffic, 1, 100)} %` : "",
    withInterval(score.falseChanges, 2),
    withInterval(score.needlessReturns, 2),
    withInterval(score.changes, 1),
    isLift ? liftText(score) : "",
    isLift ? sparkline : "",
  ];
}

/** What a person wants to know first. */
function summaryOf(targets: readonly TargetRow[]): string {
  const of = (verdict: TargetRow["verdict"]): string[] =>
    targets.filter((row) => row.verdict === verdict).map(({ metric }) => metric);
  const [must, missed] = [of("must"), of("missed")];
  return [
    `${targets.length - must.length - missed.length} of ${targets.length} targets are good.`,
    ...(must.length === 0 ? [] : [`Only must: ${must.join("; ")}.`]),
    ...(missed.length === 0 ? [] : [`MISSED: ${missed.join("; ")}.`]),
  ].join(" ");
}

function targetRow(row: TargetRow): string[] {
  const text = (value: number): string => amountText(value, row.unit);
  const words = { good: "good", must: "only must", missed: "MISSED" };
  const where = row.worst === undefined ? "" : ` (${row.worst})`;
  const half = row.halfWidth === undefined ? "" : ` ±${text(row.halfWidth)}`;
  return [row.metric, `${text(row.value)}${half}${where}`, text(row.must), text(row.good), words[row.verdict]];
}

/** A value of a target with its unit. */
export function amountText(value: number, unit: TargetRow["unit"]): string {
  if (!Number.isFinite(value)) return "-";
  switch (unit) {
    case "share":
      return percent(value);
    case "cycles":
      return String(value);
    case "milliseconds":
      return `${value.toFixed(1)} ms`;
    default:
      return value.toFixed(3);
  }
}

function calibrationText(rows: readonly CalibrationRow[]): string[] {
  if (rows.length === 0) return [];
  const lines = rows.map(({ from, to, changes, meanConfidence, right }) => [
    `${from} to ${to}`,
    String(changes),
    meanConfidence.toFixed(3),
    String(Math.round(right.mean * changes)),
    `${right.mean.toFixed(3)} (${right.lower.toFixed(3)} to ${right.upper.toFixed(3)})`,
  ]);
  const boastful = rows.filter(({ meanConfidence, right }) => right.upper < meanConfidence);
  return [
    "",
    ...textTable(["confidence", "changes", "mean", "right", "share (95 %)"], lines),
    "right: changes that are truly better and keep the limits.",
    boastful.length === 0
      ? "In no row is the share below the confidence by more than chance allows."
      : `TOO CONFIDENT from ${boastful.map(({ from, to }) => `${from} to ${to}`).join(", ")}: the share is below the confidence by more than chance allows.`,
  ];
}

/** The mean and half the width of its interval. */
function withInterval({ mean, upper }: Estimate, digits: number, factor = 1): string {
  const text = (mean * factor).toFixed(digits);
  return Number.isFinite(upper) ? `${text} ±${((upper - mean) * factor).toFixed(digits)}` : text;
}

/** `24 (18 to 31) 5/5`: median, its interval, the seeds that had it. */
function liftText({ cyclesToLift: { median, lower, upper }, reached, seeds }: EnvironmentScore): string {
  const text = (cycles: number): string => (Number.isFinite(cycles) ? String(cycles) : "never");
  const interval = Number.isFinite(lower) ? ` (${text(lower)} to ${text(upper)})` : "";
  return `${text(median)}${interval} ${reached}/${seeds}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
