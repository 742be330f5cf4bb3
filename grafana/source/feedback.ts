/** Feedback: what do people say later, and does it agree with what was measured? */
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { buildDashboard } from "./build-dashboard.ts";
import { engagementLines, OPERATION } from "./call-panels.ts";
import {
  BASE_VALUES,
  BY_CONTEXT,
  BY_OPERATION,
  BY_VARIANT,
  CHOSEN,
  CHOSEN_CONTEXTS,
  CHOSEN_LEARNING,
  CONTEXT_LABEL,
  callRate,
  heatmapOf,
  meanOf,
  OTHER_VALUES,
  ofLeader,
  orZero,
  sumBy,
  WHOLE_RANGE,
} from "./expressions.ts";
import { toController, toOperation, toRunbook } from "./links.ts";
import { heat, lines, number, unit } from "./panels.ts";
import { controller, service } from "./series.ts";
import { callVariables } from "./variables.ts";

const NO_FEEDBACK = "no feedback";
const SCORES = controller.feedbackScore;
const CHOSEN_SCORES = `${CHOSEN_CONTEXTS},variant=~"$variant"`;
const count = `${SCORES}_count`;

/** Scores that came in a minute. */
function perMinute(labels: string): string {
  return `60 * ${sumBy(labels, `rate(${count}{${CHOSEN_SCORES}}[$__rate_interval])`)}`;
}

const numbers = [
  number({
    title: "Scores",
    question: "How many scores came in the time range?",
    unit: unit.count,
    min: 0,
    decimals: 0,
    noValue: NO_FEEDBACK,
    queries: [{ expr: `sum(increase(${count}{${CHOSEN_SCORES}}[${WHOLE_RANGE}]))` }],
    panelLinks: [toRunbook("TrimtabFeedbackMissing")],
  }),
  number({
    title: "Mean score",
    question: "What do people think of the results, 0 to 1? A rating of four out of five is 0.8.",
    unit: unit.quality,
    min: 0,
    max: 1,
    decimals: 3,
    noValue: NO_FEEDBACK,
    queries: [{ expr: meanOf(SCORES, CHOSEN_SCORES, "", WHOLE_RANGE) }],
  }),
  number({
    title: "Calls with a score",
    question: "Of how many calls does anybody say anything?",
    unit: unit.ratio,
    min: 0,
    decimals: 2,
    noValue: NO_FEEDBACK,
    queries: [
      {
        expr: `sum(rate(${count}{${CHOSEN_LEARNING}}[${WHOLE_RANGE}])) / (${callRate(CHOSEN, "", WHOLE_RANGE)} > 0)`,
      },
    ],
  }),
  number({
    title: "Waiting",
    question: "How many scores wait to be learnt from?",
    unit: unit.count,
    min: 0,
    steps: ["green", [1000, "orange"], [10000, "red"]],
    noValue: "none",
    queries: [{ expr: `sum(${ofLeader(`${controller.feedbackBacklog}{${CHOSEN_LEARNING}}`)})` }],
    panelLinks: [toRunbook("TrimtabFeedbackBacklog")],
  }),
  number({
    title: "Lost",
    question: "How much feedback did services have to drop, or was refused?",
    unit: unit.count,
    min: 0,
    decimals: 0,
    steps: ["green", [1, "orange"]],
    noValue: "none",
    queries: [
      {
        expr: orZero(`sum(increase(${service.feedbackItems}{job=~"$job",result!="accepted"}[${WHOLE_RANGE}]))`),
      },
    ],
  }),
  number({
    title: "Other values against base values",
    question: "How much better are the scores of what was learnt than those of your own values?",
    unit: unit.quality,
    decimals: 3,
    steps: ["red", [0, "green"]],
    noValue: "no scores on both sides",
    queries: [
      {
        expr: `(${meanOf(SCORES, `${CHOSEN_SCORES},${OTHER_VALUES}`, "", WHOLE_RANGE)}) - (${meanOf(SCORES, `${CHOSEN_SCORES},${BASE_VALUES}`, "", WHOLE_RANGE)})`,
      },
    ],
  }),
];

