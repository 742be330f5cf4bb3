/** Tests of the alerts on the machinery. */
import { controllerInstruments, prometheusName, serviceInstruments } from "@trimtab/conventions";
import { type AlertCases, CHECKOUT, ofCheckout, times } from "./alert-case.ts";

/** A series of one replica of the controller. */
function ofController(name: string, more = "", instance = "a"): string {
  return `${name}{job="trimtab", instance="${instance}"${more === "" ? "" : `, ${more}`}}`;
}

const LEADER = prometheusName(controllerInstruments.leader);
const leader = (values: string, instance = "a"): Record<string, string> => ({
  [ofController(LEADER, "", instance)]: values,
});
const CONTROLLER = 'job="trimtab"';

const DOWN: AlertCases = {
  alert: "TrimtabControllerDown",
  cases: [
    {
      situation: "fires",
      at: "20m",
      series: leader(`${times(1, 8)} stale ${times("_", 30)}`),
      firing: [""],
    },
    { situation: "fires", because: "it was never there", at: "10m", series: {}, firing: [""] },
    { situation: "healthy", because: "a follower alone", at: "20m", series: leader(times(0, 30)), firing: [] },
    {
      situation: "healthy",
      because: "a restart of three minutes",
      at: "10m",
      series: leader(`${times(1, 8)} stale _x2 ${times(1, 30)}`),
      firing: [],
    },
    {
      situation: "low traffic or no data",
      because: "one of two replicas",
      at: "20m",
      series: { ...leader(times(1, 30)), ...leader(`${times(0, 8)} stale`, "b") },
      firing: [],
    },
    { situation: "resolves", at: "25m", series: leader(`${times("_", 20)} ${times(1, 20)}`), firing: [] },
  ],
};

const NO_LEADER: AlertCases = {
  alert: "TrimtabNoLeader",
  cases: [
    {
      situation: "fires",
      at: "10m",
      series: { ...leader(times(0, 30)), ...leader(times(0, 30), "b") },
      firing: [CONTROLLER],
    },
    {
      situation: "healthy",
      at: "10m",
      series: { ...leader(times(0, 30)), ...leader(times(1, 30), "b") },
      firing: [],
    },
    {
      situation: "healthy",
      because: "a change of leaders",
      at: "10m",
      series: { ...leader(`${times(1, 7)} ${times(0, 30)}`), ...leader(times(0, 30), "b") },
      firing: [],
    },
    { situation: "low traffic or no data", at: "10m", series: {}, firing: [] },
    { situation: "resolves", at: "20m", series: leader(`${times(0, 15)} ${times(1, 15)}`), firing: [] },
  ],
};

function cycles(results: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(results).map(([result, values]) => [
      ofCheckout(prometheusName(controllerInstruments.cycles), `${CONTROLLER}, instance="a", result="${result}"`),
      values,
    ]),
  );
}

const CONFIGURED = {
  [ofCheckout(
    prometheusName(controllerInstruments.variantWeight),
    `${CONTROLLER}, instance="a", variant="base-1", role="baseline"`,
  )]: times(1, 60),
};

const CYCLE_STALE: AlertCases = {
  alert: "TrimtabCycleStale",
  cases: [
    {
      situation: "fires",
      at: "30m",
      series: { ...cycles({ recorded: "0+2x10 20x40" }), ...CONFIGURED },
      firing: [CHECKOUT],
    },
    {
      situation: "fires",
      because: "all of them fail",
      at: "30m",
      series: { ...cycles({ recorded: "0+2x10 20x40", failed: "0x10 0+2x40" }), ...CONFIGURED },
      firing: [CHECKOUT],
    },
    {
      situation: "fires",
      because: "there never was a good one",
      at: "30m",
      series: { ...cycles({ failed: "0+2x50" }), ...CONFIGURED },
      firing: [CHECKOUT],
    },
    { situation: "healthy", at: "30m", series: { ...cycles({ recorded: "0+2x50" }), ...CONFIGURED }, firing: [] },
    {
      situation: "healthy",
      because: "another replica leads",
      at: "30m",
      series: {
        ...cycles({ recorded: "0+2x10 20x40" }),
        [ofCheckout(prometheusName(controllerInstruments.cycles), `${CONTROLLER}, instance="b", result="recorded"`)]:
          "0+2x50",
        ...CONFIGURED,
      },
      firing: [],
    },
    {
      situation: "low traffic or no data",
      because: "there is no window to read",
      at: "30m",
      series: { ...cycles({ recorded: "0+2x10 20x40", skipped: "0x10 0+2x40" }), ...CONFIGURED },
      firing: [],
    },
    {
      situation: "low traffic or no data",
      because: "it is configured no more",
      at: "30m",
      series: cycles({ recorded: "0+2x10 20x40" }),
      firing: [],
    },
    {
      situation: "resolves",
      at: "30m",
      series: { ...cycles({ recorded: "0+2x10 20x15 20+2x30" }), ...CONFIGURED },
      firing: [],
    },
  ],
};

