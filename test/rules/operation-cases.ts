/** Tests of the alerts on what the calls of an operation show. */
import {
  controllerInstruments,
  latencyOverRatioSeries,
  prometheusName,
  recordedSeries,
  serviceInstruments,
} from "@trimtab/conventions";
import { type AlertCases, CHECKOUT, callsOfCheckout, ofCheckout, times } from "./alert-case.ts";

const VARIANT = 'variant="base"';

/** Sum and count of scores each half an hour; three samples are in an hour. */
function quality(sums: string, counts: string): Record<string, string> {
  return {
    [ofCheckout(recordedSeries.qualitySum.name, VARIANT)]: sums,
    [ofCheckout(recordedSeries.qualityCount.name, VARIANT)]: counts,
  };
}

const QUALITY: AlertCases = {
  alert: "TrimtabQualityDrop",
  isOfDays: true,
  cases: [
    {
      situation: "fires",
      because: "0.71 is under nine tenths of 0.8",
      at: "28h",
      series: quality(`${times(80, 46)} ${times(35.5, 20)}`, `${times(100, 46)} ${times(50, 20)}`),
      firing: [CHECKOUT],
    },
    {
      situation: "healthy",
      because: "0.73 is not",
      at: "28h",
      series: quality(`${times(80, 46)} ${times(36.5, 20)}`, `${times(100, 46)} ${times(50, 20)}`),
      firing: [],
    },
    {
      situation: "healthy",
      because: "it was so a week ago",
      at: "194h",
      series: quality(
        `${times(140, 56)} ${times(80, 326)} ${times(35, 20)}`,
        `${times(200, 56)} ${times(100, 326)} ${times(50, 20)}`,
      ),
      firing: [],
    },
    {
      situation: "fires",
      because: "it was better a week ago, too",
      at: "194h",
      series: quality(`${times(80, 382)} ${times(35, 20)}`, `${times(100, 382)} ${times(50, 20)}`),
      firing: [CHECKOUT],
    },
    {
      situation: "fires",
      because: "90 scores in the hour a week ago say nothing",
      at: "194h",
      series: quality(
        `${times(21, 56)} ${times(80, 326)} ${times(35, 20)}`,
        `${times(30, 56)} ${times(100, 326)} ${times(50, 20)}`,
      ),
      firing: [CHECKOUT],
    },
    {
      situation: "low traffic or no data",
      because: "90 scores in the hour",
      at: "28h",
      series: quality(`${times(80, 46)} ${times(15, 20)}`, `${times(100, 46)} ${times(30, 20)}`),
      firing: [],
    },
    {
      situation: "low traffic or no data",
      because: "90 scores in the hour a day ago",
      at: "28h",
      series: quality(`${times(24, 46)} ${times(35, 20)}`, `${times(30, 46)} ${times(50, 20)}`),
      firing: [],
    },
    {
      situation: "resolves",
      at: "32h",
      series: quality(`${times(80, 46)} ${times(35.5, 12)} ${times(40, 20)}`, `${times(100, 46)} ${times(50, 40)}`),
      firing: [],
    },
  ],
};

function measured(measure: string, anomaly: string, deviation: string): Record<string, string> {
  const of = `measure="${measure}"`;
  return {
    [ofCheckout(prometheusName(controllerInstruments.baselineAnomaly), `job="trimtab", ${of}`)]: anomaly,
    [ofCheckout(prometheusName(controllerInstruments.baselineDeviation), `job="trimtab", ${of}`)]: deviation,
  };
}

const ANOMALY: AlertCases = {
  alert: "TrimtabAnomaly",
  cases: [
    {
      situation: "fires",
      because: "unusually slow",
      at: "15m",
      series: measured("duration_seconds", times(1, 30), times(2.5, 30)),
      firing: [`${CHECKOUT}, measure="duration_seconds"`],
    },
    {
      situation: "fires",
      because: "unusually many failures, in both replicas",
      at: "15m",
      series: {
        ...measured("success_ratio", times(1, 30), times(-2.5, 30)),
        [ofCheckout(prometheusName(controllerInstruments.baselineAnomaly), 'job="other", measure="success_ratio"')]:
          times(1, 30),
      },
      firing: [`${CHECKOUT}, measure="success_ratio"`],
    },
    {
      situation: "healthy",
      because: "unusually fast",
      at: "15m",
      series: {
        ...measured("duration_seconds", times(1, 30), times(-2.5, 30)),
        ...measured("success_ratio", times(0, 30), times(-0.5, 30)),
      },
      firing: [],
    },
    {
      situation: "healthy",
      because: "unusually good",
      at: "15m",
      series: measured("quality_ratio", times(1, 30), times(2.5, 30)),
      firing: [],
    },
    {
      situation: "healthy",
      because: "slow, as nine of ten hours are",
      at: "15m",
      series: measured("duration_seconds", times(0, 30), times(0.9, 30)),
      firing: [],
    },
    {
      situation: "low traffic or no data",
      because: "an hour that was not measured is not judged",
      at: "15m",
      series: {
        [ofCheckout(prometheusName(controllerInstruments.baselineUpper), 'measure="duration_seconds"')]: times(1, 30),
      },
      firing: [],
    },
    {
      situation: "resolves",
      at: "25m",
      series: measured("duration_seconds", `${times(1, 20)} ${times(0, 20)}`, times(2.5, 40)),
      firing: [],
    },
  ],
};

const OBJECTIVE = { [ofCheckout(recordedSeries.latencyObjective.name)]: times(0.95, 120) };

