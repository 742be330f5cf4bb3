/** Tests of the alerts on learning. */
import { controllerInstruments, type Instrument, prometheusName, recordedSeries } from "@trimtab/conventions";
import { type AlertCase, type AlertCases, CHECKOUT, callsOfCheckout, ofCheckout, times } from "./alert-case.ts";

/** What both replicas of a controller tell alike. */
function ofReplicas(instrument: Instrument, more: string, values: string): Record<string, string> {
  const of = (instance: string): string =>
    ofCheckout(
      prometheusName(instrument),
      `job="trimtab", instance="${instance}", pod="${instance}", container="trimtab", endpoint="http", service="trimtab"${more === "" ? "" : `, ${more}`}`,
    );
  return { [of("a")]: values, [of("b")]: values };
}

const ROCK = 'ctx_genre="rock"';
const FIRING_OF_ROCK = [`${CHECKOUT}, ${ROCK}`];

/** An alert on a number that the controller tells of each context. */
function ofContexts(
  alert: string,
  instrument: Instrument,
  { bad, good, minutes }: { bad: number; good: readonly number[]; minutes: number },
): AlertCases {
  const series = (values: string): Record<string, string> => ofReplicas(instrument, ROCK, values);
  return {
    alert,
    cases: [
      { situation: "fires", at: `${minutes + 5}m`, series: series(times(bad, 70)), firing: FIRING_OF_ROCK },
      ...good.map(
        (value): AlertCase => ({
          situation: "healthy",
          because: `${value}`,
          at: "60m",
          series: series(times(value, 70)),
          firing: [],
        }),
      ),
      {
        situation: "healthy",
        because: "only for a moment",
        at: `${minutes + 5}m`,
        series: series(`${times(good[0] ?? 0, minutes + 5)} ${times(bad, 60)}`),
        firing: [],
      },
      { situation: "low traffic or no data", because: "it is not told", at: "60m", series: {}, firing: [] },
      {
        situation: "resolves",
        at: `${minutes + 15}m`,
        series: series(`${times(bad, minutes + 10)} ${times(good[0] ?? 0, 30)}`),
        firing: [],
      },
    ],
  };
}

const WORSE: AlertCases = {
  ...ofContexts("TrimtabLearnedWorseThanHoldout", controllerInstruments.liftRatioUpper, {
    bad: -0.01,
    good: [0.01],
    minutes: 30,
  }),
};

const WIDE: AlertCases = {
  alert: "TrimtabLearnedWorseThanHoldout",
  cases: [
    {
      situation: "low traffic or no data",
      because: "with few calls the interval is wide",
      at: "60m",
      series: {
        ...ofReplicas(controllerInstruments.liftRatio, ROCK, times(-0.1, 60)),
        ...ofReplicas(controllerInstruments.liftRatioUpper, ROCK, times(0.4, 60)),
      },
      firing: [],
    },
  ],
};

/** An alert on decisions or adaptations of the last minutes. */
function ofMinutes(
  alert: string,
  of: (label: string) => string,
  bad: { readonly label: string; readonly other: string; readonly enough: number; readonly minutes: number },
  firing: string,
): AlertCases {
  const { label, other, enough, minutes } = bad;
  const at = (count: number, which = label): Record<string, string> => ({
    [of(which)]: `${times(0, 10)} ${count} ${times(0, 120)}`,
  });
  return {
    alert,
    cases: [
      { situation: "fires", because: `${enough}`, at: "15m", series: at(enough), firing: [firing] },
      { situation: "healthy", because: `${other} alone`, at: "15m", series: at(100, other), firing: [] },
      { situation: "healthy", because: `${enough - 1}`, at: "15m", series: at(enough - 1), firing: [] },
      { situation: "low traffic or no data", at: "15m", series: {}, firing: [] },
      {
        situation: "fires",
        because: "still in the window",
        at: `${minutes + 5}m`,
        series: at(enough),
        firing: [firing],
      },
      { situation: "resolves", at: `${minutes + 15}m`, series: at(enough), firing: [] },
    ],
  };
}