const FAILING: AlertCases = {
  alert: "TrimtabCyclesFailing",
  cases: [
    {
      situation: "fires",
      because: "6 of 10",
      at: "30m",
      series: cycles({ failed: "0+0.3x60", recorded: "0+0.2x60" }),
      firing: [CHECKOUT],
    },
    {
      situation: "healthy",
      because: "4 of 10",
      at: "30m",
      series: cycles({ failed: "0+0.2x60", recorded: "0+0.3x60" }),
      firing: [],
    },
    {
      situation: "low traffic or no data",
      because: "two cycles",
      at: "30m",
      series: cycles({ failed: "0x22 1x5 2x30" }),
      firing: [],
    },
    { situation: "low traffic or no data", at: "30m", series: {}, firing: [] },
    {
      situation: "resolves",
      at: "50m",
      series: cycles({ failed: "0+1x30 30x30", recorded: "0x30 1+1x30" }),
      firing: [],
    },
  ],
};

/** Cycles of a minute that took at most so long. */
function durations(buckets: Readonly<Record<string, string>>, count: string): Record<string, string> {
  const name = prometheusName(controllerInstruments.cycleDuration);
  return {
    ...Object.fromEntries(
      Object.entries(buckets).map(([le, values]) => [
        ofController(`${name}_bucket`, `${CHECKOUT}, le="${le}"`),
        values,
      ]),
    ),
    [ofController(`${name}_count`, CHECKOUT)]: count,
  };
}

const SLOW: AlertCases = {
  alert: "TrimtabSlowCycle",
  cases: [
    {
      situation: "fires",
      because: "between 10 s and 30 s: 28 s",
      at: "40m",
      series: durations({ "10": "0+1x60", "30": "0+2x60", "+Inf": "0+2x60" }, "0+2x60"),
      firing: [CONTROLLER],
    },
    {
      situation: "healthy",
      because: "between 10 s and 30 s: 13.5 s",
      at: "40m",
      series: durations({ "5": "0+1x60", "10": "0+94x60", "30": "0+100x60", "+Inf": "0+100x60" }, "0+100x60"),
      firing: [],
    },
    {
      situation: "low traffic or no data",
      because: "five cycles",
      at: "40m",
      series: durations({ "10": "0x60", "30": "90x15 90+0.2x60", "+Inf": "90x15 90+0.2x60" }, "90x15 90+0.2x60"),
      firing: [],
    },
    { situation: "low traffic or no data", at: "40m", series: {}, firing: [] },
    {
      situation: "resolves",
      at: "60m",
      series: durations({ "1": "0x30 0+1x60", "10": "0x30 0+1x60", "30": "0+1x90", "+Inf": "0+1x90" }, "0+1x90"),
      firing: [],
    },
  ],
};

function source(errors: string, questions: string): Record<string, string> {
  return {
    [ofController(prometheusName(controllerInstruments.sourceErrors), 'kind="timeout"')]: errors,
    [ofController(`${prometheusName(controllerInstruments.sourceQueryDuration)}_count`, 'question="calls"')]: questions,
  };
}

