/** When passes are due: pure arithmetic on milliseconds since 1970. */

/** The longest wait after a failure, in intervals. */
const BACK_OFF_INTERVALS = 2;

/** Passes keep this distance from the points of the grid, in grid steps: a timer that is a little early then changes nothing. */
const GRID_MARGIN = 0.1;

/** The times at which an operation's passes are due: every interval, always at the same place in it. */
export interface PassTimes {
  readonly intervalMilliseconds: number;
  /** Where in the interval, from 0 (included) to the interval (excluded). */
  readonly offsetMilliseconds: number;
}

/**
 * The interval, rounded up to whole steps of the source's grid, and the operation's own place in it: operations of equal
 * interval ask one after the other, evenly spread.
 *
 * @param place The operation's number among all, from 0.
 */
export function passTimes(
  intervalMilliseconds: number,
  gridMilliseconds: number,
  { place, of }: { place: number; of: number },
): PassTimes {
  const interval = Math.ceil(intervalMilliseconds / gridMilliseconds) * gridMilliseconds;
  const spread = (interval * (place + 0.5)) / of;
  const margin = gridMilliseconds * GRID_MARGIN;
  const step = Math.floor(spread / gridMilliseconds) * gridMilliseconds;
  const within = Math.min(Math.max(spread - step, margin), gridMilliseconds - margin);
  return { intervalMilliseconds: interval, offsetMilliseconds: Math.floor(step + within) };
}

/** The first due time after `now`. */
export function nextDue({ intervalMilliseconds, offsetMilliseconds }: PassTimes, now: number): number {
  const intervals = Math.floor((now - offsetMilliseconds) / intervalMilliseconds) + 1;
  return intervals * intervalMilliseconds + offsetMilliseconds;
}

/**
 * How long to wait after a failure: two intervals, less up to half by chance so that operations that failed together do not come
 * back together. It does not grow: one try in an interval is no load, and whatever failed is back two cycles after it is mended.
 *
 * @param chance From 0 to 1.
 */
export function backOffMilliseconds(intervalMilliseconds: number, chance: number): number {
  return Math.ceil(intervalMilliseconds * BACK_OFF_INTERVALS * (1 - chance / 2));
}
