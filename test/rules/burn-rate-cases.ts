/** Tests of the alerts on budgets: each near its limit, from both sides. */
import {
  type BurnWindow,
  errorsRatioSeries,
  latencyOverRatioSeries,
  type RecordedSeries,
  recordedSeries,
} from "@trimtab/conventions";
import { type AlertCases, CHECKOUT, callsOfCheckout, ofCheckout, times } from "./alert-case.ts";

/** 112 calls until 55 minutes, 92 until 45. */
const TWO_CALLS = callsOfCheckout(times(2, 120));

interface Burn {
  readonly tier: string;
  readonly long: BurnWindow;
  readonly short: BurnWindow;
  /** Of an objective of 0.99: a little more than the limit, and a little less. */
  readonly above: number;
  readonly below: number;
}

const ERRORS: readonly Burn[] = [
  { tier: "1", long: "1h", short: "5m", above: 0.15, below: 0.14 },
  { tier: "2", long: "6h", short: "30m", above: 0.065, below: 0.055 },
  { tier: "3", long: "1d", short: "2h", above: 0.035, below: 0.025 },
  { tier: "4", long: "3d", short: "6h", above: 0.012, below: 0.009 },
];

/** The objective is 0.95: 14.4 times its budget is 0.72, so half of what must be fast decides, 0.525; three times is 0.15. */
const LATENCIES: readonly Burn[] = [
  { tier: "1", long: "1h", short: "5m", above: 0.53, below: 0.52 },
  { tier: "3", long: "1d", short: "2h", above: 0.16, below: 0.14 },
];

function cases(
  alert: string,
  objective: Record<string, string>,
  ratioOf: (window: BurnWindow) => RecordedSeries,
  { tier, long, short, above, below }: Burn,
): AlertCases {
  const ratios = (ofLong: string, ofShort: string): Record<string, string> => ({
    [ofCheckout(ratioOf(long).name)]: ofLong,
    [ofCheckout(ratioOf(short).name)]: ofShort,
  });
  const always = (value: number): string => times(value, 120);
  return {
    alert,
    tier,
    cases: [
      {
        situation: "fires",
        at: "55m",
        series: { ...objective, ...ratios(always(above), always(above)), ...TWO_CALLS },
        firing: [CHECKOUT],
      },
      {
        situation: "healthy",
        because: "a little under the limit",
        at: "55m",
        series: { ...objective, ...ratios(always(below), always(below)), ...TWO_CALLS },
        firing: [],
      },
      {
        situation: "healthy",
        because: "a short peak",
        at: "55m",
        series: { ...objective, ...ratios(always(below), always(1)), ...TWO_CALLS },
        firing: [],
      },
      {
        situation: "low traffic or no data",
        because: "92 calls",
        at: "45m",
        series: { ...objective, ...ratios(always(1), always(1)), ...TWO_CALLS },
        firing: [],
      },
      {
        situation: "low traffic or no data",
        because: "no objective",
        at: "55m",
        series: { ...ratios(always(1), always(1)), ...TWO_CALLS },
        firing: [],
      },
      {
        situation: "resolves",
        because: "the short window is good again",
        at: "70m",
        series: { ...objective, ...ratios(always(above), `${times(above, 60)} ${times(0, 60)}`), ...TWO_CALLS },
        firing: [],
      },
    ],
  };
}

const success = (value: number): Record<string, string> => ({
  [ofCheckout(recordedSeries.successObjective.name)]: times(value, 120),
});

/** With an objective of 0.9 no ratio burns 14.4 times as fast as allowed. */
const OUTAGE: AlertCases = {
  alert: "TrimtabErrorBudgetBurn",
  tier: "1",
  cases: ([0.56, 0.54] as const).map((ratio) => ({
    situation: ratio > 0.55 ? ("fires" as const) : ("healthy" as const),
    because: `${ratio} with an objective of 0.9`,
    at: "55m",
    series: {
      ...success(0.9),
      [ofCheckout(errorsRatioSeries("1h").name)]: times(ratio, 120),
      [ofCheckout(errorsRatioSeries("5m").name)]: times(ratio, 120),
      ...TWO_CALLS,
    },
    firing: ratio > 0.55 ? [CHECKOUT] : [],
  })),
};

/** The tests of both budgets. */
export const BURN_RATE_CASES: readonly AlertCases[] = [
  ...ERRORS.map((burn) => cases("TrimtabErrorBudgetBurn", success(0.99), errorsRatioSeries, burn)),
  OUTAGE,
  ...LATENCIES.map((burn) =>
    cases(
      "TrimtabLatencyBudgetBurn",
      { [ofCheckout(recordedSeries.latencyObjective.name)]: times(0.95, 120) },
      latencyOverRatioSeries,
      burn,
    ),
  ),
];
