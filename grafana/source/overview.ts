/** Overview: is everything all right, and where should I look? */
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
  NO_CALLS,
  OPERATION,
  qualityLines,
  qualityNumber,
  successLines,
  successNumber,
} from "./call-panels.ts";
import {
  BASE_VALUES,
  BY_OPERATION,
  BY_VARIANT,
  CHOSEN,
  CHOSEN_LEARNING,
  callRate,
  OTHER_VALUES,
  ofLeader,
  orZero,
  rate,
  successRatio,
  sumBy,
  WHOLE_RANGE,
} from "./expressions.ts";
import { toController, toDashboard, toOperation, toRunbook } from "./links.ts";
import { bars, LIFT, lines, NEUTRAL, NONE_IS_GOOD, number, rows, SUCCESS, unit } from "./panels.ts";
import { controller, recorded, service } from "./series.ts";
import { operationVariables } from "./variables.ts";

const toOperationPage = toOperation("operation", "line");
const toLearningPage = toOperation("learning", "line");

const lift = ofLeader(`${controller.liftRatio}{${CHOSEN_LEARNING}}`);
const breaker = ofLeader(`${controller.breakerState}{${CHOSEN_LEARNING}}`);

const numbers = [
  successNumber(CHOSEN, "Which share of the calls succeeded in the time range? A partial counts one half."),
  callsNumber(CHOSEN),
  durationNumber(CHOSEN),
  qualityNumber(CHOSEN),
  number({
    title: "Lift",
    question:
      "How much more utility has a call under what is served than one under your own values? Mean over contexts.",
    unit: unit.utility,
    decimals: 3,
    steps: LIFT,
    noValue: "not measured yet",
    queries: [{ expr: `avg(${lift})` }],
    panelLinks: [toDashboard("learning"), toRunbook("TrimtabLearnedWorseThanHoldout")],
  }),
  number({
    title: "Firing alerts",
    question: "Does anything ask for a person now? The watchdog, which fires always, is left out.",
    unit: unit.count,
    min: 0,
    steps: NONE_IS_GOOD,
    noValue: "none",
    queries: [
      {
        expr: orZero('count(ALERTS{alertstate="firing",alertname=~"Trimtab.+",alertname!="TrimtabWatchdog"})'),
      },
    ],
  }),
  number({
    title: "Contexts",
    question: "How many contexts of how many operations does the controller look at, tuned or only observed?",
    unit: unit.count,
    min: 0,
    noValue: "none",
    queries: [{ expr: orZero(`count(${breaker})`) }],
  }),
  number({
    title: "Contexts where learning rests",
    question: "In how many contexts has the circuit breaker stopped learning, because it did harm?",
    unit: unit.count,
    min: 0,
    steps: NONE_IS_GOOD,
    noValue: "none",
    queries: [{ expr: orZero(`count(${breaker} == 2)`) }],
    panelLinks: [toRunbook("TrimtabBreakerOpen")],
  }),
  number({
    title: "Adapted",
    question: "How many parameters were changed in the time range?",
    unit: unit.count,
    min: 0,
    decimals: 0,
    noValue: "none",
    queries: [
      {
        expr: orZero(`sum(increase(${controller.adaptations}{${CHOSEN_LEARNING},status="applied"}[${WHOLE_RANGE}]))`),
      },
    ],
    panelLinks: [toController("Adaptations in the console", "/#/adaptations")],
  }),
  number({
    title: "Taken back",
    question: "How many changes were taken back in the time range, by the controller or by a person?",
    unit: unit.count,
    min: 0,
    decimals: 0,
    steps: ["green", [1, "orange"], [10, "red"]],
    noValue: "none",
    queries: [
      {
        expr: orZero(
          `sum(increase(${controller.adaptations}{${CHOSEN_LEARNING},status="rolled-back"}[${WHOLE_RANGE}]))`,
        ),
      },
    ],
    panelLinks: [toRunbook("TrimtabRollbackStorm")],
  }),
  number({
    title: "Controllers that lead",
    question: "Is there one controller that decides, and not none or two?",
    unit: unit.count,
    min: 0,
    steps: ["red", [1, "green"], [2, "red"]],
    noValue: "no controller",
    queries: [{ expr: orZero(`sum(${controller.leader})`) }],
    panelLinks: [toDashboard("controller"), toRunbook("TrimtabNoLeader")],
  }),
  number({
    title: "Parameters with the services",
    question: "How old is what the most forgotten service was last told?",
    unit: unit.seconds,
    min: 0,
    steps: ["green", [60, "orange"], [600, "red"]],
    noValue: "no service asks",
    queries: [{ expr: `max(${service.parametersAge}{job=~"$job"})` }],
    panelLinks: [toRunbook("TrimtabParametersStale")],
  }),
];

const rates = [
  callLines({
    title: "Calls",
    question: "How much does each operation do?",
    calls: CHOSEN,
    by: BY_OPERATION,
    legend: OPERATION,
    links: [toOperationPage],
  }),
  successLines({
    title: "Success",
    question: "Which share of the calls of each operation succeeds? A partial counts one half.",
    calls: CHOSEN,
    by: BY_OPERATION,
    legend: OPERATION,
    links: [toOperationPage],
  }),
  durationLines({
    title: "p95 duration",
    question: "In which time do 95 of 100 calls of each operation end?",
    calls: CHOSEN,
    by: BY_OPERATION,
    legend: OPERATION,
    links: [toOperationPage],
  }),
  durationHeat({
    title: "Durations",
    question: "How are the durations of all chosen operations spread, and is there a second hump?",
    calls: CHOSEN,
  }),
  qualityLines({
    title: "Mean quality",
    question: "How good are the results of each operation, 0 to 1?",
    calls: CHOSEN,
    by: BY_OPERATION,
    legend: OPERATION,
    links: [toOperationPage],
  }),
  lines({
    title: "Errors by type",
    question: "What goes wrong, and how often?",
    unit: unit.callsPerSecond,
    min: 0,
    isStacked: true,
    noValue: "no errors",
    queries: [
      {
        expr: sumBy("component, operation, error_type", rate(service.operationErrors, CHOSEN)),
        legend: `${OPERATION}: {{error_type}}`,
      },
    ],
    links: [toOperationPage],
  }),
];

