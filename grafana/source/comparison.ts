/**
 * What was measured under other values less what was measured under the base values, with the usual 95 % band: d ± 1.96 · √(v₁/n₁ + v₂/n₂).
 * Contexts are pooled and the shares may have moved meanwhile, so it is for looking; what is decided rests on the lift.
 */
import { BASE_VALUES, BY_OPERATION, OTHER_VALUES, successRatio, sumBy, WHOLE_RANGE } from "./expressions.ts";
import { service } from "./series.ts";

/** What is compared. */
export type Measure = "success" | "quality" | "duration";

/** The three columns of a comparison. */
export interface Comparison {
  readonly difference: string;
  readonly lower: string;
  readonly upper: string;
}

/** Normal quantile of a 95 % band. */
const WIDTH = 1.96;

interface Side {
  readonly mean: string;
  readonly variance: string;
  readonly count: string;
}

/** The comparison of one measure, by operation, over the whole time range. */
export function comparison(measure: Measure, matchers: string): Comparison {
  const [others, base] = [OTHER_VALUES, BASE_VALUES].map((side) => sideOf(measure, `${matchers},${side}`)) as [
    Side,
    Side,
  ];
  const difference = `(${others.mean}) - (${base.mean})`;
  const ofMean = ({ variance, count }: Side): string => `(${variance}) / (${count} > 0)`;
  const band = `${WIDTH} * sqrt(${ofMean(others)} + ${ofMean(base)})`;
  return { difference, lower: `${difference} - ${band}`, upper: `${difference} + ${band}` };
}

function sideOf(measure: Measure, matchers: string): Side {
  const increase = (series: string): string => sumBy(BY_OPERATION, `increase(${series}{${matchers}}[${WHOLE_RANGE}])`);
  if (measure === "success") {
    const mean = successRatio(matchers, BY_OPERATION, WHOLE_RANGE);
    const all = increase(service.operationCalls);
    return { mean, variance: `(${mean}) * (1 - (${mean}))`, count: all };
  }
  const [histogram, squares] =
    measure === "quality"
      ? [service.operationQuality, service.operationQualitySquares]
      : [service.operationDuration, service.operationDurationSquares];
  const count = increase(`${histogram}_count`);
  const mean = `${increase(`${histogram}_sum`)} / (${count} > 0)`;
  // Rounding may leave a hair below zero where all are alike.
  const variance = `clamp_min(${increase(squares)} / (${count} > 0) - (${mean}) ^ 2, 0)`;
  return { mean, variance, count };
}