const arriving = [
  lines({
    title: "Scores by type",
    question: "What kind of feedback comes, and how much?",
    unit: unit.perMinute,
    min: 0,
    isStacked: true,
    noValue: NO_FEEDBACK,
    queries: [{ expr: perMinute("type"), legend: "{{type}}" }],
    links: [toController("Feedback as JSON", "/v1/feedback?limit=50")],
  }),
  lines({
    title: "Scores by operation",
    question: "About which operation do people say something?",
    unit: unit.perMinute,
    min: 0,
    noValue: NO_FEEDBACK,
    queries: [{ expr: perMinute(BY_OPERATION), legend: OPERATION }],
    links: [toOperation("operation", "line")],
    panelLinks: [toRunbook("TrimtabFeedbackMissing")],
  }),
  lines({
    title: "Sent by services",
    question: "Does the feedback that services send arrive?",
    unit: unit.perMinute,
    min: 0,
    isStacked: true,
    noValue: "services send none",
    queries: [
      {
        expr: `60 * sum by (result) (rate(${service.feedbackItems}{job=~"$job"}[$__rate_interval]))`,
        legend: "{{result}}",
      },
    ],
  }),
  lines({
    title: "Waiting to be learnt from",
    question: "Does the controller keep up?",
    unit: unit.count,
    min: 0,
    noValue: "none",
    queries: [
      {
        expr: `max by (${BY_OPERATION}) (${ofLeader(`${controller.feedbackBacklog}{${CHOSEN_LEARNING}}`)})`,
        legend: OPERATION,
      },
    ],
    panelLinks: [toRunbook("TrimtabFeedbackBacklog")],
  }),
  lines({
    title: "Scores of a call",
    question: "Is there feedback for a steady share of the calls?",
    unit: unit.ratio,
    min: 0,
    noValue: NO_FEEDBACK,
    queries: [
      {
        expr: `sum by (${BY_OPERATION}) (rate(${count}{${CHOSEN_LEARNING}}[$__rate_interval])) / (${callRate(CHOSEN, BY_OPERATION)} > 0)`,
        legend: OPERATION,
      },
    ],
  }),
  engagementLines({
    title: "Engagement of a call",
    question: "What do people do with results, whatever they say?",
    calls: CHOSEN,
    by: BY_OPERATION,
  }),
];

const said = [
  lines({
    title: "Mean score by variant",
    question: "Which sets of parameters do people like?",
    unit: unit.quality,
    min: 0,
    max: 1,
    noValue: NO_FEEDBACK,
    queries: [{ expr: meanOf(SCORES, CHOSEN_SCORES, BY_VARIANT), legend: "{{operation}} {{variant}}" }],
    links: [toOperation("learning", "line")],
  }),
  lines({
    title: "Mean score by context",
    question: "In which contexts are people content?",
    unit: unit.quality,
    min: 0,
    max: 1,
    noValue: NO_FEEDBACK,
    queries: [{ expr: meanOf(SCORES, CHOSEN_SCORES, BY_CONTEXT), legend: `{{operation}} {{${CONTEXT_LABEL}}}` }],
  }),
  heat({
    title: "Spread of scores",
    question: "Do people agree with each other?",
    unit: unit.quality,
    min: 0,
    max: 1,
    noValue: NO_FEEDBACK,
    queries: [{ expr: heatmapOf(SCORES, CHOSEN_SCORES), legend: "{{le}}" }],
  }),
  lines({
    title: "What people say, and what was measured",
    question:
      "Does the quality that the service measures agree with the scores? Where it does not, one of them measures something else.",
    unit: unit.quality,
    min: 0,
    max: 1,
    noValue: NO_FEEDBACK,
    queries: [
      { expr: meanOf(SCORES, CHOSEN_SCORES, BY_OPERATION), legend: `score ${OPERATION}` },
      { expr: meanOf(service.operationQuality, CHOSEN, BY_OPERATION), legend: `quality ${OPERATION}` },
    ],
  }),
  lines({
    title: "Base values and all others",
    question: "Do people like what was learnt better than your own values?",
    unit: unit.quality,
    min: 0,
    max: 1,
    noValue: NO_FEEDBACK,
    queries: [
      { expr: meanOf(SCORES, `${CHOSEN_SCORES},${BASE_VALUES}`, BY_OPERATION), legend: `base values ${OPERATION}` },
      { expr: meanOf(SCORES, `${CHOSEN_SCORES},${OTHER_VALUES}`, BY_OPERATION), legend: `others ${OPERATION}` },
    ],
  }),
  lines({
    title: "Mean score by type",
    question: "Do ratings, engagement and reports say the same?",
    unit: unit.quality,
    min: 0,
    max: 1,
    noValue: NO_FEEDBACK,
    queries: [{ expr: meanOf(SCORES, CHOSEN_SCORES, "type"), legend: "{{type}}" }],
  }),
];

/** What people say. */
export function feedback(): Dashboard {
  return buildDashboard({
    name: "feedback",
    title: "Trimtab / Feedback",
    question: "What do people say later, and does it agree with what was measured?",
    variables: callVariables(),
    sections: [
      { title: "In the time range", panels: numbers },
      { title: "What arrives", panels: arriving },
      { title: "What is said", panels: said },
    ],
  });
}
