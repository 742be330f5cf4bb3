/** The score board for people. */
import type { EnvironmentScore } from "../judge/environment-score.ts";
import type { Estimate } from "../judge/estimate.ts";
import type { CalibrationRow, ScoreBoard, TargetRow } from "../judge/score-board.ts";

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
    "regret (95 %)",
    "last ¼",
    "breaking",
    "false",
    "needless",
    "changes",
    "to 80 %",
    "lift over the run",
  ];
  return [
    ...table(header, environments),
    "",
    "regret 0: oracle within the limits, 1: base values for ever (* where these are best, 1: uniform choice; = nothing matters).",
    "breaking: calls on settings that break a limit. false, needless, changes: per context. to 80 %: median of cycles (seeds).",
    "",
    ...table(["target", "value", "must", "good", ""], board.targets.map(targetRow)),
    ...calibrationText(board.calibration),
  ].join("\n");
}

function environmentRow(score: EnvironmentScore, sparkline: string): string[] {
  const mark = { lift: "", "baseline-best": " *", "nothing-matters": " =" }[score.kind];
  const isLift = score.kind === "lift";
  return [
    `${score.environment}${mark}`,
    score.kind === "nothing-matters" ? "" : withInterval(score.regret),
    score.kind === "nothing-matters" ? "" : score.lastQuarterRegret.mean.toFixed(3),
    score.hasLimits ? percent(score.violatingTraffic.mean) : "",
    score.falseChanges.mean.toFixed(2),
    score.needlessReturns.mean.toFixed(2),
    score.changes.mean.toFixed(2),
    isLift ? `${score.cyclesToLift ?? "never"} (${score.reached}/${score.seeds})` : "",
    isLift ? sparkline : "",
  ];
}

function targetRow(row: TargetRow): string[] {
  const text = (value: number): string => amount(value, row.unit);
  const words = { good: "good", must: "only must", missed: "MISSED" };
  const where = row.worst === undefined ? "" : ` (${row.worst})`;
  return [row.metric, `${text(row.value)}${where}`, text(row.must), text(row.good), words[row.verdict]];
}

function amount(value: number, unit: TargetRow["unit"]): string {
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
    `${right.mean.toFixed(3)} (${right.lower.toFixed(2)} to ${right.upper.toFixed(2)})`,
  ]);
  return ["", ...table(["confidence", "changes", "mean", "truly better (95 %)"], lines)];
}

function withInterval({ mean, lower, upper }: Estimate): string {
  if (!Number.isFinite(lower)) return mean.toFixed(3);
  return `${mean.toFixed(3)} (${lower.toFixed(2)} to ${upper.toFixed(2)})`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** Columns two spaces apart. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [header, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
