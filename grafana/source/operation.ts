/** Operation: how do the calls of one operation go, by context and by variant? */
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { buildDashboard } from "./build-dashboard.ts";
import {
  CALL_COLUMNS,
  callColumnQueries,
  callLines,
  callsNumber,
  durationHeat,
  durationLines,
  durationNumber,
  engagementLines,
  NO_CALLS,
  OPERATION,
  qualityLines,
  qualityNumber,
  successLines,
  successNumber,
} from "./call-panels.ts";
import {
  BY_CONTEXT,
  BY_OPERATION,
  BY_VARIANT,
  CHOSEN,
  CHOSEN_CALLS,
  CHOSEN_LEARNING,
  CONTEXT_LABEL,
  callRate,
  heatmapOf,
  meanOf,
  ofLeader,
  perCall,
  quantileOf,
  rate,
  sumBy,
  WHOLE_RANGE,
} from "./expressions.ts";
import { toController, toDashboard, toOperation, toRunbook } from "./links.ts";
import { heat, lines, NONE_IS_GOOD, number, rows, states, unit } from "./panels.ts";
import { controller, service } from "./series.ts";
import { callVariables } from "./variables.ts";

const VARIANT = "{{operation}} {{variant}}";
const CONTEXT = `{{operation}} {{${CONTEXT_LABEL}}}`;

const numbers = [
  callsNumber(CHOSEN_CALLS),
  successNumber(CHOSEN_CALLS, "Which share of the calls succeeded? A partial counts one half."),
  durationNumber(CHOSEN_CALLS),
  qualityNumber(CHOSEN_CALLS),
  number({
    title: "Unlike the usual",
    question: "How many measures of the last hour lie far from what is usual at this hour of the week and this load?",
    unit: unit.count,
    min: 0,
    steps: NONE_IS_GOOD,
    noValue: "no baseline yet",
    queries: [{ expr: `sum(${ofLeader(`${controller.baselineAnomaly}{${CHOSEN_LEARNING}}`)})` }],
    panelLinks: [toRunbook("TrimtabAnomaly")],
  }),
  number({
    title: "Stopped challengers",
    question: "How often did a service stop a set of parameters by itself, because it failed plainly?",
    unit: unit.count,
    min: 0,
    decimals: 0,
    steps: ["green", [1, "orange"]],
    noValue: "none",
    queries: [{ expr: `sum(increase(${service.challengerStopped}{${CHOSEN}}[${WHOLE_RANGE}])) or vector(0)` }],
  }),
];

const byVariant = [
  callLines({
    title: "Calls by variant",
    question: "How are the calls shared among sets of parameters?",
    calls: CHOSEN_CALLS,
    by: BY_VARIANT,
    legend: VARIANT,
    isStacked: true,
    links: [toDashboard("learning")],
  }),
  successLines({
    title: "Success by variant",
    question: "Which sets of parameters succeed more often?",
    calls: CHOSEN_CALLS,
    by: BY_VARIANT,
    legend: VARIANT,
  }),
  durationLines({
    title: "p95 duration by variant",
    question: "Which sets of parameters are slow?",
    calls: CHOSEN_CALLS,
    by: BY_VARIANT,
    legend: VARIANT,
  }),
  qualityLines({
    title: "Quality by variant",
    question: "Which sets of parameters give better results?",
    calls: CHOSEN_CALLS,
    by: BY_VARIANT,
    legend: VARIANT,
  }),
  lines({
    title: "Cost of a call by variant",
    question: "What does a call cost under each set of parameters, in the unit that it was recorded in?",
    unit: unit.count,
    min: 0,
    noValue: "no cost was recorded",
    queries: [
      { expr: perCall(service.operationCost, CHOSEN_CALLS, BY_VARIANT, "unit"), legend: `${VARIANT} ({{unit}})` },
    ],
  }),
  lines({
    title: "Challengers that services stopped",
    question: "Which sets of parameters failed so plainly that a service did not wait for the controller?",
    unit: unit.count,
    min: 0,
    noValue: "none",
    queries: [
      {
        expr: `sum by (${BY_VARIANT}) (increase(${service.challengerStopped}{${CHOSEN},variant=~"$variant"}[$__rate_interval]))`,
        legend: VARIANT,
      },
    ],
  }),
];