const SOURCE_ERRORS: AlertCases = {
  alert: "TrimtabMetricsSourceErrors",
  cases: [
    { situation: "fires", because: "12 %", at: "40m", series: source("0+0.36x60", "0+3x60"), firing: [CONTROLLER] },
    { situation: "healthy", because: "8 %", at: "40m", series: source("0+0.24x60", "0+3x60"), firing: [] },
    {
      situation: "low traffic or no data",
      because: "nine questions",
      at: "40m",
      series: source("0+0.6x60", "0+0.6x60"),
      firing: [],
    },
    {
      situation: "low traffic or no data",
      because: "no errors yet",
      at: "40m",
      series: {
        [ofController(`${prometheusName(controllerInstruments.sourceQueryDuration)}_count`, 'question="calls"')]:
          "0+100x60",
      },
      firing: [],
    },
    { situation: "resolves", at: "50m", series: source("0+12x30 360x30", "0+100x60"), firing: [] },
  ],
};

const reloaded = (values: string): Record<string, string> => ({
  [ofController(prometheusName(controllerInstruments.configReloadSuccessful))]: values,
});

const REFUSED: AlertCases = {
  alert: "TrimtabConfigurationRefused",
  cases: [
    {
      situation: "fires",
      because: "in one of two replicas",
      at: "15m",
      series: {
        ...reloaded(times(0, 30)),
        [ofController(prometheusName(controllerInstruments.configReloadSuccessful), "", "b")]: times(1, 30),
      },
      firing: [CONTROLLER],
    },
    { situation: "healthy", at: "15m", series: reloaded(times(1, 30)), firing: [] },
    {
      situation: "healthy",
      because: "it was repaired at once",
      at: "15m",
      series: reloaded(`${times(1, 8)} ${times(0, 20)}`),
      firing: [],
    },
    { situation: "low traffic or no data", at: "15m", series: {}, firing: [] },
    { situation: "resolves", at: "25m", series: reloaded(`${times(0, 20)} ${times(1, 10)}`), firing: [] },
  ],
};

const ageOf = (values: string, instance = "a"): Record<string, string> => ({
  [`${prometheusName(serviceInstruments.parametersAge)}{job="shop", instance="${instance}"}`]: values,
});

const PARAMETERS_STALE: AlertCases = {
  alert: "TrimtabParametersStale",
  cases: [
    {
      situation: "fires",
      because: "in one process of two",
      at: "20m",
      series: { ...ageOf(times(1000, 40)), ...ageOf(times(5, 40), "b") },
      firing: ['job="shop"'],
    },
    { situation: "healthy", at: "20m", series: ageOf(times(800, 40)), firing: [] },
    {
      situation: "healthy",
      because: "the process ended",
      at: "20m",
      series: ageOf(`${times(1000, 3)} stale`),
      firing: [],
    },
    {
      situation: "low traffic or no data",
      because: "a service without a controller",
      at: "20m",
      series: {},
      firing: [],
    },
    { situation: "resolves", at: "20m", series: ageOf(`${times(1000, 15)} ${times(5, 20)}`), firing: [] },
  ],
};

function served(sources: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(sources).map(([from, values]) => [
      `${prometheusName(serviceInstruments.parametersServed)}{job="shop", instance="a", source="${from}"}`,
      values,
    ]),
  );
}

const FALLBACK: AlertCases = {
  alert: "TrimtabFallbackInUse",
  cases: [
    {
      situation: "fires",
      because: "12 % of two kinds",
      at: "45m",
      series: served({ fresh: "0+8.8x60", last_known_good: "0+0.6x60", base: "0+0.6x60" }),
      firing: ['job="shop"'],
    },
    {
      situation: "healthy",
      because: "8 %",
      at: "45m",
      series: served({ fresh: "0+9.2x60", base: "0+0.8x60" }),
      firing: [],
    },
    {
      situation: "low traffic or no data",
      because: "90 calls",
      at: "45m",
      series: served({ base: "0+6x60" }),
      firing: [],
    },
    { situation: "low traffic or no data", at: "45m", series: {}, firing: [] },
    {
      situation: "resolves",
      at: "60m",
      series: served({ fresh: "0x40 0+100x40", base: "0+100x40 4000x40" }),
      firing: [],
    },
  ],
};

const collapsed = (values: string): Record<string, string> => ({
  [`${prometheusName(serviceInstruments.labelValuesCollapsed)}{job="shop", instance="a"}`]: values,
});
const overflowing = (name: string): string => `${name}{job="shop", instance="a", otel_metric_overflow="true"}`;

