/** Learning: does it help, what is it doing, and does it do it safely? */
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { buildDashboard } from "./build-dashboard.ts";
import { NO_CALLS, OPERATION } from "./call-panels.ts";
import { comparison } from "./comparison.ts";
import {
  BASE_VALUES,
  BY_CONTEXT,
  BY_OPERATION,
  BY_VARIANT,
  CHOSEN_CALLS,
  CHOSEN_CONTEXTS,
  CHOSEN_LEARNING,
  CONTEXT_LABEL,
  callRate,
  meanOf,
  OTHER_VALUES,
  ofLeader,
  orZero,
  successRatio,
  WHOLE_RANGE,
} from "./expressions.ts";
import { toController, toOperation, toRunbook } from "./links.ts";
import { interval, LIFT, lines, NONE_IS_GOOD, number, rows, states, unit } from "./panels.ts";
import { controller, service } from "./series.ts";
import { callVariables } from "./variables.ts";

const NO_LIFT = "not measured yet: it takes a holdout and some windows";
const CONTEXT = `{{operation}} {{${CONTEXT_LABEL}}}`;

const lift = ofLeader(`${controller.liftRatio}{${CHOSEN_CONTEXTS}}`);
const lower = ofLeader(`${controller.liftRatioLower}{${CHOSEN_CONTEXTS}}`);
const upper = ofLeader(`${controller.liftRatioUpper}{${CHOSEN_CONTEXTS}}`);
const breaker = ofLeader(`${controller.breakerState}{${CHOSEN_CONTEXTS}}`);
const weight = (matchers: string): string =>
  ofLeader(`${controller.variantWeight}{${CHOSEN_CONTEXTS}${matchers === "" ? "" : `,${matchers}`}}`);

/** The mean over contexts of the share that a role has; in each context the shares sum to 1. */
function shareOfRole(role: string): string {
  return `sum(${weight(`role="${role}"`)}) / sum(${weight("")})`;
}

const numbers = [
  number({
    title: "Lift",
    question: "How much more utility has a call under what is served than one in the holdout? Mean over contexts.",
    unit: unit.utility,
    decimals: 3,
    steps: LIFT,
    noValue: "not measured yet",
    queries: [{ expr: `avg(${lift})` }],
  }),
  number({
    title: "Proven better",
    question: "In how many contexts does the whole interval of the lift lie above zero?",
    unit: unit.count,
    min: 0,
    steps: ["blue", [1, "green"]],
    noValue: "none",
    queries: [{ expr: orZero(`count(${lower} > 0)`) }],
  }),
  number({
    title: "Proven worse",
    question: "In how many contexts does the whole interval of the lift lie below zero?",
    unit: unit.count,
    min: 0,
    steps: NONE_IS_GOOD,
    noValue: "none",
    queries: [{ expr: orZero(`count(${upper} < 0)`) }],
    panelLinks: [toRunbook("TrimtabLearnedWorseThanHoldout")],
  }),
  number({
    title: "Holdout",
    question:
      "Which share of the calls keeps your own values for comparison? Mean over contexts; more where nothing better is known.",
    unit: unit.ratio,
    min: 0,
    max: 1,
    decimals: 1,
    steps: ["orange", [0.01, "blue"]],
    noValue: "nothing is shared out",
    queries: [{ expr: shareOfRole("baseline") }],
    panelLinks: [toRunbook("TrimtabHoldoutStarved")],
  }),
  number({
    title: "Being tried",
    question: "Which share of the calls tries something? Mean over contexts.",
    unit: unit.ratio,
    min: 0,
    max: 1,
    decimals: 1,
    noValue: "nothing is being tried",
    queries: [{ expr: orZero(shareOfRole("challenger")) }],
  }),
  number({
    title: "Shares not kept",
    question: "In how many contexts do variants not get the calls that they were promised, so that nothing is learnt?",
    unit: unit.count,
    min: 0,
    steps: NONE_IS_GOOD,
    noValue: "none",
    queries: [{ expr: orZero(`sum(${ofLeader(`${controller.sampleRatioMismatch}{${CHOSEN_CONTEXTS}}`)})`) }],
    panelLinks: [toRunbook("TrimtabSampleRatioMismatch")],
  }),
];

const compared = {
  success: comparison("success", CHOSEN_CALLS),
  quality: comparison("quality", CHOSEN_CALLS),
  duration: comparison("duration", CHOSEN_CALLS),
};

