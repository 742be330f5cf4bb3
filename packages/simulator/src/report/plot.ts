/** Utility per cycle against oracle and holdout, as an SVG that needs nothing else. */
import type { EnvironmentEvent } from "../environment.ts";
import type { Curves } from "./curves.ts";

/** Many panels are small, a single one is large. */
const SMALL = { width: 560, height: 240, left: 62, right: 20, top: 44, bottom: 36 };
const LARGE = { ...SMALL, width: 900, height: 390 };
type PanelSize = typeof SMALL;

const COLORS = {
  served: "#1d6fd1",
  band: "#9cc4f2",
  oracle: "#2a8f4a",
  holdout: "#8a6d1f",
  ink: "#24292f",
  grid: "#e3e6ea",
  event: "#f7ecdf",
  eventInk: "#8a4b08",
};

/** Draws one panel per environment, two in a row. */
export function plotSvg(curves: readonly Curves[], title: string): string {
  const columns = curves.length > 1 ? 2 : 1;
  const size = columns > 1 ? SMALL : LARGE;
  const rows = Math.ceil(curves.length / columns);
  const width = columns * size.width;
  const height = 64 + rows * size.height;
  const panels = curves.map((each, index) => {
    const [x, y] = [(index % columns) * size.width, 64 + Math.floor(index / columns) * size.height];
    return `<g transform="translate(${x} ${y})">${panel(each, size)}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="${COLORS.ink}">
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="${size.left}" y="26" font-size="16" font-weight="600">${escapeText(title)}</text>
${legend(size.left, 48)}
${panels.join("\n")}
</svg>
`;
}

function panel(curves: Curves, size: PanelSize): string {
  const { served, low, high, holdout, oracle } = curves;
  const all = [...low, ...high, ...holdout, ...oracle];
  const [bottom, top] = rangeOf(all);
  const plotWidth = size.width - size.left - size.right;
  const plotHeight = size.height - size.top - size.bottom;
  const x = (cycle: number): number => size.left + (cycle / Math.max(1, served.length - 1)) * plotWidth;
  const y = (utility: number): number => size.top + (1 - (utility - bottom) / (top - bottom)) * plotHeight;
  const line = (values: readonly number[], style: string): string =>
    `<polyline fill="none" ${style} points="${values.map((value, cycle) => `${x(cycle).toFixed(1)},${y(value).toFixed(1)}`).join(" ")}"/>`;
  const edge = (values: readonly number[], cycles: readonly number[]): string =>
    cycles.map((cycle) => `${x(cycle).toFixed(1)},${y(values[cycle] ?? 0).toFixed(1)}`).join(" ");
  const cycles = served.map((_, cycle) => cycle);
  return [
    `<text x="${size.left}" y="${size.top - 22}" font-weight="600">${escapeText(curves.environment)}</text>`,
    ...curves.events.map((event) => mark(event, x, served.length, size)),
    `<text x="${size.left - 6}" y="${size.top - 6}" text-anchor="end" fill-opacity="0.7">utility</text>`,
    ...ticksOf(bottom, top, size.height / 38).map((value) => horizontal(value, y(value), size)),
    ...ticksOf(0, served.length, 6)
      .filter((cycle) => cycle <= served.length)
      .map((cycle) => vertical(cycle, x(Math.min(cycle, served.length - 1)), size)),
    `<polygon fill="${COLORS.band}" fill-opacity="0.45" points="${edge(high, cycles)} ${edge(low, cycles.toReversed())}"/>`,
    `<text x="${size.width - size.right}" y="${size.height - 3}" text-anchor="end" fill-opacity="0.7">cycle</text>`,
    line(oracle, `stroke="${COLORS.oracle}" stroke-width="1.5" stroke-dasharray="6 3"`),
    line(holdout, `stroke="${COLORS.holdout}" stroke-width="1.5" stroke-dasharray="2 3"`),
    line(served, `stroke="${COLORS.served}" stroke-width="1.8"`),
  ].join("\n");
}

/** A band for what passes, a line for what stays, with its name on top. */
function mark(event: EnvironmentEvent, x: (cycle: number) => number, cycles: number, size: PanelSize): string {
  const [left, right] = [x(event.from), x(Math.min(event.to ?? event.from, cycles - 1))];
  const [top, bottom] = [size.top, size.height - size.bottom];
  const shape =
    event.to === undefined
      ? `<line x1="${left.toFixed(1)}" x2="${left.toFixed(1)}" y1="${top}" y2="${bottom}" stroke="${COLORS.eventInk}" stroke-dasharray="3 3"/>`
      : `<rect x="${left.toFixed(1)}" y="${top}" width="${(right - left).toFixed(1)}" height="${bottom - top}" fill="${COLORS.event}"/>`;
  return `${shape}<text x="${((left + right) / 2).toFixed(1)}" y="${top - 5}" text-anchor="middle" font-size="11" fill="${COLORS.eventInk}">${escapeText(event.name)}</text>`;
}

function horizontal(value: number, y: number, size: PanelSize): string {
  const line = `<line x1="${size.left}" x2="${size.width - size.right}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}" stroke="${COLORS.grid}"/>`;
  return `${line}<text x="${size.left - 6}" y="${(y + 4).toFixed(1)}" text-anchor="end">${Number(value.toPrecision(4))}</text>`;
}

function vertical(cycle: number, x: number, size: PanelSize): string {
  const y = size.height - size.bottom;
  const line = `<line x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="${y}" y2="${y + 4}" stroke="${COLORS.ink}"/>`;
  return `${line}<text x="${x.toFixed(1)}" y="${y + 18}" text-anchor="middle">${cycle}</text>`;
}

function legend(x: number, y: number): string {
  const entries = [
    ["served (band: range of the seeds)", `stroke="${COLORS.served}" stroke-width="2"`, 230],
    ["best allowed (oracle)", `stroke="${COLORS.oracle}" stroke-width="2" stroke-dasharray="6 3"`, 180],
    ["base values (holdout)", `stroke="${COLORS.holdout}" stroke-width="2" stroke-dasharray="2 3"`, 0],
  ] as const;
  let at = x;
  return entries
    .map(([text, style, advance]) => {
      const drawn = `<line x1="${at}" x2="${at + 24}" y1="${y - 4}" y2="${y - 4}" ${style}/><text x="${at + 30}" y="${y}">${text}</text>`;
      at += advance + 30;
      return drawn;
    })
    .join("");
}

/** A range with a little room around the values, never of no height. */
function rangeOf(values: readonly number[]): [number, number] {
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const room = Math.max(0.005, (high - low) * 0.08);
  return [low - room, high + room];
}

/** About so many round numbers between two values. */
function ticksOf(from: number, to: number, count: number): number[] {
  const raw = (to - from) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw) ?? 10);
  const ticks: number[] = [];
  for (let index = Math.ceil(from / step); index * step <= to; index++)
    ticks.push(Number((index * step).toPrecision(10)));
  return ticks;
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
