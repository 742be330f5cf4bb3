/**
 * PromQL for what each series grew by in the last minute, for recording rules; pure.
 *
 * The same cases as in `sources/prometheus/prometheus-increments.ts`, relative to the time of the evaluation. With, per series,
 *
 *     now     its last sample in the minute
 *     then    its last sample in the look-back before the minute
 *
 * a minute counts
 *
 *     increase()          a counter that fell back; without what `increase()` extrapolates
 *     now                 its process restarted, and the counter is past its old value already
 *     now − then          it goes on, or has vanished within the minute
 *     now                 it was born in a process that was read before, or that is young
 *     now − its first     it is met for the first time in a process that is old: nothing says what was before
 *
 * `then` of a minute is `now` of the minute before, so minutes tile, and their sums are exact whatever the window. Scrapes may lie
 * up to a minute apart. What is lost is what a process counted between its last scrape and its restart, as everywhere in Prometheus.
 */
import { START_TIME } from "../sources/prometheus/prometheus-increments.ts";

/** How often what happened is written down. The names of the series say it: `increase1m`. */
export const RECORDING_INTERVAL = "1m";

/** Range before the minute in which a series that is not there now is still the same series: Prometheus' own look-back. */
const LOOK_BACK = "5m";

/** The minute with the one sample before it, for scrapes that lie 15 s apart; for others it is extrapolated to the same length. */
const MINUTE_AND_START_SECONDS = 74;

/** The start time of one process may waver by this much between two pages. */
const TOLERATED_SECONDS = 0.5;

/** What each series of a selector grew by in the last minute. */
export function increaseOfLastMinute(series: string): string {
  const now = `last_over_time(${series}[1m])`;
  const then = `last_over_time(${series}[${LOOK_BACK}] offset 1m)`;
  const minuteAndStart = `${series}[${MINUTE_AND_START_SECONDS}s]`;
  const startedBefore = `last_over_time(${START_TIME}[${LOOK_BACK}] offset 1m)`;
  const isRestarted = [
    `on (job, instance) (${START_TIME} - ${startedBefore} > ${TOLERATED_SECONDS})`,
    // Behind a gateway one target has many processes, and nobody can tell whose the series are.
    `and on (job, instance) (count by (job, instance) (${START_TIME}) == 1)`,
  ].join(" ");
  const watched = [
    `group by (job, instance) (last_over_time(${START_TIME}[${LOOK_BACK}] offset 1m))`,
    `group by (job, instance) (max_over_time(up[${LOOK_BACK}] offset 1m) == 1)`,
    `group by (job, instance) (min_over_time(${START_TIME}[1m]) > time() - 360)`,
  ].join("\n      or ");
  return [
    `(increase(${minuteAndStart}) * 60 / ${MINUTE_AND_START_SECONDS} and resets(${minuteAndStart}) > 0)`,
    `(${now} and ${isRestarted})`,
    `(${now} - ${then} >= 0)`,
    `(${now} and on (job, instance) (\n      ${watched}))`,
    `(${now} - min_over_time(${series}[1m]))`,
  ].join("\n  or ");
}