const worth = [
  interval({
    title: "Lift with its interval",
    question:
      "What is learning worth against the holdout, measured in the same windows? The bounds hold at 95 % however often they are read; mean over the contexts with the same value of the chosen key.",
    unit: unit.utility,
    decimals: 3,
    steps: LIFT,
    width: 16,
    noValue: NO_LIFT,
    queries: [
      { expr: `avg by (${BY_CONTEXT}) (${lower})`, legend: `lower ${CONTEXT}` },
      { expr: `avg by (${BY_CONTEXT}) (${upper})`, legend: `upper ${CONTEXT}` },
      { expr: `avg by (${BY_CONTEXT}) (${lift})`, legend: `lift ${CONTEXT}` },
    ],
    panelLinks: [toRunbook("TrimtabLearnedWorseThanHoldout")],
  }),
  lines({
    title: "Utility gained",
    question:
      "How much utility is won in a second, lift times calls? Two per second are two calls that went from useless to perfect.",
    unit: unit.utility,
    decimals: 3,
    steps: LIFT,
    noValue: NO_LIFT,
    queries: [
      {
        expr: `sum by (${BY_OPERATION}) (avg by (${BY_CONTEXT}) (${lift}) * on (${BY_CONTEXT}) ${callRate(CHOSEN_CALLS, BY_CONTEXT)})`,
        legend: OPERATION,
      },
    ],
  }),
  lines({
    title: "Success: base values and all others",
    question: "Do calls with other values than your own succeed more often?",
    unit: unit.ratio,
    min: 0,
    max: 1,
    noValue: NO_CALLS,
    queries: [
      { expr: successRatio(`${CHOSEN_CALLS},${BASE_VALUES}`, BY_OPERATION), legend: `base values ${OPERATION}` },
      { expr: successRatio(`${CHOSEN_CALLS},${OTHER_VALUES}`, BY_OPERATION), legend: `others ${OPERATION}` },
    ],
  }),
  lines({
    title: "Quality: base values and all others",
    question: "Are results with other values than your own better?",
    unit: unit.quality,
    min: 0,
    max: 1,
    noValue: "nothing was scored",
    queries: [
      {
        expr: meanOf(service.operationQuality, `${CHOSEN_CALLS},${BASE_VALUES}`, BY_OPERATION),
        legend: `base values ${OPERATION}`,
      },
      {
        expr: meanOf(service.operationQuality, `${CHOSEN_CALLS},${OTHER_VALUES}`, BY_OPERATION),
        legend: `others ${OPERATION}`,
      },
    ],
  }),
  lines({
    title: "Duration: base values and all others",
    question: "Are calls with other values than your own faster, in the mean?",
    unit: unit.seconds,
    min: 0,
    noValue: NO_CALLS,
    queries: [
      {
        expr: meanOf(service.operationDuration, `${CHOSEN_CALLS},${BASE_VALUES}`, BY_OPERATION),
        legend: `base values ${OPERATION}`,
      },
      {
        expr: meanOf(service.operationDuration, `${CHOSEN_CALLS},${OTHER_VALUES}`, BY_OPERATION),
        legend: `others ${OPERATION}`,
      },
    ],
  }),
  rows({
    title: "Other values against base values",
    question:
      "How do the measures differ over the time range, with a 95 % band? Contexts are pooled and shares may have moved meanwhile, so this is for looking; what is decided rests on the lift.",
    unit: unit.utility,
    decimals: 4,
    noValue: "no calls on both sides",
    queries: [
      { expr: compared.success.difference },
      { expr: compared.success.lower },
      { expr: compared.success.upper },
      { expr: compared.quality.difference },
      { expr: compared.quality.lower },
      { expr: compared.quality.upper },
      { expr: compared.duration.difference },
      { expr: compared.duration.lower },
      { expr: compared.duration.upper },
    ],
    columns: [
      { name: "Success", unit: unit.ratio },
      { name: "from", unit: unit.ratio },
      { name: "to", unit: unit.ratio },
      { name: "Quality" },
      { name: "from " },
      { name: "to " },
      { name: "Duration", unit: unit.seconds },
      { name: "from  ", unit: unit.seconds },
      { name: "to  ", unit: unit.seconds },
    ],
    labels: [{ name: "operation", links: [toOperation("operation", "row")] }],
  }),
];