const OPERATION_COLUMN = {
  name: "operation",
  links: [toOperation("operation", "row"), toOperation("learning", "row")],
};

const whereToLook = [
  rows({
    title: "Operations",
    question: "How does each operation do in the time range? A click on its name opens it.",
    unit: unit.count,
    noValue: NO_CALLS,
    queries: [...callColumnQueries(CHOSEN, BY_OPERATION), { expr: `avg by (${BY_OPERATION}) (${lift})` }],
    columns: [...CALL_COLUMNS, { name: "Lift", decimals: 3 }],
    labels: [OPERATION_COLUMN],
    sortBy: "Calls",
  }),
  rows({
    title: "Variants that fail most",
    question: "Which sets of parameters fail most often, of those with a call in ten seconds or more?",
    unit: unit.ratio,
    min: 0,
    max: 1,
    steps: ["green", [0.05, "orange"], [0.2, "red"]],
    width: 12,
    noValue: NO_CALLS,
    queries: [
      {
        expr: `topk(10, (1 - (${successRatio(CHOSEN, BY_VARIANT, WHOLE_RANGE)})) and (${callRate(CHOSEN, BY_VARIANT, WHOLE_RANGE)} > 0.1))`,
      },
    ],
    columns: [{ name: "Failing", unit: unit.ratio, decimals: 2 }],
    labels: [OPERATION_COLUMN],
    sortBy: "Failing",
  }),
  rows({
    title: "Contexts with the least lift",
    question: "Where does learning bring the least, or do harm?",
    unit: unit.utility,
    decimals: 3,
    steps: LIFT,
    width: 12,
    noValue: "not measured yet",
    queries: [{ expr: `bottomk(10, ${lift})` }],
    columns: [{ name: "Lift", decimals: 3 }],
    labels: [OPERATION_COLUMN],
    without: ["__name__", "instance", "job"],
  }),
];

const safety = [
  bars({
    title: "Error budget that is left",
    question:
      "How much of the errors that the objective allows is left? Needs the recording rules, and a success constraint in trimtab.yaml.",
    unit: unit.ratio,
    max: 1,
    steps: ["red", [0.1, "orange"], [0.5, "green"]],
    noValue: "no objective, or no recording rules",
    queries: [{ expr: recorded.errorBudget, legend: OPERATION }],
    links: [toOperationPage],
    panelLinks: [toRunbook("TrimtabErrorBudgetBurn")],
  }),
  lines({
    title: "Lift",
    question: "What is learning worth in each operation? Mean over its contexts.",
    unit: unit.utility,
    steps: LIFT,
    noValue: "not measured yet",
    queries: [{ expr: `avg by (${BY_OPERATION}) (${lift})`, legend: OPERATION }],
    links: [toLearningPage],
  }),
  rows({
    title: "Firing alerts",
    question: "Which alerts of ours fire or are about to?",
    unit: unit.count,
    width: 8,
    height: 8,
    steps: NEUTRAL,
    noValue: "none, or the alert rules are not loaded",
    queries: [
      { expr: 'sum by (alertname, alertstate, severity, component, operation) (ALERTS{alertname=~"Trimtab.+"})' },
    ],
    columns: [{ name: "Series", decimals: 0 }],
    labels: [{ name: "alertname", links: [toRunbook("${__value.raw}")] }],
  }),
  lines({
    title: "Base values and all others",
    question: "Do the calls with your own values and those with others succeed alike?",
    unit: unit.ratio,
    min: 0,
    max: 1,
    steps: SUCCESS,
    noValue: NO_CALLS,
    queries: [
      { expr: successRatio(`${CHOSEN},${BASE_VALUES}`, ""), legend: "base values" },
      { expr: successRatio(`${CHOSEN},${OTHER_VALUES}`, ""), legend: "other values" },
    ],
    links: [toDashboard("learning")],
  }),
  lines({
    title: "Calls without a context of their own",
    question: "Are there more contexts than a process may have, so that calls are counted as __other__?",
    unit: unit.callsPerSecond,
    min: 0,
    noValue: "none",
    queries: [
      {
        expr: `sum by (job, instance) (rate(${service.labelValuesCollapsed}{job=~"$job"}[$__rate_interval]))`,
        legend: "{{job}} {{instance}}",
      },
    ],
    panelLinks: [toRunbook("TrimtabCardinalityLimit")],
  }),
  lines({
    title: "Where parameters come from",
    question: "Do services have fresh parameters, the last known good ones, or only their own?",
    unit: unit.callsPerSecond,
    min: 0,
    isStacked: true,
    noValue: "no parameters were asked for",
    queries: [{ expr: sumBy("source", rate(service.parametersServed, 'job=~"$job"')), legend: "{{source}}" }],
    panelLinks: [toRunbook("TrimtabFallbackInUse")],
  }),
];

/** The dashboard to begin with. */
export function overview(): Dashboard {
  return buildDashboard({
    name: "overview",
    title: "Trimtab / Overview",
    question: "Is everything all right, and where should I look?",
    variables: operationVariables(),
    sections: [
      { title: "Now", panels: numbers },
      { title: "Rate, errors, duration", panels: rates },
      { title: "Where to look", panels: whereToLook },
      { title: "Budgets, harm and limits", panels: safety },
    ],
  });
}
