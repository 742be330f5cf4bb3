/**
 * A past for the series that were scraped, so that long windows have data: what each of them shows now, written back for a day
 * and some hours. Counters grow steadily up to the moment at which their process started, and begin anew there, as after a restart.
 */

import { remoteWrite, type WrittenSample, type WrittenSeries } from "../prometheus/remote-write.ts";
import { type AnsweredSeries, askPrometheus, queryNow } from "./prometheus-api.ts";

const HOUR = 3_600_000;
export const HISTORY_HOURS = 26;
/** Coarse, because thousands of series take seconds to write; windows of an hour and more have samples enough. */
const STEP_MILLISECONDS = 15 * 60_000;
/** A counter gets so many times what it has counted since its start, in the whole history. */
const TIMES = 500;
/** Gauges go up and down by so much of their value. */
const SWING = 0.1;

/** Names of series that only count up, the parts of histograms among them. */
const COUNTER = /_(total|bucket|count|sum)$/;
/** Names of gauges that hold a time, or are what they are. */
const CONSTANT = /(_info|_timestamp_seconds|_start_time_seconds)$|^up$/;

/**
 * Writes the past of every series that a Prometheus has at this moment.
 *
 * @param url The Prometheus, which takes samples that are as old as the history.
 */
export async function seedHistory(url: string): Promise<void> {
  const series = await queryNow(url, 'last_over_time({__name__=~".+",alertstate=""}[1m])');
  const first = await firstSampleAt(url);
  await remoteWrite(
    url,
    series.map((each) => pastOf(each, first - 60_000)),
  );
}

/** Of the oldest series; what is seeded ends before it. */
async function firstSampleAt(url: string): Promise<number> {
  const { headStats } = (await askPrometheus(url, "status/tsdb")) as { headStats: { minTime: number } };
  return headStats.minTime;
}

function pastOf({ metric, value }: AnsweredSeries, end: number): WrittenSeries {
  const name = metric["__name__"] ?? "";
  const now = Number(value[1]);
  const begin = end - HISTORY_HOURS * HOUR;
  const samples: WrittenSample[] = [];
  for (let time = begin; time <= end; time += STEP_MILLISECONDS) {
    const part = (time - begin) / (end - begin);
    const swing = 1 + SWING * Math.sin((2 * Math.PI * time) / (6 * HOUR));
    samples.push({
      time,
      value: COUNTER.test(name) ? Math.floor(now * TIMES * part) : CONSTANT.test(name) ? now : now * swing,
    });
  }
  return { labels: metric, samples };
}