const shares = [
  lines({
    title: "Shares by role",
    question:
      "How are the calls shared among your own values, the best known ones and what is being tried? Mean over contexts.",
    unit: unit.ratio,
    min: 0,
    max: 1,
    isStacked: true,
    noValue: "nothing is shared out",
    queries: [
      {
        expr: `sum by (${BY_OPERATION}, role) (${weight("")}) / on (${BY_OPERATION}) group_left () sum by (${BY_OPERATION}) (${weight("")})`,
        legend: "{{operation}} {{role}}",
      },
    ],
  }),
  lines({
    title: "Calls that variants were promised, and got",
    question:
      "Do services follow the shares? Exact when one context is chosen; else contexts with many calls weigh more in what they got.",
    unit: unit.ratio,
    min: 0,
    max: 1,
    noValue: NO_CALLS,
    queries: [
      {
        expr: `sum by (${BY_VARIANT}) (${weight("")}) / on (${BY_OPERATION}) group_left () sum by (${BY_OPERATION}) (${weight("")})`,
        legend: "promised {{operation}} {{variant}}",
      },
      {
        expr: `${callRate(CHOSEN_CALLS, BY_VARIANT)} / on (${BY_OPERATION}) group_left () (${callRate(CHOSEN_CALLS, BY_OPERATION)} > 0)`,
        legend: "got {{operation}} {{variant}}",
      },
    ],
    panelLinks: [toRunbook("TrimtabSampleRatioMismatch")],
  }),
  states({
    title: "Shares not kept",
    question: "Where and when did variants not get what they were promised?",
    unit: unit.state,
    min: 0,
    steps: ["green", [1, "red"]],
    noValue: "nothing is shared out",
    names: { "0": ["kept", "green"], "1": ["not kept", "red"] },
    queries: [
      {
        expr: `max by (${BY_CONTEXT}) (${ofLeader(`${controller.sampleRatioMismatch}{${CHOSEN_CONTEXTS}}`)})`,
        legend: CONTEXT,
      },
    ],
    panelLinks: [toRunbook("TrimtabSampleRatioMismatch")],
  }),
  interval({
    title: "Experiment: treatment less control",
    question:
      "Which of two strategies brings more utility to a call? The bounds hold at 95 % however often they are read.",
    unit: unit.utility,
    decimals: 3,
    steps: LIFT,
    noValue: "no experiment",
    queries: [
      {
        expr: `max by (${BY_OPERATION}, experiment) (${ofLeader(`${controller.experimentDifferenceLower}{${CHOSEN_LEARNING}}`)})`,
        legend: "lower {{operation}} {{experiment}}",
      },
      {
        expr: `max by (${BY_OPERATION}, experiment) (${ofLeader(`${controller.experimentDifferenceUpper}{${CHOSEN_LEARNING}}`)})`,
        legend: "upper {{operation}} {{experiment}}",
      },
      {
        expr: `max by (${BY_OPERATION}, experiment) (${ofLeader(`${controller.experimentDifference}{${CHOSEN_LEARNING}}`)})`,
        legend: "difference {{operation}} {{experiment}}",
      },
    ],
  }),
  lines({
    title: "Experiment: shares of the arms",
    question: "Which share of the calls outside of the holdout has each strategy?",
    unit: unit.ratio,
    min: 0,
    max: 1,
    isStacked: true,
    noValue: "no experiment",
    queries: [
      {
        expr: `max by (${BY_OPERATION}, experiment, arm, strategy) (${ofLeader(`${controller.experimentArm}{${CHOSEN_LEARNING}}`)})`,
        legend: "{{operation}} {{arm}}: {{strategy}}",
      },
    ],
  }),
  states({
    title: "Declared in code and in the configuration",
    question: "Does code declare an operation otherwise than the configuration, so that base values serve there?",
    unit: unit.state,
    min: 0,
    max: 1,
    steps: ["green", [1, "red"]],
    noValue: "no service declares its operations",
    names: { "0": ["alike", "green"], "1": ["differs", "red"] },
    queries: [
      {
        expr: `max by (${BY_OPERATION}) (${ofLeader(`${controller.declarationDiffers}{${CHOSEN_LEARNING}}`)})`,
        legend: OPERATION,
      },
    ],
    panelLinks: [toRunbook("TrimtabDeclarationDiffers")],
  }),
];

const values = ofLeader(`${controller.variantInfo}{${CHOSEN_CONTEXTS}}`);

