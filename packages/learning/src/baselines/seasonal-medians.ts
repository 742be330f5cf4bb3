/**
 * The usual value by hour of the week, robust: a median for all hours, one per hour of the day beside it, one per hour of the week
 * beside both.
 *
 *     usual(w) = all + day(w mod 24) + week(w)      each median weighted n / (n + 2), n = the hours that it rests on
 *
 * A cell of the week that has been seen twice says half as much as its hours do, so that two strange Mondays do not make a rule; and
 * half of a cell's hours have to be strange before its median is.
 */

/** One hour that was measured. */
export interface SeasonalHour {
  /** 0 to 167; 0 is the first hour of Monday. */
  readonly hourOfWeek: number;
  readonly value: number;
}

/** What is usual, and how each hour looks to a fit that had not seen it. */
export interface SeasonalMedians {
  usual(hourOfWeek: number): number;
  /** How many hours the cell of the week rests on. */
  hoursAt(hourOfWeek: number): number;
  /** For each hour in the order given: its value less what is usual without it. */
  readonly residuals: readonly number[];
}

const HOURS_OF_DAY = 24;
const PRIOR_HOURS = 2;

/** Fits the medians. Without hours everything usual is 0. */
export function seasonalMedians(hours: readonly SeasonalHour[]): SeasonalMedians {
  const all = median(hours.map(({ value }) => value).sort(ascending)) ?? 0;
  const byDay = cellsOf(hours, ({ hourOfWeek, value }) => [hourOfWeek % HOURS_OF_DAY, value - all]);
  const day = (hourOfWeek: number): number => shrunk(byDay.get(hourOfWeek % HOURS_OF_DAY) ?? []);
  const byWeek = cellsOf(hours, ({ hourOfWeek, value }) => [hourOfWeek, value - all - day(hourOfWeek)]);
  const week = (hourOfWeek: number): number => shrunk(byWeek.get(hourOfWeek) ?? []);
  return {
    usual: (hourOfWeek) => all + day(hourOfWeek) + week(hourOfWeek),
    hoursAt: (hourOfWeek) => byWeek.get(hourOfWeek)?.length ?? 0,
    residuals: hours.map(({ hourOfWeek, value }) => {
      const ofDay = byDay.get(hourOfWeek % HOURS_OF_DAY) ?? [];
      const ofWeek = byWeek.get(hourOfWeek) ?? [];
      const others = shrunkWithout(ofDay, value - all) + shrunkWithout(ofWeek, value - all - day(hourOfWeek));
      return value - all - others;
    }),
  };
}

/** The middle of ascending numbers; undefined without any. */
export function median(ascendingValues: readonly number[]): number | undefined {
  const { length } = ascendingValues;
  if (length === 0) return undefined;
  const upper = ascendingValues[length >> 1] ?? 0;
  return length % 2 === 1 ? upper : (upper + (ascendingValues[(length >> 1) - 1] ?? 0)) / 2;
}

/** For sorting. */
export function ascending(left: number, right: number): number {
  return left - right;
}

/** The values of each cell, ascending. */
function cellsOf(
  hours: readonly SeasonalHour[],
  place: (hour: SeasonalHour) => readonly [number, number],
): Map<number, number[]> {
  const cells = new Map<number, number[]>();
  for (const hour of hours) {
    const [cell, value] = place(hour);
    const values = cells.get(cell);
    if (values === undefined) cells.set(cell, [value]);
    else values.push(value);
  }
  for (const values of cells.values()) values.sort(ascending);
  return cells;
}

function shrunk(values: readonly number[]): number {
  return ((median(values) ?? 0) * values.length) / (values.length + PRIOR_HOURS);
}

/** As if one of the values were not there. */
function shrunkWithout(values: readonly number[], left: number): number {
  const place = values.indexOf(left);
  return shrunk(place < 0 ? values : [...values.slice(0, place), ...values.slice(place + 1)]);
}
