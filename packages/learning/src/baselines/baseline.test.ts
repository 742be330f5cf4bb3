import { describe, expect, test } from "vitest";
import { randomFromSeed } from "../statistics/random.ts";
import { type Baseline, type BaselineHour, learnBaseline, MINIMUM_HOURS, placeInRange } from "./baseline.ts";

const WEEK = 168;

/** A service with a busy noon, a quiet weekend and a latency that grows with its load. */
function season(hourOfWeek: number): { calls: number; logLatency: number; quality: number } {
  const noon = Math.sin((2 * Math.PI * ((hourOfWeek % 24) - 6)) / 24);
  const isWeekend = hourOfWeek >= 120;
  return {
    calls: 900 * Math.exp(0.8 * noon - (isWeekend ? 0.7 : 0)),
    logLatency: Math.log(0.4) + 0.3 * noon + (isWeekend ? 0.2 : 0),
    quality: 0.7 + 0.05 * noon,
  };
}

/** Weeks of it, from a seed. Success is what that many calls with a true rate of 0.95 show. */
function weeksOf(weeks: number, seed: string): BaselineHour[] {
  const random = randomFromSeed(seed);
  return Array.from({ length: weeks * WEEK }, (_, hour): BaselineHour => {
    const hourOfWeek = hour % WEEK;
    const { calls, logLatency, quality } = season(hourOfWeek);
    const busier = 0.3 * random.gaussian();
    const callsPerHour = Math.round(calls * Math.exp(busier));
    let success = 0;
    for (let call = 0; call < callsPerHour; call++) if (random.uniform() < 0.95) success++;
    return {
      hourOfWeek,
      callsPerHour,
      values: {
        success: success / callsPerHour,
        latency: Math.exp(logLatency + 0.5 * busier + 0.1 * random.gaussian()),
        quality: quality + 0.02 * random.gaussian(),
      },
    };
  });
}

function placeOf(baseline: Baseline, hour: BaselineHour, measure: "success" | "latency" | "quality"): string {
  const range = baseline.expect(measure, hour);
  const value = hour.values[measure];
  return range.kind === "value" && value !== undefined ? placeInRange(value, range.value) : "unknown";
}

const learnt = learnBaseline(weeksOf(8, "history"));
const future = weeksOf(20, "future");

describe("a service with a season, learnt for 8 weeks", () => {
  // Inside of 3,360 later hours: a standard error of 0.0052 by those hours, and 0.0084 by the two quantiles of 1,344 hours that the
  // interval is made of; together 0.0099. The tolerance is five of these.
  test.each(["latency", "quality"] as const)("nine of ten later hours lie in the range of %s", (measure) => {
    const within = future.filter((hour) => placeOf(learnt, hour, measure) === "within").length / future.length;
    expect(Math.abs(within - 0.9)).toBeLessThan(0.05);
  });

  test("so they do after two weeks, when each hour of the week was seen twice", () => {
    const early = learnBaseline(weeksOf(2, "early history"));
    const within = future.filter((hour) => placeOf(early, hour, "latency") === "within").length / future.length;
    // 0.0052 by the later hours, and √2 · √(0.05 · 0.95 / 336) = 0.0168 by the quantiles; together 0.0176. Four of these below 0.9; a
    // fit that is judged by the hours that it has seen holds far fewer.
    expect(within).toBeGreaterThan(0.83);
  });

  test("and both tails hold about one in twenty", () => {
    const share = (place: string): number =>
      future.filter((hour) => placeOf(learnt, hour, "latency") === place).length / future.length;
    // Standard error of one tail: 0.0038 by the later hours, 0.0059 by its quantile; 0.035 is five of both together.
    expect(Math.abs(share("below") - 0.05)).toBeLessThan(0.035);
    expect(Math.abs(share("above") - 0.05)).toBeLessThan(0.035);
  });

  test("a success rate has whole calls only, so at least nine of ten hours lie within, and not all", () => {
    const within = future.filter((hour) => placeOf(learnt, hour, "success") === "within").length / future.length;
    expect(within).toBeGreaterThan(0.85);
    expect(within).toBeLessThan(0.97);
  });

  test("noon and night differ, as do a busy and a quiet hour of the same time", () => {
    const expected = (hourOfWeek: number, callsPerHour: number): number => {
      const range = learnt.expect("latency", { hourOfWeek, callsPerHour });
      return range.kind === "value" ? range.value.expected : Number.NaN;
    };
    const noon = learnt.usualCallsPerHour(12) ?? 0;
    const night = learnt.usualCallsPerHour(0) ?? 0;
    expect(noon / night).toBeGreaterThan(3); // truly e^1.6 = 4.95
    expect(expected(12, noon) / expected(0, night)).toBeGreaterThan(1.5); // truly e^0.6 = 1.82
    // Truly √1.5 = 1.22. The slope rests on 672 pairs: its error is about 0.1 / (0.3 · 1.6 · √672) = 0.008, the ratio's 0.004.
    expect(expected(12, 1.5 * noon) / expected(12, noon)).toBeCloseTo(1.22, 1);
  });

  test("the history behind a range is told", () => {
    const range = learnt.expect("quality", { hourOfWeek: 12, callsPerHour: 900 });
    expect(range).toMatchObject({ kind: "value", value: { hours: 8 * WEEK, hoursLikeThis: 8 } });
  });
});

