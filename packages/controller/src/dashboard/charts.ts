/** Charts as SVG, without scripts: lines with a band, intervals, and values in force over time. */
import { type Markup, markup } from "./markup.ts";
import type { Line, Panel, Point, Span, Unit } from "./report.ts";
import { niceAxis, timeTicks, valueText } from "./scales.ts";

type Of<Kind extends Panel["kind"]> = Extract<Panel, { kind: Kind }>;

const WIDTH = 420;
const HEIGHT = 190;
const PLOT = { left: 56, right: 412, top: 10, bottom: 164 };

/** A chart of lines; the first one may have a band around it. */
export function lineChart(panel: Of<"lines">, span: Span): Markup {
  const { lines, band, unit, marks = [], includes = [] } = panel;
  const values = [...lines.map(({ points }) => points), band?.lower ?? [], band?.upper ?? []]
    .flat()
    .flatMap(({ value }) => value ?? []);
  const ticks = axisOf([...values, ...includes], unit);
  const [bottom = 0, top = 1] = [ticks[0], ticks.at(-1)];
  const y = (value: number): number =>
    round(PLOT.bottom - ((value - bottom) / (top - bottom)) * (PLOT.bottom - PLOT.top));
  const x = timeScale(span);
  return svg(
    HEIGHT,
    describeLines(panel),
    markup`${ticks.map(
      (
        tick,
      ) => markup`<path class="${tick === 0 && unit === "lift" ? "zero" : "grid"}" d="M${PLOT.left} ${y(tick)}H${PLOT.right}"/>
<text class="axis end" x="${PLOT.left - 6}" y="${y(tick) + 4}">${unit === "state" && tick === 1 ? "half" : valueText(tick, unit)}</text>`,
    )}${timeAxis(span, PLOT.bottom)}${marks.map(
      (time) => markup`<path class="mark" d="M${x(time)} ${PLOT.top}V${PLOT.bottom}"/>`,
    )}${band === undefined ? undefined : bandPath(band, x, y)}${lines.map((line, index) => linePaths(line, lineClass(line, index), x, y))}`,
  );
}

/** Round numbers for the values; shares and scores never leave 0 to 1. */
function axisOf(values: readonly number[], unit: Unit): readonly number[] {
  if (unit === "state") return [0, 1, 2];
  if (unit !== "ratio" && unit !== "score") return niceAxis(values).ticks;
  const lowest = Math.min(...values);
  const isFlat = Math.max(...values) - lowest < 0.001;
  return niceAxis(isFlat ? [...values, Math.max(0, lowest - 0.05), Math.min(1, lowest + 0.05)] : values).ticks.filter(
    (tick) => tick >= 0 && tick <= 1,
  );
}

/** The class of a line, which stands in the legend too. */
export function lineClass({ isHoldout }: Line, index: number): string {
  return isHoldout === true ? "holdout" : `line${index % 6}`;
}

function linePaths({ points }: Line, name: string, x: Scale, y: Scale): Markup[] {
  return runsOf(points).map((run) =>
    run.length === 1
      ? markup`<circle class="${name} dot" cx="${x(run[0]?.time ?? 0)}" cy="${y(run[0]?.value ?? 0)}" r="2.5"/>`
      : markup`<path class="${name} stroke" d="${pathThrough(run, x, y)}"/>`,
  );
}

function bandPath(
  { lower, upper }: { readonly lower: readonly Point[]; readonly upper: readonly Point[] },
  x: Scale,
  y: Scale,
): Markup[] {
  const above = new Map(upper.map(({ time, value }) => [time, value]));
  const both = lower.map(({ time, value }) => ({ time, value: above.get(time) === undefined ? undefined : value }));
  return runsOf(both).map((run) => {
    const back = run.map(({ time }) => ({ time, value: above.get(time) as number })).reverse();
    return markup`<path class="band" d="${pathThrough(run, x, y)}L${pathThrough(back, x, y).slice(1)}Z"/>`;
  });
}

interface Known {
  readonly time: number;
  readonly value: number;
}

/** The stretches without a gap. */
function runsOf(points: readonly Point[]): Known[][] {
  const runs: Known[][] = [[]];
  for (const { time, value } of points) {
    if (value === undefined) runs.push([]);
    else runs.at(-1)?.push({ time, value });
  }
  return runs.filter((run) => run.length > 0);
}

function pathThrough(run: readonly Known[], x: Scale, y: Scale): string {
  return run.map(({ time, value }, index) => `${index === 0 ? "M" : "L"}${x(time)} ${y(value)}`).join("");
}

