/**
 * Small charts as plain data: what is drawn is a tree of SVG elements that anything can put on a page or into a file. Pure.
 *
 * Colours and strokes come from classes, so that they follow the page; every chart has its own summary in words.
 */

/** An SVG element. */
export interface Drawing {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly children: readonly (Drawing | string)[];
}

/** An estimate with its interval. */
export interface ChartInterval {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

/** A lift at a time; without an interval there was none at that time, and the line has a gap. */
export interface LiftPoint {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly lift: ChartInterval | undefined;
  /** What a pointer that rests there is told. */
  readonly says: string;
}

/** Something that happened, marked below the line. */
export interface ChartMark {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly says: string;
}

/** A span of values. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const LEFT = 52;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 34;

/**
 * Lift over time: the line of the estimate, the band of the interval, zero, and marks for what was changed.
 *
 * @param points oldest first
 * @param size in pixels
 * @param clock how a time is written on the axis
 */
export function liftChart(
  points: readonly LiftPoint[],
  marks: readonly ChartMark[],
  size: { readonly width: number; readonly height: number },
  summary: string,
  clock: (milliseconds: number) => string,
): Drawing {
  const times = { from: points[0]?.at ?? 0, to: points.at(-1)?.at ?? 1 };
  const values = valueSpan(points.flatMap(({ lift }) => (lift === undefined ? [] : [lift])));
  const bottom = size.height - BOTTOM;
  const right = size.width - RIGHT;
  const x = (at: number): number => scaled(at, times, { from: LEFT, to: right });
  const y = (value: number): number => scaled(value, values, { from: bottom, to: TOP });
  const runs = unbroken(points);
  const ticks = niceTicks(values);
  return svg(size, summary, [
    ...ticks.flatMap((tick) => [
      element("line", {
        class: tick === 0 ? "zero" : "grid",
        x1: LEFT,
        x2: right,
        y1: round(y(tick)),
        y2: round(y(tick)),
      }),
      text("tick", LEFT - 6, round(y(tick)) + 4, "end", tickText(tick, ticks)),
    ]),
    ...timeTicks(times, size.width).map((at, index, all) =>
      text(
        "tick",
        round(x(at)),
        size.height - 4,
        index === 0 ? "start" : index === all.length - 1 ? "end" : "middle",
        clock(at),
      ),
    ),
    ...runs.map((run) => element("path", { class: "band", d: bandPath(run, x, y) })),
    ...runs.map((run) => element("path", { class: "estimate", d: linePath(run, x, y) })),
    ...runs
      .filter((run) => run.length === 1)
      .map(([only]) =>
        element("circle", { class: "point", cx: round(x(only.at)), cy: round(y(only.lift.estimate)), r: 2.5 }),
      ),
    ...marks
      .filter(({ at }) => at >= times.from && at <= times.to)
      .map(({ at, says }) =>
        element("path", { class: "mark", d: markPath(x(at), bottom) }, [element("title", {}, [says])]),
      ),
    ...points.map(({ says }, index) => strip(points, index, x, bottom, says)),
  ]);
}

/**
 * Intervals below each other on one scale, with the line of zero: where an interval does not touch it, it is proven.
 *
 * @param span the scale; `valueSpan` of everything that is to be compared
 */
export function intervalPlot(
  intervals: readonly ChartInterval[],
  span: Span,
  size: { readonly width: number; readonly rowHeight: number },
  summary: string,
): Drawing {
  const height = Math.max(1, intervals.length) * size.rowHeight;
  const x = (value: number): number => round(scaled(value, span, { from: 3, to: size.width - 3 }));
  return svg({ width: size.width, height }, summary, [
    element("line", { class: "zero", x1: x(0), x2: x(0), y1: 0, y2: height }),
    ...intervals.flatMap((interval, row) => {
      const middle = round((row + 0.5) * size.rowHeight);
      const kind = verdictOf(interval);
      return [
        element("line", {
          class: `whisker ${kind}`,
          x1: x(interval.lower),
          x2: x(interval.upper),
          y1: middle,
          y2: middle,
        }),
        element("circle", { class: `point ${kind}`, cx: x(interval.estimate), cy: middle, r: 3 }),
      ];
    }),
  ]);
}

/** What an interval proves. */
export function verdictOf({ lower, upper }: ChartInterval): "better" | "worse" | "undecided" {
  if (lower > 0) return "better";
  return upper < 0 ? "worse" : "undecided";
}

/** A scale that holds the estimates, zero, and nine in ten of the bounds: intervals begin very wide, and would flatten the rest. */
export function valueSpan(intervals: readonly ChartInterval[]): Span {
  const estimates = intervals.map(({ estimate }) => estimate);
  const lowers = intervals.map(({ lower }) => lower).toSorted((one, other) => one - other);
  const uppers = intervals.map(({ upper }) => upper).toSorted((one, other) => one - other);
  const cut = Math.floor(intervals.length / 10);
  const from = Math.min(0, ...estimates, lowers[cut] ?? 0);
  const to = Math.max(0, ...estimates, uppers[uppers.length - 1 - cut] ?? 0);
  const margin = (to - from) * 0.05 || 0.01;
  return { from: from - margin, to: to + margin };
}

/** Three to six round numbers inside a span; zero is one of them where the span holds it. */
export function niceTicks({ from, to }: Span): readonly number[] {
  const rough = (to - from) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.ceil(from / step);
  const last = Math.floor(to / step);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => (first + index) * step);
}