const UNMEASURED: AlertCases = {
  alert: "TrimtabObjectiveUnmeasured",
  cases: [
    {
      situation: "fires",
      at: "85m",
      series: { ...OBJECTIVE, ...callsOfCheckout(times(2, 120)) },
      firing: [CHECKOUT],
    },
    {
      situation: "healthy",
      at: "85m",
      series: {
        ...OBJECTIVE,
        ...callsOfCheckout(times(2, 120)),
        [ofCheckout(latencyOverRatioSeries("1h").name)]: times(0, 120),
      },
      firing: [],
    },
    {
      situation: "low traffic or no data",
      at: "85m",
      series: { ...OBJECTIVE, ...callsOfCheckout(times(1, 120)) },
      firing: [],
    },
    {
      situation: "resolves",
      at: "95m",
      series: {
        ...OBJECTIVE,
        ...callsOfCheckout(times(2, 120)),
        [ofCheckout(latencyOverRatioSeries("1h").name)]: `${times("_", 90)} ${times(0, 30)}`,
      },
      firing: [],
    },
  ],
};

const RAW_CALLS = ofCheckout(
  prometheusName(serviceInstruments.operationCalls),
  'job="shop", instance="a", variant="base", outcome="success"',
);

const ABSENT: AlertCases = {
  alert: "TrimtabInstrumentationAbsent",
  isOfDays: true,
  cases: [
    {
      situation: "fires",
      because: "there were 117 calls in six hours a day ago",
      at: "32h",
      series: { ...callsOfCheckout(times(9, 49)), [RAW_CALLS]: `0+9x48 stale ${times("_", 20)}` },
      firing: [CHECKOUT],
    },
    {
      situation: "healthy",
      because: "its calls are still there",
      at: "32h",
      series: { ...callsOfCheckout(times(9, 80)), [RAW_CALLS]: "0+9x80" },
      firing: [],
    },
    {
      situation: "low traffic or no data",
      because: "there were 91 calls",
      at: "32h",
      series: callsOfCheckout(times(7, 49)),
      firing: [],
    },
    { situation: "low traffic or no data", because: "nothing was ever there", at: "32h", series: {}, firing: [] },
    {
      situation: "resolves",
      at: "32h",
      series: { ...callsOfCheckout(times(9, 49)), [RAW_CALLS]: `0+9x48 ${times("_", 10)} 0+1x20` },
      firing: [],
    },
  ],
};

const backlog = (values: string): Record<string, string> => ({
  [ofCheckout(prometheusName(controllerInstruments.feedbackBacklog), 'job="trimtab", instance="a"')]: values,
});

const BACKLOG: AlertCases = {
  alert: "TrimtabFeedbackBacklog",
  cases: [
    { situation: "fires", at: "45m", series: backlog(times(250, 60)), firing: [CHECKOUT] },
    { situation: "healthy", at: "45m", series: backlog(times(150, 60)), firing: [] },
    {
      situation: "healthy",
      because: "it was worked off in between",
      at: "45m",
      series: backlog(`${times(250, 30)} 20 ${times(250, 60)}`),
      firing: [],
    },
    { situation: "low traffic or no data", at: "45m", series: {}, firing: [] },
    { situation: "resolves", at: "50m", series: backlog(`${times(250, 48)} ${times(10, 10)}`), firing: [] },
  ],
};

const feedback = (values: string): Record<string, string> => ({
  [ofCheckout(recordedSeries.feedbackCount.name, `${VARIANT}, type="user_rating"`)]: values,
});

const FEEDBACK_MISSING: AlertCases = {
  alert: "TrimtabFeedbackMissing",
  isOfDays: true,
  cases: [
    {
      situation: "fires",
      because: "26 in six hours a day ago, and none now",
      at: "32h",
      series: { ...feedback(`${times(2, 30)} ${times(0, 50)}`), ...callsOfCheckout(times(50, 80)) },
      firing: [CHECKOUT],
    },
    {
      situation: "fires",
      because: "its series has ended",
      at: "32h",
      series: { ...feedback(times(2, 30)), ...callsOfCheckout(times(50, 80)) },
      firing: [CHECKOUT],
    },
    {
      situation: "healthy",
      at: "32h",
      series: { ...feedback(`${times(2, 30)} ${times(0, 26)} 1 ${times(0, 30)}`), ...callsOfCheckout(times(50, 90)) },
      firing: [],
    },
    {
      situation: "low traffic or no data",
      because: "13 a day ago",
      at: "32h",
      series: { ...feedback(`${times(1, 30)} ${times(0, 50)}`), ...callsOfCheckout(times(50, 80)) },
      firing: [],
    },
    {
      situation: "low traffic or no data",
      because: "less than half of the calls",
      at: "32h",
      series: {
        ...feedback(`${times(2, 30)} ${times(0, 50)}`),
        ...callsOfCheckout(`${times(50, 48)} ${times(20, 30)}`),
      },
      firing: [],
    },
    {
      situation: "resolves",
      at: "34h",
      series: { ...feedback(`${times(2, 30)} ${times(0, 36)} ${times(1, 20)}`), ...callsOfCheckout(times(50, 90)) },
      firing: [],
    },
  ],
};

/** The tests of quality, baselines, instrumentation and feedback. */
export const OPERATION_CASES: readonly AlertCases[] = [QUALITY, ANOMALY, UNMEASURED, ABSENT, BACKLOG, FEEDBACK_MISSING];
