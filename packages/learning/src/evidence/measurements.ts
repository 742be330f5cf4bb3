/** Arithmetic on measurements: sums of windows, and whether the numbers can be counts at all. */
import { type CostSum, callsOf, type Histogram, type Measurements } from "./evidence.ts";

/** 0 to 1, a partial counting one half; undefined without calls. */
export function successRateOf(measurements: Measurements): number | undefined {
  const calls = callsOf(measurements);
  return calls > 0 ? (measurements.success + measurements.partial / 2) / calls : undefined;
}

/** Both windows together. */
export function addMeasurements(left: Measurements, right: Measurements): Measurements {
  const duration = addHistograms(left.duration, right.duration);
  const quality = addHistograms(left.quality, right.quality);
  const feedback = addHistograms(left.feedback, right.feedback);
  const cost = addCosts(left.cost, right.cost);
  return {
    success: left.success + right.success,
    failure: left.failure + right.failure,
    partial: left.partial + right.partial,
    ...(duration === undefined ? {} : { duration }),
    ...(quality === undefined ? {} : { quality }),
    ...(feedback === undefined ? {} : { feedback }),
    ...(cost === undefined ? {} : { cost }),
  };
}

/**
 * Both histograms together. Counts under different bounds cannot be added: a service that was restarted with other buckets
 * leaves only the newer (the right) ones.
 */
export function addHistograms(left: Histogram | undefined, right: Histogram | undefined): Histogram | undefined {
  if (left === undefined || left.count === 0) return right ?? left;
  if (right === undefined || right.count === 0) return left;
  const hasSameBounds = left.bounds === right.bounds || isSameList(left.bounds, right.bounds);
  if (!hasSameBounds) return right;
  const squares = left.squares === undefined || right.squares === undefined ? undefined : left.squares + right.squares;
  return {
    bounds: right.bounds,
    counts: right.counts.map((count, index) => count + (left.counts[index] ?? 0)),
    sum: left.sum + right.sum,
    count: left.count + right.count,
    ...(squares === undefined ? {} : { squares }),
  };
}

/** The same histogram with every number multiplied: older observations may count less than newer ones. */
export function scaleHistogram(histogram: Histogram, factor: number): Histogram {
  return {
    bounds: histogram.bounds,
    counts: histogram.counts.map((count) => count * factor),
    sum: histogram.sum * factor,
    count: histogram.count * factor,
    ...(histogram.squares === undefined ? {} : { squares: histogram.squares * factor }),
  };
}

/** @returns What is no count or sum of a window, or undefined: NaN, infinities and negative numbers are nobody's measurement. */
export function measurementsProblem(measurements: Measurements): string | undefined {
  for (const outcome of ["success", "failure", "partial"] as const) {
    if (!isAmount(measurements[outcome])) return `${outcome} is ${measurements[outcome]}`;
  }
  const { duration, quality, feedback, cost, stops = 0 } = measurements;
  if (!isAmount(stops)) return `stops is ${stops}`;
  if (duration !== undefined && !isSoundHistogram(duration)) return "duration holds a number that is no count or sum";
  const problem = scoresProblem("quality", quality) ?? scoresProblem("feedback", feedback);
  if (problem !== undefined) return problem;
  for (const [unit, { sum, squares }] of Object.entries(cost ?? {})) {
    if (!isAmount(sum) || (squares !== undefined && !isAmount(squares))) return `the cost in ${unit} is ${sum}`;
  }
  return undefined;
}

function scoresProblem(name: string, scores: Histogram | undefined): string | undefined {
  if (scores === undefined) return undefined;
  if (!isSoundHistogram(scores)) return `${name} holds a number that is no count or sum`;
  // a score lies between 0 and 1; the slack is for sums of doubles
  return scores.sum > scores.count * (1 + 1e-9)
    ? `${name} sums to ${scores.sum} over ${scores.count} scores of at most 1`
    : undefined;
}

function addCosts(left: Measurements["cost"], right: Measurements["cost"]): Measurements["cost"] {
  if (left === undefined || right === undefined) return left ?? right;
  const sums: Record<string, CostSum> = { ...left };
  for (const [unit, more] of Object.entries(right)) {
    const before = left[unit];
    const squares =
      before?.squares === undefined || more.squares === undefined ? undefined : before.squares + more.squares;
    sums[unit] =
      before === undefined ? more : { sum: before.sum + more.sum, ...(squares === undefined ? {} : { squares }) };
  }
  return sums;
}

function isSoundHistogram({ bounds, counts, sum, count, squares }: Histogram): boolean {
  if (counts.length !== (bounds.length === 0 ? counts.length : bounds.length + 1)) return false;
  if (!isAmount(sum) || !isAmount(count) || (squares !== undefined && !isAmount(squares))) return false;
  return (
    counts.every(isAmount) &&
    bounds.every((bound, index) => Number.isFinite(bound) && bound > (bounds[index - 1] ?? Number.NEGATIVE_INFINITY))
  );
}

function isAmount(value: number): boolean {
  return Number.isFinite(value) && value >= 0;
}

function isSameList(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index]);
}
