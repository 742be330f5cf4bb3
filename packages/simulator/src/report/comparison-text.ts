/** Several learners side by side, on the targets. */
import type { ScoreBoard, TargetRow } from "../judge/score-board.ts";
import { amountText } from "./score-board-text.ts";
import { textTable } from "./text-table.ts";

/**
 * A table of the targets with a column for each learner.
 *
 * @param boards By learner, the first one is what the others are compared with.
 */
export function comparisonText(boards: readonly (readonly [string, ScoreBoard])[]): string {
  const metrics = [...new Set(boards.flatMap(([, { targets }]) => targets.map(({ metric }) => metric)))];
  const rows = metrics.map((metric) => [
    metric,
    ...boards.map(([, { targets }]) => cellOf(targets.find((row) => row.metric === metric))),
  ]);
  return [
    ...textTable(["", ...boards.map(([learner]) => learner)], rows),
    "",
    "+ good, ~ only must, - missed. A learner that cannot work in an environment is judged on the others.",
  ].join("\n");
}

function cellOf(row: TargetRow | undefined): string {
  if (row === undefined) return "";
  return `${amountText(row.value, row.unit)} ${{ good: "+", must: "~", missed: "-" }[row.verdict]}`;
}
