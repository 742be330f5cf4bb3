/** The panels of a report from the controller's own memory, for metric sources that nobody else can ask. One point an hour, or fewer. */
import { type Context, describeContext } from "@trimtab/conventions";
import type { WireTrend, WireTrendPoint } from "../http/wire/trend-wire.ts";
import type { Panel, Point, Segment } from "./report.ts";

const HOUR_MILLISECONDS = 3_600_000;
const MOST_POINTS = 200;

/** The length of a point in whole hours. */
export function trendStepHours(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / MOST_POINTS / HOUR_MILLISECONDS));
}

/**
 * @param whole What the operation did in all contexts.
 * @param contexts What was in force in each context that is drawn.
 */
export function trendPanels(
  whole: WireTrend,
  contexts: readonly { readonly context: Context; readonly trend: WireTrend }[],
  stepHours: number,
  marks: readonly number[],
): Panel[] {
  const step = stepHours * HOUR_MILLISECONDS;
  const points = (value: (point: WireTrendPoint) => number | undefined): Point[] => withGaps(whole.points, step, value);
  const panel = (
    title: string,
    question: string,
    unit: Extract<Panel, { kind: "lines" }>["unit"],
    value: (point: WireTrendPoint) => number | undefined,
    includes: readonly number[] = [],
  ): Extract<Panel, { kind: "lines" }> => ({
    kind: "lines",
    title,
    question,
    unit,
    lines: [{ name: "all calls", points: points(value) }],
    includes,
    marks,
  });
  return [
    panel("Success", "Which share of the calls ended well?", "ratio", ({ successRate }) => successRate, [1]),
    panel(
      "Calls",
      "How many calls end in a second?",
      "perSecond",
      ({ total, measuredSeconds }) =>
        total === undefined || measuredSeconds === 0 ? undefined : total / measuredSeconds,
      [0],
    ),
    panel(
      "p95 duration",
      "How long do the slowest twentieth of the calls take, or longer?",
      "seconds",
      ({ durationSeconds }) => durationSeconds?.p95.value,
      [0],
    ),
    panel(
      "Quality",
      "How good are the results, from 0 to 1, where they are scored?",
      "score",
      ({ quality }) => quality?.mean.value,
    ),
    {
      ...panel(
        "Lift",
        "What is learning worth, measured against the holdout in the same windows? Above 0 it helps.",
        "lift",
        ({ lift }) => lift?.estimate,
        [0],
      ),
      band: { lower: points(({ lift }) => lift?.lower), upper: points(({ lift }) => lift?.upper) },
    },
    {
      kind: "timeline",
      title: "Parameters in force",
      question: "Which values do most calls get, in which context, since when?",
      rows: contexts.flatMap(({ context, trend }) => parameterRows(context, trend)),
    },
    panel(
      "Feedback",
      "How do people and other services judge the results, from 0 to 1?",
      "score",
      ({ feedback }) => feedback?.mean,
      [0, 1],
    ),
  ];
}

/** Points in the middle of their time; a gap wherever one does not follow the one before it. */
function withGaps(
  points: readonly WireTrendPoint[],
  step: number,
  value: (point: WireTrendPoint) => number | undefined,
): Point[] {
  let before: number | undefined;
  return points.flatMap((point) => {
    const from = Date.parse(point.from);
    const gap = before !== undefined && from - before > step ? [{ time: before + step, value: undefined }] : [];
    before = from;
    return [...gap, { time: (from + Date.parse(point.to)) / 2, value: value(point) }];
  });
}

function parameterRows(context: Context, { points }: WireTrend): { name: string; segments: Segment[] }[] {
  const names = [...new Set(points.flatMap(({ parameters }) => Object.keys(parameters ?? {})))].sort();
  return names.map((parameter) => {
    const segments: Segment[] = [];
    for (const { from, to, parameters } of points) {
      const value = parameters?.[parameter];
      if (value === undefined) continue;
      const segment = { from: Date.parse(from), to: Date.parse(to), value: String(value) };
      const last = segments.at(-1);
      if (last?.value === segment.value && last.to === segment.from)
        segments[segments.length - 1] = { ...last, to: segment.to };
      else segments.push(segment);
    }
    return { name: `${parameter} in ${describeContext(context)}`, segments };
  });
}