const decisions = (reason: string): string => ofCheckout(recordedSeries.decisions.name, `reason="${reason}"`);
const adaptations = (status: string): string => ofCheckout(recordedSeries.adaptations.name, `status="${status}"`);

const BREACHES = [
  "LIMIT_SUCCESS_RATE",
  "LIMIT_LATENCY",
  "STOPPED_BY_SERVICE",
  "HOLDOUT_IS_BETTER",
  "BREACH_LEFT_TO_PERSON",
];

const BREACH: readonly AlertCases[] = BREACHES.map((reason) =>
  ofMinutes(
    "TrimtabGuardrailBreach",
    decisions,
    { label: reason, other: "PROVEN_WORSE", enough: 1, minutes: 15 },
    `${CHECKOUT}, reason="${reason}"`,
  ),
);

function shares(calls: { readonly base?: string; readonly other: string }, weight = 0.1): Record<string, string> {
  const of = (variant: string): string =>
    ofCheckout(recordedSeries.calls.name, `variant="${variant}", outcome="success"`);
  return {
    ...ofReplicas(controllerInstruments.variantWeight, 'variant="base-1", role="baseline"', times(weight, 100)),
    ...ofReplicas(controllerInstruments.variantWeight, 'variant="v-2", role="incumbent"', times(1 - weight, 100)),
    ...(calls.base === undefined ? {} : { [of("base-1")]: calls.base }),
    [of("v-2")]: calls.other,
  };
}

const STARVED: AlertCases = {
  alert: "TrimtabHoldoutStarved",
  cases: [
    {
      situation: "fires",
      because: "4 % of a tenth",
      at: "60m",
      series: {
        ...shares({ base: times(4, 100), other: times(96, 100) }),
        // What learnt values are here, base values are elsewhere.
        [`${prometheusName(controllerInstruments.variantWeight)}{component="bar", operation="checkout", variant="v-2", role="baseline"}`]:
          times(1, 100),
      },
      firing: [CHECKOUT],
    },
    {
      situation: "fires",
      because: "none at all",
      at: "60m",
      series: shares({ other: times(100, 100) }),
      firing: [CHECKOUT],
    },
    {
      situation: "healthy",
      because: "6 % of a tenth",
      at: "60m",
      series: shares({ base: times(6, 100), other: times(94, 100) }),
      firing: [],
    },
    {
      situation: "healthy",
      because: "all calls have the base values",
      at: "60m",
      series: {
        ...ofReplicas(controllerInstruments.variantWeight, 'variant="base-1", role="baseline"', times(1, 100)),
        [ofCheckout(recordedSeries.calls.name, 'variant="base-1", outcome="success"')]: times(100, 100),
      },
      firing: [],
    },
    {
      situation: "low traffic or no data",
      because: "915 calls",
      at: "60m",
      series: shares({ base: times(0, 100), other: times(15, 100) }),
      firing: [],
    },
    {
      situation: "low traffic or no data",
      because: "nobody says what is the baseline",
      at: "60m",
      series: { [ofCheckout(recordedSeries.calls.name, 'variant="v-2", outcome="success"')]: times(100, 100) },
      firing: [],
    },
    {
      situation: "resolves",
      at: "80m",
      series: shares({ base: `${times(4, 60)} ${times(100, 40)}`, other: times(96, 100) }),
      firing: [],
    },
  ],
};

/** Readings of each kind in a minute. */
function readings(kinds: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(kinds).map(([kind, values]) => [
      ofCheckout(prometheusName(controllerInstruments.readings), `job="trimtab", instance="a", kind="${kind}"`),
      values,
    ]),
  );
}

const CALLS = callsOfCheckout(times(4, 120));

