/**
 * Learned baselines of operations, from the hours in the store: what is expected at a time, and where the last hour lies.
 *
 * Learnt anew once an hour at most, from hours that ended at least one hour before, so that what is judged is never part of what it
 * is judged by.
 */
import type { OperationKey, TrendStore } from "@trimtab/engine";
import {
  BASELINE_MEASURES,
  type Baseline,
  type BaselineHour,
  type BaselineMeasure,
  callsOf,
  type ExpectedRange,
  learnBaseline,
  placeInRange,
  type Reading,
  summarize,
  type TrendSpan,
} from "@trimtab/learning";
import { hourOfWeekIn } from "./hour-of-week.ts";

const HOUR = 3_600_000;
/** Eight weeks: what is older says little of today. */
const HISTORY = 56 * 24 * HOUR;
/** An hour of which less was measured says too little to learn from. */
const ENOUGH_TO_LEARN = HOUR / 2;
/** An hour of which less was measured varies more than whole hours do, by which it would be judged. */
const ENOUGH_TO_JUDGE = (HOUR * 3) / 4;
/** After a sixth of an hour its calls tell its load. */
const ENOUGH_TO_COUNT = HOUR / 6;
const MOST_REMEMBERED = 500;

/** What is asked. */
interface BaselineQuestion extends OperationKey {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Calls per hour; absent: what is measured in that hour, else what is usual in it. */
  readonly callsPerHour?: number;
}

/** Where the calls per hour come from. */
export type LoadOrigin = "given" | "measured" | "usual";

/** What is expected at a time. */
export interface BaselineAnswer {
  readonly at: number;
  readonly hourOfWeek: number;
  /** The hours it is learnt from, that had calls enough. */
  readonly history: { readonly from: number; readonly to: number; readonly hours: number };
  /** Absent without history and without calls. */
  readonly load?: { readonly callsPerHour: number; readonly origin: LoadOrigin };
  readonly expected: Readonly<Record<BaselineMeasure, Reading<ExpectedRange>>>;
  /** The newest hour that was measured long enough, judged; absent where there is none. */
  readonly latest?: JudgedHour;
}

/** An hour beside what was expected of it. */
interface JudgedHour {
  readonly from: number;
  readonly to: number;
  readonly callsPerHour: number;
  readonly measures: Readonly<Partial<Record<BaselineMeasure, JudgedMeasure>>>;
}

/** A value beside its range. */
export interface JudgedMeasure extends ExpectedRange {
  readonly value: number;
  readonly place: "below" | "within" | "above";
  /** How far from the expected value, in units of the distance between that and the bound on its side; negative below. */
  readonly deviation: number;
}

/** Reads baselines. */
export interface BaselineReader {
  read(question: BaselineQuestion): Promise<BaselineAnswer>;
}

/** A reader with a memory of its own. */
export function createBaselineReader({
  trends,
  timeZone,
}: {
  readonly trends: Pick<TrendStore, "readTrend">;
  readonly timeZone: () => string;
}): BaselineReader {
  const remembered = new Map<string, Promise<Baseline>>();
  const learn = (key: OperationKey, zone: string, until: number): Promise<Baseline> => {
    const name = JSON.stringify([key.component, key.operation, zone, until]);
    const known = remembered.get(name);
    if (known !== undefined) return known;
    const learning = trends
      .readTrend({ component: key.component, operation: key.operation, from: until - HISTORY, to: until })
      .then((spans) => learnBaseline(spans.flatMap((span) => hourOf(span, hourOfWeekIn(zone)) ?? [])));
    remembered.set(name, learning);
    for (const oldest of remembered.keys()) {
      if (remembered.size <= MOST_REMEMBERED) break;
      remembered.delete(oldest);
    }
    learning.catch(() => remembered.delete(name)); // a failure is no answer to give twice
    return learning;
  };
  return {
    async read({ component, operation, at, callsPerHour }) {
      const key = { component, operation };
      const zone = timeZone();
      const hourOfWeek = hourOfWeekIn(zone);
      const hour = Math.floor(at / HOUR) * HOUR;
      const until = hour - HOUR;
      const baseline = await learn(key, zone, until);
      const near = await trends.readTrend({ ...key, from: until, to: hour + HOUR });
      const hours = near.filter(({ from, to }) => to - from === HOUR && from <= at);
      const current = hours.find(({ from }) => from === hour);
      const load = loadOf(callsPerHour, current, baseline.usualCallsPerHour(hourOfWeek(hour)));
      const place = { hourOfWeek: hourOfWeek(hour), callsPerHour: load?.callsPerHour ?? 0 };
      const latest = hours.findLast(({ sums }) => sums.measuredMilliseconds >= ENOUGH_TO_JUDGE);
      const judged = latest === undefined ? undefined : judge(latest, baseline, hourOfWeek);
      return {
        at,
        hourOfWeek: place.hourOfWeek,
        history: { from: until - HISTORY, to: until, hours: baseline.hours },
        ...(load === undefined ? {} : { load }),
        expected: {
          success: baseline.expect("success", place),
          latency: baseline.expect("latency", place),
          quality: baseline.expect("quality", place),
        },
        ...(judged === undefined ? {} : { latest: judged }),
      };
    },
  };
}

function loadOf(
  given: number | undefined,
  current: TrendSpan | undefined,
  usual: number | undefined,
): BaselineAnswer["load"] {
  if (given !== undefined) return { callsPerHour: given, origin: "given" };
  if (current !== undefined && current.sums.measuredMilliseconds >= ENOUGH_TO_COUNT)
    return { callsPerHour: perHour(current), origin: "measured" };
  return usual === undefined ? undefined : { callsPerHour: usual, origin: "usual" };
}

function judge(span: TrendSpan, baseline: Baseline, hourOfWeek: (time: number) => number): JudgedHour | undefined {
  const hour = hourOf(span, hourOfWeek);
  if (hour === undefined) return undefined;
  const measures: Partial<Record<BaselineMeasure, JudgedMeasure>> = {};
  for (const measure of BASELINE_MEASURES) {
    const value = hour.values[measure];
    const range = baseline.expect(measure, hour);
    if (value === undefined || range.kind !== "value") continue;
    const { lower, expected, upper } = range.value;
    const distance = value < expected ? expected - lower : upper - expected;
    const deviation = value === expected || distance <= 0 ? 0 : (value - expected) / distance;
    measures[measure] = { ...range.value, value, place: placeInRange(value, range.value), deviation };
  }
  return { from: span.from, to: span.to, callsPerHour: hour.callsPerHour, measures };
}

/** A row as an hour to learn from; undefined for days, and where too little was measured. */
function hourOf(span: TrendSpan, hourOfWeek: (time: number) => number): BaselineHour | undefined {
  const { sums, from, to } = span;
  if (to - from !== HOUR || sums.measuredMilliseconds < ENOUGH_TO_LEARN) return undefined;
  const { successRate, meanDurationSeconds, meanQuality } = summarize([sums.measurements]);
  return {
    hourOfWeek: hourOfWeek(from),
    callsPerHour: perHour(span),
    values: {
      ...(successRate.kind === "value" ? { success: successRate.value } : {}),
      ...(meanDurationSeconds.kind === "value" ? { latency: meanDurationSeconds.value } : {}),
      ...(meanQuality.kind === "value" ? { quality: meanQuality.value } : {}),
    },
  };
}

function perHour({ sums }: TrendSpan): number {
  return (callsOf(sums.measurements) * HOUR) / sums.measuredMilliseconds;
}