/** Estimates with their bounds, one below the other; the line at zero is where nothing is won or lost. */
export function intervalChart({ title, unit, intervals }: Of<"intervals">): Markup {
  const left = 132;
  const row = 24;
  const { ticks } = niceAxis([0, ...intervals.flatMap(({ lower, upper }) => [lower, upper])], 4);
  const [lowest = 0, highest = 1] = [ticks[0], ticks.at(-1)];
  const x = (value: number): number => round(left + ((value - lowest) / (highest - lowest)) * (PLOT.right - 18 - left));
  const bottom = 8 + intervals.length * row;
  const told = intervals.map(
    ({ name, estimate, lower, upper }) =>
      `${name} ${valueText(estimate, unit)} (${valueText(lower, unit)} to ${valueText(upper, unit)})`,
  );
  return svg(
    bottom + 26,
    `${title}: ${told.join("; ")}`,
    markup`${ticks.map(
      (tick) => markup`<path class="${tick === 0 ? "zero" : "grid"}" d="M${x(tick)} 8V${bottom}"/>
<text class="axis middle" x="${x(tick)}" y="${bottom + 16}">${valueText(tick, unit)}</text>`,
    )}${intervals.map(({ name, estimate, lower, upper }, index) => {
      const y = 8 + (index + 0.5) * row;
      const judged = lower > 0 ? "good" : upper < 0 ? "bad" : "open";
      return markup`<text class="axis end" x="${left - 8}" y="${y + 4}">${shortened(name, 18)}</text>
<path class="${judged} whisker" d="M${x(lower)} ${y}H${x(upper)}M${x(lower)} ${y - 4}V${y + 4}M${x(upper)} ${y - 4}V${y + 4}"/>
<circle class="${judged} dot" cx="${x(estimate)}" cy="${y}" r="4"><title>${told[index]}</title></circle>`;
    })}`,
  );
}

/** Which value was in force when; each value keeps its shade, and is written where there is room. */
export function timelineChart({ title, rows }: Of<"timeline">, span: Span): Markup {
  const row = 38;
  const x = timeScale(span, 8);
  const bottom = 4 + rows.length * row;
  const shades = new Map<string, number>();
  const shadeOf = (row: string, value: string): number => {
    const key = `${row.split(" in ")[0]} ${value}`;
    if (!shades.has(key)) shades.set(key, shades.size % 6);
    return shades.get(key) ?? 0;
  };
  return svg(
    bottom + 24,
    `${title}: ${rows.map(({ name, segments }) => `${name} ${segments.at(-1)?.value ?? "unknown"} now`).join("; ")}`,
    markup`${timeAxis(span, bottom, 8)}${rows.map(({ name, segments }, index) => {
      const y = 4 + index * row;
      return markup`<text class="axis" x="8" y="${y + 11}">${shortened(name, 60)}</text>${segments.map(
        ({ from, to, value }) => {
          const width = round(Math.max(1.5, x(to) - x(from)));
          const room = Math.floor((width - 6) / 6.6);
          return markup`<rect class="shade${shadeOf(name, value)}" x="${x(from)}" y="${y + 15}" width="${width}" height="18"><title>${name}: ${value}</title></rect>${
            room < Math.min(value.length, 3)
              ? undefined
              : markup`<text class="value" x="${round(x(from) + 4)}" y="${y + 28}">${shortened(value, room)}</text>`
          }`;
        },
      )}`;
    })}`,
  );
}

function timeAxis(span: Span, bottom: number, left: number = PLOT.left): Markup[] {
  const x = timeScale(span, left);
  return timeTicks(span).map(
    ({ time, text }) => markup`<path class="tick" d="M${x(time)} ${bottom}v4"/>
<text class="axis middle" x="${Math.min(Math.max(x(time), left + 12), PLOT.right - 14)}" y="${bottom + 17}">${text}</text>`,
  );
}

type Scale = (value: number) => number;

function timeScale({ from, to }: Span, left: number = PLOT.left): Scale {
  return (time) => round(left + ((Math.min(Math.max(time, from), to) - from) / (to - from)) * (PLOT.right - left));
}

function svg(height: number, told: string, content: Markup): Markup {
  return markup`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${told}">${content}</svg>`;
}

/** For those who do not see the picture. */
function describeLines({ title, lines, unit }: Of<"lines">): string {
  const told = lines.map(({ name, points }) => {
    const values = points.flatMap(({ value }) => value ?? []);
    const last = values.at(-1);
    return last === undefined
      ? `${name}: no data`
      : `${name}: ${valueText(last, unit)} at the end, ${valueText(Math.min(...values), unit)} to ${valueText(Math.max(...values), unit)}`;
  });
  return `${title}. ${told.join("; ")}`;
}

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, Math.max(1, most - 1))}…`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
