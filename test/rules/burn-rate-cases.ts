/** Tests of the alerts on budgets: each near its limit, from both sides. */
import {
  type BurnWindow,
  errorsRatioSeries,
  latencyOverRatioSeries,
  type RecordedSeries,
  recordedSeries,
} from "@trimtab/conventions";
import { type AlertCases, CHECKOUT, callsOfCheckout, ofCheckout, times } from "./alert-case.ts";

/** 112 calls until 55 minutes. */
const TWO_CALLS = callsOfCheckout(times(2, 120));
/** 95 calls until then. */
const FEWER_CALLS = callsOfCheckout(times(1.7, 120));

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

const LATENCIES = ERRORS.filter(({ tier }) => tier === "1" || tier === "3");

/** Of an objective of 0.7 a ratio of 0.65 is half of what must not fail; no ratio is 14.4 times what may. */
const HALF: Pick<Burn, "above" | "below"> = { above: 0.66, below: 0.64 };

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
        series: { ...objective, ...ratios(always(below), always(above)), ...TWO_CALLS },
        firing: [],
      },
      {
        situation: "healthy",
        because: "it is over",
        at: "55m",
        series: { ...objective, ...ratios(always(above), always(below)), ...TWO_CALLS },
        firing: [],
      },
      {
        situation: "low traffic or no data",
        because: "95 calls",
        at: "55m",
        series: { ...objective, ...ratios(always(1), always(1)), ...FEWER_CALLS },
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

function objectiveOf(recorded: RecordedSeries, value: number): Record<string, string> {
  return { [ofCheckout(recorded.name)]: times(value, 120) };
}

function ofBudget(
  alert: string,
  objective: RecordedSeries,
  ratioOf: (window: BurnWindow) => RecordedSeries,
  burns: readonly Burn[],
): readonly AlertCases[] {
  return burns.flatMap((burn) => [
    cases(alert, objectiveOf(objective, 0.99), ratioOf, burn),
    // The slowest burn is below half of what must not fail, whatever the objective.
    ...(burn.tier === "4" ? [] : [cases(alert, objectiveOf(objective, 0.7), ratioOf, { ...burn, ...HALF })]),
  ]);
}

/** The tests of both budgets. */
export const BURN_RATE_CASES: readonly AlertCases[] = [
  ...ofBudget("TrimtabErrorBudgetBurn", recordedSeries.successObjective, errorsRatioSeries, ERRORS),
  ...ofBudget("TrimtabLatencyBudgetBurn", recordedSeries.latencyObjective, latencyOverRatioSeries, LATENCIES),
];