const CARDINALITY: AlertCases = {
  alert: "TrimtabCardinalityLimit",
  cases: [
    { situation: "fires", at: "30m", series: collapsed("0x10 0+0.2x60"), firing: ['job="shop"'] },
    {
      situation: "fires",
      because: "an SDK of one's own has reached its limit of calls",
      at: "30m",
      series: { [overflowing(prometheusName(serviceInstruments.operationCalls))]: times(1, 60) },
      firing: ['job="shop"'],
    },
    {
      situation: "fires",
      because: "or of durations",
      at: "30m",
      series: { [overflowing(`${prometheusName(serviceInstruments.operationDuration)}_count`)]: times(1, 60) },
      firing: ['job="shop"'],
    },
    { situation: "healthy", at: "30m", series: collapsed(times(0, 60)), firing: [] },
    {
      situation: "low traffic or no data",
      because: "no overflow is told",
      at: "30m",
      series: { [ofCheckout(prometheusName(serviceInstruments.operationCalls), 'job="shop", instance="a"')]: "0+1x60" },
      firing: [],
    },
    {
      situation: "resolves",
      because: "none collapsed in half an hour",
      at: "60m",
      series: collapsed("0+1x20 20x60"),
      firing: [],
    },
  ],
};

const up = (values: string, job = "shop"): Record<string, string> => ({ [`up{job="${job}", instance="a"}`]: values });
const started = (values: string): Record<string, string> => ({
  [`${prometheusName(serviceInstruments.processStartTime)}{job="shop", instance="a"}`]: values,
});

const SCRAPE: AlertCases = {
  alert: "TrimtabScrapeFailing",
  cases: [
    {
      situation: "fires",
      because: "a service",
      at: "30m",
      series: { ...up(`${times(1, 10)} ${times(0, 60)}`), ...started(`${times(-100, 10)} stale`) },
      firing: ['job="shop", instance="a"'],
    },
    {
      situation: "fires",
      because: "a controller",
      at: "30m",
      series: { ...up(`${times(1, 10)} ${times(0, 60)}`, "trimtab"), ...leader(`${times(1, 10)} stale`) },
      firing: ['job="trimtab", instance="a"'],
    },
    { situation: "healthy", at: "30m", series: { ...up(times(1, 60)), ...started(times(-100, 60)) }, firing: [] },
    {
      situation: "healthy",
      because: "it has ended, and nobody expects it",
      at: "30m",
      series: { ...up(`${times(1, 10)} stale`), ...started(`${times(-100, 10)} stale`) },
      firing: [],
    },
    {
      situation: "low traffic or no data",
      because: "a target without our metrics, beside one that has them",
      at: "30m",
      series: {
        ...up(times(1, 60)),
        ...started(times(-100, 60)),
        'up{job="shop", instance="proxy"}': times(0, 60),
        'up{job="proxy", instance="a"}': times(0, 60),
      },
      firing: [],
    },
    {
      situation: "resolves",
      at: "40m",
      series: { ...up(`${times(1, 10)} ${times(0, 25)} ${times(1, 20)}`), ...started(`${times(-100, 10)} stale`) },
      firing: [],
    },
  ],
};

const WATCHDOG: AlertCases = {
  alert: "TrimtabWatchdog",
  cases: [
    { situation: "fires", because: "at once", at: "0m", series: {}, firing: [""] },
    { situation: "fires", because: "always", at: "60m", series: {}, firing: [""] },
    { situation: "fires", because: "while all is well", at: "30m", series: leader(times(1, 60)), firing: [""] },
    { situation: "fires", because: "while nothing is", at: "30m", series: up(times(0, 60)), firing: [""] },
  ],
};

/** The tests of the controller, its source, the services' way to it, and scrapes. */
export const CONTROLLER_CASES: readonly AlertCases[] = [
  DOWN,
  NO_LEADER,
  CYCLE_STALE,
  FAILING,
  SLOW,
  SOURCE_ERRORS,
  REFUSED,
  PARAMETERS_STALE,
  FALLBACK,
  CARDINALITY,
  SCRAPE,
  WATCHDOG,
];