describe("a day that is off", () => {
  const shifted = (hour: BaselineHour, factor = 1.5): BaselineHour => ({
    ...hour,
    values: { ...hour.values, latency: factor * (hour.values.latency ?? 0) },
  });
  const oddDay = future.slice(0, 24).map((hour) => shifted(hour));

  test("is seen, hour after hour", () => {
    // log 1.5 is 0.41, four standard deviations of the noise: an hour stays within with a chance of 0.011.
    expect(oddDay.filter((hour) => placeOf(learnt, hour, "latency") === "above").length).toBeGreaterThanOrEqual(21);
  });

  test("does not become usual because it happened, nor widen what is usual", () => {
    const twice = future.slice(0, 24).map((hour) => shifted(hour, 2));
    const after = learnBaseline([...weeksOf(8, "history"), ...twice, ...twice]);
    const again = future.slice(WEEK, WEEK + 24).map((hour) => shifted(hour, 1.6)); // 4.7 standard deviations
    expect(again.filter((hour) => placeOf(after, hour, "latency") === "above").length).toBeGreaterThanOrEqual(21);
  });

  test("becomes usual when it fills most of the history", () => {
    const after = learnBaseline(weeksOf(8, "history").map((hour, index) => (index < 3 * WEEK ? hour : shifted(hour))));
    const again = future.slice(WEEK, WEEK + 24).map((hour) => shifted(hour));
    expect(again.filter((hour) => placeOf(after, hour, "latency") === "within").length).toBeGreaterThanOrEqual(17);
  });
});

describe("no data", () => {
  test("before two weeks of hours nothing is expected", () => {
    const early = learnBaseline(weeksOf(2, "early").slice(1));
    expect(early.expect("latency", { hourOfWeek: 3, callsPerHour: 900 })).toEqual({
      kind: "no-data",
      detail: `${MINIMUM_HOURS - 1} of ${MINIMUM_HOURS} hours that it takes`,
    });
    expect(learnBaseline([]).usualCallsPerHour(3)).toBeUndefined();
  });

  test("a measure that most hours lack has a range of its own hours or none", () => {
    const unscored = weeksOf(4, "unscored").map((hour, index) =>
      index % 4 === 0 ? hour : { ...hour, values: { latency: hour.values.latency ?? 0 } },
    );
    const baseline = learnBaseline(unscored);
    expect(baseline.expect("quality", { hourOfWeek: 3, callsPerHour: 900 }).kind).toBe("no-data");
    expect(baseline.expect("latency", { hourOfWeek: 3, callsPerHour: 900 }).kind).toBe("value");
  });

  test("hours that are missing move nothing that they have not been", () => {
    const whole = weeksOf(8, "history");
    const gaps = learnBaseline(whole.filter((_, index) => index % 11 !== 0));
    const at = { hourOfWeek: 60, callsPerHour: 900 };
    const [full, less] = [learnt.expect("latency", at), gaps.expect("latency", at)];
    if (full.kind !== "value" || less.kind !== "value") throw new Error("there is history");
    // Each median rests on 7 or 8 hours with a noise of 0.1: one of them less moves it by some hundredths.
    expect(Math.abs(Math.log(less.value.expected / full.value.expected))).toBeLessThan(0.1);
  });

  test("an hour with hardly any call is neither learnt from nor judged", () => {
    const quiet = weeksOf(8, "history").map((hour) => ({ ...hour, callsPerHour: 4 }));
    expect(learnBaseline(quiet).hours).toBe(0);
    expect(learnt.expect("success", { hourOfWeek: 3, callsPerHour: 4 }).kind).toBe("no-data");
  });
});

describe("robustness", () => {
  test("the same hours in another order give the same baseline", () => {
    const at = { hourOfWeek: 60, callsPerHour: 700 };
    const backwards = learnBaseline([...weeksOf(8, "history")].reverse());
    for (const measure of ["success", "latency", "quality"] as const)
      expect(backwards.expect(measure, at)).toEqual(learnt.expect(measure, at));
  });

  test("a service that never failed: one failure in a thousand calls is within, ten are not", () => {
    const perfect = Array.from({ length: 8 * WEEK }, (_, hour) => ({
      hourOfWeek: hour % WEEK,
      callsPerHour: 1000,
      values: { success: 1 },
    }));
    const range = learnBaseline(perfect).expect("success", { hourOfWeek: 5, callsPerHour: 1000 });
    if (range.kind !== "value") throw new Error("there is history");
    expect(range.value.upper).toBe(1);
    expect(placeInRange(0.999, range.value)).toBe("within");
    expect(placeInRange(0.99, range.value)).toBe("below");
  });
});