const MISSING: AlertCases = {
  alert: "TrimtabEvidenceMissing",
  cases: [
    {
      situation: "fires",
      because: "19 of 20",
      at: "50m",
      series: { ...readings({ "no-data": "0+0.19x100", value: "0+0.01x100" }), ...CALLS },
      firing: [CHECKOUT],
    },
    {
      situation: "healthy",
      because: "17 of 20",
      at: "50m",
      series: { ...readings({ "no-data": "0+0.17x100", value: "0+0.03x100" }), ...CALLS },
      firing: [],
    },
    {
      situation: "healthy",
      because: "another kind",
      at: "50m",
      series: { ...readings({ timeout: "0+1x100" }), ...CALLS },
      firing: [],
    },
    {
      situation: "low traffic or no data",
      because: "93 calls in half an hour",
      at: "50m",
      series: { ...readings({ "no-data": "0+1x100" }), ...callsOfCheckout(times(3, 100)) },
      firing: [],
    },
    {
      situation: "low traffic or no data",
      because: "no calls: it is night",
      at: "50m",
      series: readings({ "no-data": "0+1x100" }),
      firing: [],
    },
    {
      situation: "low traffic or no data",
      because: "two readings",
      at: "50m",
      series: { ...readings({ "no-data": `0x25 1x5 2x30` }), ...CALLS },
      firing: [],
    },
    {
      situation: "resolves",
      at: "65m",
      series: { ...readings({ "no-data": "0+1x50 50x50", value: `0x50 1+1x50` }), ...CALLS },
      firing: [],
    },
  ],
};

const STALE: AlertCases = {
  alert: "TrimtabEvidenceStale",
  cases: [
    {
      situation: "fires",
      because: "6 of 10, of two kinds",
      at: "50m",
      series: readings({ stale: "0+0.08x100", timeout: "0+0.04x100", value: "0+0.08x100" }),
      firing: [CHECKOUT],
    },
    {
      situation: "healthy",
      because: "4 of 10",
      at: "50m",
      series: readings({ partial: "0+0.08x100", value: "0+0.12x100" }),
      firing: [],
    },
    {
      situation: "low traffic or no data",
      because: "there was nothing to read",
      at: "50m",
      series: readings({ "no-data": "0+1x100" }),
      firing: [],
    },
    {
      situation: "low traffic or no data",
      because: "two readings",
      at: "50m",
      series: readings({ stale: "0x25 1x5 2x30" }),
      firing: [],
    },
    {
      situation: "resolves",
      at: "70m",
      series: readings({ error: "0+1x50 50x50", value: "0x50 1+1x50" }),
      firing: [],
    },
  ],
};

function differs(values: string): Record<string, string> {
  return ofReplicas(controllerInstruments.declarationDiffers, "", values);
}

const DIFFERS: AlertCases = {
  alert: "TrimtabDeclarationDiffers",
  cases: [
    { situation: "fires", at: "35m", series: differs(times(1, 60)), firing: [CHECKOUT] },
    { situation: "healthy", at: "35m", series: differs(times(0, 60)), firing: [] },
    {
      situation: "healthy",
      because: "while a release goes on",
      at: "35m",
      series: differs(`${times(0, 10)} ${times(1, 60)}`),
      firing: [],
    },
    { situation: "low traffic or no data", at: "35m", series: {}, firing: [] },
    { situation: "resolves", at: "45m", series: differs(`${times(1, 40)} ${times(0, 20)}`), firing: [] },
  ],
};

/** The tests of harm, guardrails and evidence. */
export const LEARNING_CASES: readonly AlertCases[] = [
  WORSE,
  WIDE,
  ofContexts("TrimtabBreakerOpen", controllerInstruments.breakerState, { bad: 2, good: [0, 1], minutes: 5 }),
  ...BREACH,
  ofMinutes(
    "TrimtabRollbackStorm",
    adaptations,
    { label: "rolled-back", other: "applied", enough: 6, minutes: 60 },
    CHECKOUT,
  ),
  ofMinutes(
    "TrimtabParametersOscillating",
    decisions,
    { label: "OSCILLATING", other: "TRYING", enough: 1, minutes: 60 },
    CHECKOUT,
  ),
  ofContexts("TrimtabSampleRatioMismatch", controllerInstruments.sampleRatioMismatch, {
    bad: 1,
    good: [0],
    minutes: 30,
  }),
  STARVED,
  MISSING,
  STALE,
  DIFFERS,
];
