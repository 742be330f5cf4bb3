/**
 * What is to be expected of an operation at an hour of the week and a load: an interval that nine of ten hours like it fall into.
 *
 *     expected = usual(hour of the week) + slope · (log load − usual log load at that hour)
 *     interval = expected + [q05, q95] · scale(load)
 *
 * `usual` and `slope` are medians, so that what is rare does not become what is expected. q05 and q95 are quantiles of what was left
 * over in hours whose own fit had not seen them, divided by the scale of hours of like load; what lies beyond four standard deviations
 * is left out of them. A level that stays becomes the expected one when it fills half of the history.
 *
 * Wrong where there is no history of the level that is asked for: it says nothing before `MINIMUM_HOURS`, and beyond the loads that
 * were seen it says what it says of the nearest.
 *
 * Sources: Barber, Candès, Ramdas, Tibshirani (2021), "Predictive inference with the jackknife+"; Rousseeuw & Croux (1993),
 * "Alternatives to the median absolute deviation".
 */
import type { Reading } from "../evidence/evidence.ts";
import { loadSlope } from "./load-slope.ts";
import { BASELINE_MEASURES, type BaselineMeasure, MEASURE_SCALES } from "./measure-scale.ts";
import { ascending, median, type SeasonalMedians, seasonalMedians } from "./seasonal-medians.ts";

/** An hour that was measured. */
export interface BaselineHour {
  /** 0 to 167; 0 is the first hour of Monday, by whatever clock the caller keeps. */
  readonly hourOfWeek: number;
  /** As if the whole hour had been measured. */
  readonly callsPerHour: number;
  /** 0 to 1, seconds, 0 to 1; absent where the hour had none of it. */
  readonly values: Readonly<Partial<Record<BaselineMeasure, number>>>;
}

/** What was learnt of an operation. */
export interface Baseline {
  /** Hours that had calls enough to count. */
  readonly hours: number;
  /** The usual load at an hour of the week, in calls per hour; undefined without history. */
  usualCallsPerHour(hourOfWeek: number): number | undefined;
  /** The interval of one measure, or why there is none. */
  expect(
    measure: BaselineMeasure,
    at: { readonly hourOfWeek: number; readonly callsPerHour: number },
  ): Reading<ExpectedRange>;
}

/** Where a measure is expected. */
export interface ExpectedRange {
  /** One hour in twenty lies below. */
  readonly lower: number;
  /** The middle. */
  readonly expected: number;
  /** One hour in twenty lies above. */
  readonly upper: number;
  /** Hours that it rests on. */
  readonly hours: number;
  /** Those of them at this hour of the week. */
  readonly hoursLikeThis: number;
}

/** Share of hours that an interval holds. */
export const BASELINE_LEVEL = 0.9;
/** Two weeks of hours, or as many hours over a longer time; before it nothing is said. */
export const MINIMUM_HOURS = 336;
/** An hour with fewer calls says too little to count. */
export const MINIMUM_CALLS_PER_HOUR = 5;

const BANDS = 3;
const FENCE = 4;
const MAD_TO_DEVIATION = 1.4826;
/** So many standard deviations to either side hold the level's share of a normal distribution. */
const LEVEL_DEVIATIONS = 1.645;
/** How many hours of all loads count beside those of a band. */
const PRIOR_HOURS = 30;

/** Learns from hours in any order; the same hours give the same baseline. */
export function learnBaseline(given: readonly BaselineHour[]): Baseline {
  const hours = given.filter(({ callsPerHour }) => callsPerHour >= MINIMUM_CALLS_PER_HOUR);
  const load = seasonalMedians(
    hours.map(({ hourOfWeek, callsPerHour }) => ({ hourOfWeek, value: Math.log(callsPerHour) })),
  );
  const fits = new Map(BASELINE_MEASURES.map((measure) => [measure, fitMeasure(measure, hours, load)]));
  return {
    hours: hours.length,
    usualCallsPerHour: (hourOfWeek) => (hours.length === 0 ? undefined : Math.exp(load.usual(hourOfWeek))),
    expect(measure, at) {
      const fit = fits.get(measure);
      if (fit === undefined || fit.hours < MINIMUM_HOURS)
        return { kind: "no-data", detail: `${fit?.hours ?? 0} of ${MINIMUM_HOURS} hours that it takes` };
      if (!(at.callsPerHour >= MINIMUM_CALLS_PER_HOUR))
        return { kind: "no-data", detail: `fewer than ${MINIMUM_CALLS_PER_HOUR} calls an hour` };
      return { kind: "value", value: fit.expect(at) };
    },
  };
}