const calls = [
  lines({
    title: "Outcomes",
    question: "How do the calls end?",
    unit: unit.callsPerSecond,
    min: 0,
    isStacked: true,
    noValue: NO_CALLS,
    queries: [{ expr: callRate(CHOSEN_CALLS, "outcome"), legend: "{{outcome}}" }],
  }),
  lines({
    title: "Errors by type",
    question: "What goes wrong?",
    unit: unit.callsPerSecond,
    min: 0,
    isStacked: true,
    noValue: "no errors",
    queries: [
      {
        expr: sumBy("operation, error_type", rate(service.operationErrors, CHOSEN_CALLS)),
        legend: "{{operation}}: {{error_type}}",
      },
    ],
  }),
  lines({
    title: "Durations",
    question: "How long do calls take: the usual one, the slow one, the slowest of a hundred?",
    unit: unit.seconds,
    min: 0,
    noValue: NO_CALLS,
    queries: [
      { expr: quantileOf(0.5, service.operationDuration, CHOSEN_CALLS, ""), legend: "p50" },
      { expr: quantileOf(0.95, service.operationDuration, CHOSEN_CALLS, ""), legend: "p95" },
      { expr: quantileOf(0.99, service.operationDuration, CHOSEN_CALLS, ""), legend: "p99", withExemplars: true },
    ],
  }),
  durationHeat({
    title: "Spread of durations",
    question: "How are the durations spread, and is there a second hump?",
    calls: CHOSEN_CALLS,
  }),
  heat({
    title: "Spread of quality",
    question: "How are the quality scores spread?",
    unit: unit.quality,
    min: 0,
    max: 1,
    noValue: "nothing was scored",
    queries: [{ expr: heatmapOf(service.operationQuality, CHOSEN_CALLS), legend: "{{le}}" }],
  }),
  lines({
    title: "Usual and measured duration",
    question: "Is the mean duration of an hour as it usually is at this hour of the week and this load?",
    unit: unit.seconds,
    min: 0,
    noValue: "no baseline yet: it takes two weeks",
    queries: [
      {
        expr: meanOf(service.operationDuration, CHOSEN, BY_OPERATION, "1h"),
        legend: `measured ${OPERATION}`,
      },
      ...(["baselineLower", "baselineExpected", "baselineUpper"] as const).map((bound) => ({
        expr: `max by (${BY_OPERATION}) (${ofLeader(`${controller[bound]}{${CHOSEN_LEARNING},measure="duration_seconds"}`)})`,
        legend: `${bound.replace("baseline", "").toLowerCase()} ${OPERATION}`,
      })),
    ],
    panelLinks: [toRunbook("TrimtabAnomaly")],
  }),
];

const byContext = [
  rows({
    title: "Contexts",
    question: "How does each context do in the time range, by the chosen context key?",
    unit: unit.count,
    noValue: NO_CALLS,
    queries: callColumnQueries(CHOSEN_CALLS, BY_CONTEXT),
    columns: CALL_COLUMNS,
    labels: [
      {
        name: "operation",
        links: [
          toOperation("learning", "row"),
          toController("Open in the console", "/#/operations/${__data.fields.component}/${__data.fields.operation}"),
        ],
      },
    ],
    sortBy: "Calls",
  }),
  callLines({
    title: "Calls by context",
    question: "Where do the calls come from?",
    calls: CHOSEN_CALLS,
    by: BY_CONTEXT,
    legend: CONTEXT,
    isStacked: true,
  }),
  successLines({
    title: "Success by context",
    question: "In which contexts do calls fail?",
    calls: CHOSEN_CALLS,
    by: BY_CONTEXT,
    legend: CONTEXT,
  }),
  qualityLines({
    title: "Quality by context",
    question: "In which contexts are results good?",
    calls: CHOSEN_CALLS,
    by: BY_CONTEXT,
    legend: CONTEXT,
  }),
];

const use = [
  lines({
    title: "Tokens of a call",
    question: "How many tokens does a call use?",
    unit: unit.count,
    min: 0,
    noValue: "no tokens were recorded",
    queries: [
      {
        expr: perCall(service.operationTokens, CHOSEN_CALLS, BY_OPERATION, "type"),
        legend: "{{operation}}: {{type}}",
      },
    ],
  }),
  engagementLines({
    title: "Engagement",
    question: "What do people do with a result, by call?",
    calls: CHOSEN_CALLS,
    by: BY_OPERATION,
    links: [toDashboard("feedback")],
  }),
  lines({
    title: "CPU of a call",
    question: "How much CPU time does a call take? Recorded at level comprehensive.",
    unit: unit.seconds,
    min: 0,
    noValue: "recorded at level comprehensive only",
    queries: [{ expr: perCall(service.operationCpu, CHOSEN_CALLS, BY_VARIANT), legend: VARIANT }],
  }),
  lines({
    title: "Waiting for the event loop",
    question: "How long does a call wait for others in its process? Recorded at level comprehensive.",
    unit: unit.seconds,
    min: 0,
    noValue: "recorded at level comprehensive only",
    queries: [{ expr: perCall(service.operationEventLoopDelay, CHOSEN_CALLS, BY_VARIANT), legend: VARIANT }],
  }),
  lines({
    title: "Heap of a call",
    question: "By how much does the heap grow in a call? Recorded at level comprehensive.",
    unit: unit.bytes,
    min: 0,
    noValue: "recorded at level comprehensive only",
    queries: [{ expr: perCall(service.operationHeap, CHOSEN_CALLS, BY_VARIANT), legend: VARIANT }],
  }),
  states({
    title: "Unlike the usual",
    question: "Which measures lie far from what is usual at their hour of the week and load?",
    unit: unit.state,
    min: 0,
    max: 1,
    steps: ["green", [1, "red"]],
    noValue: "no baseline yet: it takes two weeks",
    names: { "0": ["as usual", "green"], "1": ["unusual", "red"] },
    queries: [
      {
        expr: `max by (component, operation, measure) (${ofLeader(`${controller.baselineAnomaly}{${CHOSEN_LEARNING}}`)})`,
        legend: "{{operation}}: {{measure}}",
      },
    ],
    panelLinks: [toRunbook("TrimtabAnomaly")],
  }),
];

/** One operation, by context and variant. */
export function operation(): Dashboard {
  return buildDashboard({
    name: "operation",
    title: "Trimtab / Operation",
    question: "How do the calls of an operation go, by context and by variant?",
    variables: callVariables(),
    sections: [
      { title: "In the time range", panels: numbers },
      { title: "By variant", panels: byVariant },
      { title: "Calls", panels: calls },
      { title: "By context", panels: byContext },
      { title: "What calls use", panels: use },
    ],
  });
}
