/** Named numbers of one cell, from either source, as the measurements that evidence is made of. */
import { type Context, contextId, OUTCOMES } from "@trimtab/conventions";
import type { Counters } from "@trimtab/engine";
import type { CostSum, EvidenceCell, Histogram, Measurements, Reading } from "@trimtab/learning";

/**
 * The names of a cell's numbers.
 *
 *   calls.<outcome>
 *   duration.<index>   observations of one bucket, not cumulative; the last index is above all bounds
 *   duration.sum   duration.count   duration.squares     the same for quality
 *   stops              processes that stopped giving calls to the variant
 *   cost.<unit>   cost-squares.<unit>
 *   not-a-number.<name>   there where a counter said NaN or infinity; its own name is then absent
 */
export const counterNames = {
  calls: (outcome: string): string => `calls.${outcome}`,
  bucket: (measure: HistogramMeasure, index: number): string => `${measure}.${index}`,
  sum: (measure: HistogramMeasure): string => `${measure}.sum`,
  count: (measure: HistogramMeasure): string => `${measure}.count`,
  squares: (measure: HistogramMeasure): string => `${measure}.squares`,
  cost: (unit: string): string => `${COST}${unit}`,
  costSquares: (unit: string): string => `${COST_SQUARES}${unit}`,
  stops: "stops",
  notANumber: (name: string): string => `${NOT_A_NUMBER}${name}`,
} as const;

/** What is measured by a histogram. */
export type HistogramMeasure = "duration" | "quality";

const COST = "cost.";
const COST_SQUARES = "cost-squares.";
const NOT_A_NUMBER = "not-a-number.";

/** Upper bounds of the buckets by measure; absent for a measure that was not collected. */
export type Bounds = Readonly<Partial<Record<HistogramMeasure, readonly number[]>>>;

/** The measurements that a cell's increments make, or why they make none. */
export function measurementsOf(increments: Counters, bounds: Bounds): Reading<Measurements> {
  const broken = Object.keys(increments).find((name) => name.startsWith(NOT_A_NUMBER));
  if (broken !== undefined) {
    return { kind: "not-a-number", detail: `a counter of "${broken.slice(NOT_A_NUMBER.length)}" is NaN or infinite` };
  }
  const [success, failure, partial] = OUTCOMES.map((outcome) => increments[counterNames.calls(outcome)]);
  if (success === undefined && failure === undefined && partial === undefined) {
    return { kind: "partial", detail: "the calls are not counted, though other measurements are there" };
  }
  const duration = histogramOf("duration", increments, bounds);
  const quality = histogramOf("quality", increments, bounds);
  const cost = costOf(increments);
  const stops = amount(increments[counterNames.stops]);
  return {
    kind: "value",
    value: {
      success: amount(success),
      failure: amount(failure),
      partial: amount(partial),
      ...(duration === undefined ? {} : { duration }),
      ...(quality === undefined ? {} : { quality }),
      ...(cost === undefined ? {} : { cost }),
      ...(stops > 0 ? { stops } : {}),
    },
  };
}

/** Cells in one order, whatever order a source found them in. */
export function inOrder(cells: readonly EvidenceCell[]): readonly EvidenceCell[] {
  const keyed = cells.map((cell) => ({ cell, key: `${contextId(cell.context)} ${cell.variant}` }));
  return keyed.sort((left, right) => (left.key < right.key ? -1 : 1)).map(({ cell }) => cell);
}

/** The declared keys of a context that has more, or has some as empty texts; in the declared order. */
export function declaredContext(values: Readonly<Record<string, string>>, declaredKeys: readonly string[]): Context {
  const context: Record<string, string> = {};
  for (const key of declaredKeys) {
    const value = values[key];
    if (value !== undefined && value !== "") context[key] = value;
  }
  return context;
}

function histogramOf(measure: HistogramMeasure, increments: Counters, bounds: Bounds): Histogram | undefined {
  const upper = bounds[measure];
  const count = increments[counterNames.count(measure)];
  if (upper === undefined || count === undefined) return undefined;
  const squares = increments[counterNames.squares(measure)];
  return {
    bounds: upper,
    counts: Array.from({ length: upper.length + 1 }, (_, index) =>
      amount(increments[counterNames.bucket(measure, index)]),
    ),
    sum: amount(increments[counterNames.sum(measure)]),
    count: amount(count),
    ...(squares === undefined ? {} : { squares: amount(squares) }),
  };
}

function costOf(increments: Counters): Readonly<Record<string, CostSum>> | undefined {
  const names = Object.keys(increments).filter((name) => name.startsWith(COST));
  if (names.length === 0) return undefined;
  const entries = names.sort().map((name): [string, CostSum] => {
    const unit = name.slice(COST.length);
    const squares = increments[counterNames.costSquares(unit)];
    return [unit, { sum: amount(increments[name]), ...(squares === undefined ? {} : { squares: amount(squares) }) }];
  });
  return Object.fromEntries(entries); // a unit may be called anything, `__proto__` too
}

/** Differences of floating-point sums may be a hair below zero, or beside a whole number. */
function amount(value = 0): number {
  const whole = Math.round(value);
  return Math.max(0, Math.abs(value - whole) <= 1e-9 * Math.max(1, Math.abs(value)) ? whole : value);
}