interface MeasureFit {
  readonly hours: number;
  expect(at: { readonly hourOfWeek: number; readonly callsPerHour: number }): ExpectedRange;
}

function fitMeasure(measure: BaselineMeasure, all: readonly BaselineHour[], load: SeasonalMedians): MeasureFit {
  const scale = MEASURE_SCALES[measure];
  const hours: { hourOfWeek: number; value: number; calls: number; loadResidual: number }[] = [];
  for (const [index, { hourOfWeek, callsPerHour, values }] of all.entries()) {
    const value = values[measure];
    if (value === undefined) continue;
    const loadResidual = load.residuals[index] ?? 0;
    hours.push({ hourOfWeek, value: scale.to(value, callsPerHour), calls: callsPerHour, loadResidual });
  }
  const season = seasonalMedians(hours);
  const loads = hours.map(({ loadResidual }) => loadResidual);
  const slope = loadSlope(loads, season.residuals);
  const sortedLoads = [...loads].sort(ascending);
  const left = hours.map(({ loadResidual }, index) => (season.residuals[index] ?? 0) - slope * loadResidual);
  const deviation = deviationByLoad(
    hours.map(({ calls }) => calls),
    left,
  );
  const deviationAt = (calls: number): number => Math.max(deviation(calls), scale.noise(calls));
  const [low, high] = quantiles(left.map((each, index) => each / deviationAt(hours[index]?.calls ?? 1)));
  return {
    hours: hours.length,
    expect({ hourOfWeek, callsPerHour }) {
      const seen = Math.log(callsPerHour) - load.usual(hourOfWeek);
      const within = Math.min(sortedLoads.at(-1) ?? 0, Math.max(sortedLoads[0] ?? 0, seen));
      const middle = season.usual(hourOfWeek) + slope * within;
      const width = deviationAt(callsPerHour);
      const least = LEVEL_DEVIATIONS * scale.noise(callsPerHour);
      return {
        lower: scale.from(middle + Math.min(low * width, -least), callsPerHour),
        expected: scale.from(middle, callsPerHour),
        upper: scale.from(middle + Math.max(high * width, least), callsPerHour),
        hours: hours.length,
        hoursLikeThis: season.hoursAt(hourOfWeek),
      };
    },
  };
}

/** The deviation of hours of like load: three bands of equally many hours, each leaning on all of them. */
function deviationByLoad(calls: readonly number[], left: readonly number[]): (calls: number) => number {
  const sorted = [...calls].sort(ascending);
  const edges = Array.from(
    { length: BANDS - 1 },
    (_, index) => sorted[Math.floor((sorted.length * (index + 1)) / BANDS)] ?? 0,
  );
  const bandOf = (count: number): number => edges.filter((edge) => count >= edge).length;
  const overall = robustDeviation(left);
  const deviations = Array.from({ length: BANDS }, (_, band) => {
    const own = left.filter((_each, index) => bandOf(calls[index] ?? 0) === band);
    return Math.sqrt(
      (own.length * robustDeviation(own) ** 2 + PRIOR_HOURS * overall ** 2) / (own.length + PRIOR_HOURS),
    );
  });
  return (count) => deviations[bandOf(count)] ?? overall;
}

function robustDeviation(values: readonly number[]): number {
  const sizes = values.map(Math.abs).sort(ascending);
  const middle = (median(sizes) ?? 0) * MAD_TO_DEVIATION;
  // More than half of the hours alike: then the deviation is that of the widest tenth, not 0.
  return middle > 0 ? middle : (sizes[Math.floor(sizes.length * BASELINE_LEVEL)] ?? 0) / LEVEL_DEVIATIONS;
}

/** The lower and upper quantile of what was left over, at the ranks that make the next one fall inside with the level's chance. */
function quantiles(standardized: readonly number[]): readonly [number, number] {
  const fence = FENCE * Math.max(1, robustDeviation(standardized));
  const kept = standardized.filter((each) => Math.abs(each) <= fence).sort(ascending);
  const tail = (1 - BASELINE_LEVEL) / 2;
  const lower = Math.max(1, Math.floor((kept.length + 1) * tail));
  const upper = Math.min(kept.length, Math.ceil((kept.length + 1) * (1 - tail)));
  return [kept[lower - 1] ?? 0, kept[upper - 1] ?? 0];
}

/** Where a value lies: below, within or above. */
export function placeInRange(
  value: number,
  { lower, upper }: Pick<ExpectedRange, "lower" | "upper">,
): "below" | "within" | "above" {
  // a double that was scaled there and back may miss its own bound by its last digit
  const slack = 1e-9 * Math.max(Math.abs(lower), Math.abs(upper));
  return value < lower - slack ? "below" : value > upper + slack ? "above" : "within";
}
