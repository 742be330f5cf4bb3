/** Utility per cycle against oracle and holdout, in characters. */
import type { Curves } from "./curves.ts";

const WIDTH = 72;
const HEIGHT = 12;
const MARGIN = 8;

/** A plot of 80 columns; each column is the mean of its cycles. */
export function terminalPlot(curves: Curves): string {
  const { environment, served, oracle, holdout, events } = curves;
  const columns = Math.min(WIDTH, served.length);
  const lines = [
    { values: perColumn(holdout, columns), mark: "·" },
    { values: perColumn(oracle, columns), mark: "─" },
    { values: perColumn(served, columns), mark: "●" },
  ];
  const all = lines.flatMap(({ values }) => values);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const row = (value: number): number => Math.round(((high - value) / Math.max(high - low, 1e-9)) * (HEIGHT - 1));
  const grid = Array.from({ length: HEIGHT }, () => Array.from({ length: columns }, () => " "));
  for (const { values, mark } of lines)
    values.forEach((value, column) => {
      const cells = grid[row(value)];
      if (cells !== undefined) cells[column] = mark;
    });
  const label = (index: number): string =>
    index === 0 || index === HEIGHT - 1 || index === HEIGHT >> 1
      ? (high - (index / (HEIGHT - 1)) * (high - low)).toFixed(3)
      : "";
  const at = (cycle: number): number => Math.min(columns - 1, Math.floor((cycle * columns) / served.length));
  const last = `cycle ${served.length}`;
  return [
    `${environment}: utility per call   ● served   ─ best allowed (oracle)   · base values (holdout)`,
    ...grid.map((cells, index) => `${label(index).padStart(MARGIN - 2)} ┤${cells.join("")}`.trimEnd()),
    `${" ".repeat(MARGIN - 1)}└${"─".repeat(columns)}`,
    `${" ".repeat(MARGIN)}0${last.padStart(columns - 1)}`,
    ...events.map(({ name, from, to }) => {
      const width = Math.max(1, at(to ?? from) - at(from));
      return `${" ".repeat(MARGIN + at(from))}${"▔".repeat(width)} ${name}`;
    }),
  ].join("\n");
}

function perColumn(values: readonly number[], columns: number): number[] {
  return Array.from({ length: columns }, (_, index) => {
    const from = Math.floor((index * values.length) / columns);
    const to = Math.max(from + 1, Math.floor(((index + 1) * values.length) / columns));
    const part = values.slice(from, to);
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
}