type Measured = LiftPoint & { readonly lift: ChartInterval };
type Run = readonly [Measured, ...Measured[]];

/** The stretches in which every point has a lift. */
function unbroken(points: readonly LiftPoint[]): readonly Run[] {
  const runs: [Measured, ...Measured[]][] = [];
  let isOpen = false;
  for (const point of points) {
    const { lift } = point;
    if (lift === undefined) {
      isOpen = false;
      continue;
    }
    if (isOpen) runs.at(-1)?.push({ ...point, lift });
    else runs.push([{ ...point, lift }]);
    isOpen = true;
  }
  return runs;
}

type Axis = (value: number) => number;

function linePath(run: Run, x: Axis, y: Axis): string {
  return `M${run.map(({ at, lift }) => `${round(x(at))},${round(y(lift.estimate))}`).join("L")}`;
}

function bandPath(run: Run, x: Axis, y: Axis): string {
  const upper = run.map(({ at, lift }) => `${round(x(at))},${round(y(lift.upper))}`);
  const lower = run.map(({ at, lift }) => `${round(x(at))},${round(y(lift.lower))}`).toReversed();
  return `M${[...upper, ...lower].join("L")}Z`;
}

/** A small triangle that points up at the line of time. */
function markPath(x: number, bottom: number): string {
  return `M${round(x - 4)},${bottom + 11}L${round(x)},${bottom + 3}L${round(x + 4)},${bottom + 11}Z`;
}

/** The part of the chart that is nearer to this point than to any other: resting there tells its numbers. */
function strip(points: readonly LiftPoint[], index: number, x: Axis, bottom: number, says: string): Drawing {
  const own = x(points[index]?.at ?? 0);
  const from = index === 0 ? own - 2 : (x(points[index - 1]?.at ?? 0) + own) / 2;
  const to = index === points.length - 1 ? own + 2 : (x(points[index + 1]?.at ?? 0) + own) / 2;
  const attributes = {
    class: "strip",
    x: round(from),
    y: TOP,
    width: round(Math.max(1, to - from)),
    height: bottom - TOP,
  };
  return element("rect", attributes, [element("title", {}, [says])]);
}

function timeTicks({ from, to }: Span, width: number): readonly number[] {
  const parts = width < 480 ? 2 : 4;
  if (to <= from) return [from];
  return Array.from({ length: parts + 1 }, (_, index) => from + ((to - from) * index) / parts);
}

/** With the digits that tell the ticks apart, a real minus, and a plus. */
function tickText(tick: number, all: readonly number[]): string {
  const step = Math.abs((all[1] ?? 1) - (all[0] ?? 0)) || 1;
  const digits = Math.max(0, Math.min(6, Math.ceil(-Math.log10(step) - 1e-9)));
  return tick === 0 ? "0" : `${tick > 0 ? "+" : "−"}${Math.abs(tick).toFixed(digits)}`;
}

/** From one span to another; what lies outside is drawn at the edge. */
function scaled(value: number, { from, to }: Span, onto: Span): number {
  const share = to === from ? 0.5 : Math.min(1, Math.max(0, (value - from) / (to - from)));
  return onto.from + share * (onto.to - onto.from);
}

function svg(
  { width, height }: { readonly width: number; readonly height: number },
  summary: string,
  children: readonly Drawing[],
): Drawing {
  const attributes = {
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: "img",
    "aria-label": summary,
    class: "chart",
  };
  return element("svg", attributes, children);
}

function text(kind: string, x: number, y: number, anchor: string, content: string): Drawing {
  return element("text", { class: kind, x, y, "text-anchor": anchor }, [content]);
}

function element(
  tag: string,
  attributes: Readonly<Record<string, string | number>>,
  children: readonly (Drawing | string)[] = [],
): Drawing {
  return { tag, attributes, children };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