const parameters = [
  states({
    title: "Values in force",
    question:
      "Which values of parameters serve most calls, when, and in how many contexts with the same value of the chosen key?",
    unit: unit.count,
    min: 0,
    width: 24,
    height: 10,
    noValue: "nothing is served",
    queries: [
      {
        expr: `count by (${BY_CONTEXT}, parameter, value) (${ofLeader(`${controller.variantInfo}{${CHOSEN_CONTEXTS},role="incumbent"}`)})`,
        legend: `${CONTEXT}: {{parameter}} = {{value}}`,
      },
      {
        expr: `count by (${BY_CONTEXT}, parameter, value) (${ofLeader(`${controller.variantInfo}{${CHOSEN_CONTEXTS},role="baseline"}`)}) unless on (${BY_CONTEXT}) count by (${BY_CONTEXT}) (${ofLeader(`${controller.variantInfo}{${CHOSEN_CONTEXTS},role="incumbent"}`)})`,
        legend: `${CONTEXT}: {{parameter}} = {{value}} (base)`,
      },
    ],
    panelLinks: [toRunbook("TrimtabParametersOscillating")],
  }),
  rows({
    title: "Variants now",
    question: "Which sets of parameters are there now, in which role?",
    unit: unit.count,
    noValue: "nothing is served",
    queries: [{ expr: `count by (${BY_CONTEXT}, role, variant, parameter, value) (${values})` }],
    columns: [{ name: "Contexts", decimals: 0 }],
    labels: [
      {
        name: "operation",
        links: [
          toController("Open in the console", "/#/operations/${__data.fields.component}/${__data.fields.operation}"),
          toController(
            "What is served, as JSON",
            "/v1/operations/${__data.fields.component}/${__data.fields.operation}",
          ),
        ],
      },
    ],
  }),
];

const decisions = [
  lines({
    title: "Decisions by reason",
    question: "Why did the controller decide as it did, context by context and cycle by cycle?",
    unit: unit.perMinute,
    min: 0,
    isStacked: true,
    noValue: "no decisions",
    queries: [
      {
        expr: `60 * sum by (reason) (rate(${controller.decisions}{${CHOSEN_LEARNING}}[$__rate_interval]))`,
        legend: "{{reason}}",
      },
    ],
    links: [toController("Decisions as JSON", "/v1/decisions?limit=20")],
  }),
  lines({
    title: "Adaptations by status",
    question: "How many changes were suggested, applied, refused or taken back in an hour?",
    unit: unit.count,
    min: 0,
    isStacked: true,
    noValue: "no changes",
    queries: [
      {
        expr: `3600 * sum by (status) (rate(${controller.adaptations}{${CHOSEN_LEARNING}}[$__rate_interval]))`,
        legend: "{{status}}",
      },
    ],
    links: [toController("Adaptations in the console", "/#/adaptations")],
    panelLinks: [toRunbook("TrimtabRollbackStorm")],
  }),
  lines({
    title: "Changes of an operation",
    question: "Does an operation change its mind again and again? Applied changes in an hour.",
    unit: unit.count,
    min: 0,
    noValue: "no changes",
    queries: [
      {
        expr: `3600 * sum by (${BY_OPERATION}) (rate(${controller.adaptations}{${CHOSEN_LEARNING},status="applied"}[$__rate_interval]))`,
        legend: OPERATION,
      },
    ],
    panelLinks: [toRunbook("TrimtabParametersOscillating")],
  }),
  states({
    title: "Circuit breakers",
    question: "Where and when did learning rest, because it had done harm?",
    unit: unit.state,
    min: 0,
    max: 2,
    steps: ["green", [1, "orange"], [2, "red"]],
    noValue: "nothing is tuned",
    names: { "0": ["closed", "green"], "1": ["half open", "orange"], "2": ["open", "red"] },
    queries: [{ expr: `max by (${BY_CONTEXT}) (${breaker})`, legend: CONTEXT }],
    panelLinks: [toRunbook("TrimtabBreakerOpen")],
  }),
  lines({
    title: "Evidence by kind",
    question: "Was evidence read, or why not? Only values can change anything.",
    unit: unit.perMinute,
    min: 0,
    isStacked: true,
    noValue: "nothing was read",
    queries: [
      {
        expr: `60 * sum by (kind) (rate(${controller.readings}{${CHOSEN_LEARNING}}[$__rate_interval]))`,
        legend: "{{kind}}",
      },
    ],
    panelLinks: [toRunbook("TrimtabEvidenceMissing")],
  }),
  rows({
    title: "Reasons in the time range",
    question: "Which reasons were given most often in the time range?",
    unit: unit.count,
    decimals: 0,
    width: 8,
    height: 8,
    noValue: "no decisions",
    queries: [
      {
        expr: `sum by (operation, reason) (increase(${controller.decisions}{${CHOSEN_LEARNING}}[${WHOLE_RANGE}])) > 0`,
      },
    ],
    columns: [{ name: "Decisions", decimals: 0 }],
    sortBy: "Decisions",
  }),
];

/** What learning does and what it is worth. */
export function learning(): Dashboard {
  return buildDashboard({
    name: "learning",
    title: "Trimtab / Learning",
    question: "Does learning help, what is it doing, and does it do it safely?",
    variables: callVariables(),
    sections: [
      { title: "Now", panels: numbers },
      { title: "What it is worth", panels: worth },
      { title: "Who gets the calls", panels: shares },
      { title: "Parameters", panels: parameters },
      { title: "Decisions", panels: decisions },
    ],
  });
}
