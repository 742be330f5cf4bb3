/** Controller: does it do its work, and is it well? */
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { buildDashboard } from "./build-dashboard.ts";
import { OPERATION } from "./call-panels.ts";
import { CHOSEN_LEARNING, orZero, quantileOf, sumBy } from "./expressions.ts";
import { toController, toOperation, toRunbook } from "./links.ts";
import { lines, NONE_IS_GOOD, number, SUCCESS, states, unit } from "./panels.ts";
import { controller, runtime, service } from "./series.ts";
import { controllerVariables } from "./variables.ts";

const REPLICA = "{{instance}}";
const CHOSEN = 'job=~"$controller_job",instance=~"$instance"';
const CHOSEN_OPERATIONS = `${CHOSEN},${CHOSEN_LEARNING}`;
const SERVICES = 'job=~"$job"';
const NO_CONTROLLER = "no controller is scraped";
const toOperationPage = toOperation("operation", "line");

const rateOf = (series: string, matchers: string, labels: string): string =>
  sumBy(labels, `rate(${series}{${matchers}}[$__rate_interval])`);

const numbers = [
  number({
    title: "Leads",
    question: "Is there one replica that decides, and not none or two?",
    unit: unit.count,
    min: 0,
    steps: ["red", [1, "green"], [2, "red"]],
    noValue: NO_CONTROLLER,
    queries: [{ expr: `sum(${controller.leader}{${CHOSEN}})` }],
    panelLinks: [toRunbook("TrimtabNoLeader")],
  }),
  number({
    title: "Replicas",
    question: "How many controllers answer Prometheus?",
    unit: unit.count,
    min: 0,
    steps: ["red", [1, "green"]],
    noValue: NO_CONTROLLER,
    queries: [{ expr: orZero(`count(${controller.leader}{${CHOSEN}})`) }],
    panelLinks: [toRunbook("TrimtabControllerDown"), toController("Readiness", "/readyz")],
  }),
  number({
    title: "Longest without evidence",
    question: "How long ago was the last good cycle of the operation that waits longest?",
    unit: unit.seconds,
    min: 0,
    steps: ["green", [120, "orange"], [600, "red"]],
    noValue: "no cycle yet",
    queries: [
      { expr: `time() - min(max by (component, operation) (${controller.cycleLastSuccess}{${CHOSEN_OPERATIONS}}))` },
    ],
    panelLinks: [toRunbook("TrimtabCycleStale")],
  }),
  number({
    title: "Failed cycles",
    question: "How many cycles failed in the time range?",
    unit: unit.count,
    min: 0,
    decimals: 0,
    steps: NONE_IS_GOOD,
    noValue: "none",
    queries: [{ expr: orZero(`sum(increase(${controller.cycles}{${CHOSEN_OPERATIONS},result="failed"}[$__range]))`) }],
    panelLinks: [toRunbook("TrimtabCyclesFailing")],
  }),
  number({
    title: "Configuration",
    question: "Is the configuration in force the last one that was to be taken over?",
    unit: unit.state,
    min: 0,
    max: 1,
    steps: ["red", [1, "green"]],
    noValue: NO_CONTROLLER,
    queries: [{ expr: `min(${controller.configReloadSuccessful}{${CHOSEN}})` }],
    panelLinks: [toRunbook("TrimtabConfigurationRefused")],
  }),
  number({
    title: "Notices given up",
    question: "How many notices to webhooks were given up within the last seven days?",
    unit: unit.count,
    min: 0,
    steps: NONE_IS_GOOD,
    noValue: "none",
    queries: [{ expr: orZero(`max(sum by (instance) (${controller.webhookDeliveries}{${CHOSEN},status="dead"}))`) }],
    panelLinks: [toController("Deliveries as JSON", "/v1/webhook-deliveries")],
  }),
];

const cycles = [
  lines({
    title: "Duration of a cycle",
    question: "Does a cycle end well before the next one begins? 95 of 100 do within this time.",
    unit: unit.seconds,
    min: 0,
    noValue: "no cycles",
    queries: [
      {
        expr: quantileOf(0.95, controller.cycleDuration, CHOSEN_OPERATIONS, "component, operation"),
        legend: OPERATION,
      },
    ],
    links: [toOperationPage],
    panelLinks: [toRunbook("TrimtabSlowCycle")],
  }),
  lines({
    title: "Cycles by result",
    question: "Are cycles recorded, or skipped, in conflict or failed?",
    unit: unit.perMinute,
    min: 0,
    isStacked: true,
    noValue: "no cycles",
    queries: [{ expr: `60 * ${rateOf(controller.cycles, CHOSEN_OPERATIONS, "result")}`, legend: "{{result}}" }],
    panelLinks: [toRunbook("TrimtabCyclesFailing")],
  }),
  lines({
    title: "Time since the last good cycle",
    question: "Which operation has not been decided on evidence for long?",
    unit: unit.seconds,
    min: 0,
    steps: ["green", [120, "orange"], [600, "red"]],
    noValue: "no cycle yet",
    queries: [
      {
        expr: `time() - max by (component, operation) (${controller.cycleLastSuccess}{${CHOSEN_OPERATIONS}})`,
        legend: OPERATION,
      },
    ],
    links: [toOperationPage],
    panelLinks: [toRunbook("TrimtabCycleStale"), toRunbook("TrimtabEvidenceStale")],
  }),
  lines({
    title: "Evidence by kind",
    question: "Was evidence read, or why not?",
    unit: unit.perMinute,
    min: 0,
    isStacked: true,
    noValue: "nothing was read",
    queries: [{ expr: `60 * ${rateOf(controller.readings, CHOSEN_OPERATIONS, "kind")}`, legend: "{{kind}}" }],
    panelLinks: [toRunbook("TrimtabEvidenceMissing")],
  }),
  states({
    title: "Who leads",
    question: "Which replica decides, and when did that change?",
    unit: unit.state,
    min: 0,
    max: 1,
    steps: ["blue", [1, "green"]],
    noValue: NO_CONTROLLER,
    names: { "0": ["follows", "blue"], "1": ["leads", "green"] },
    queries: [{ expr: `max by (instance) (${controller.leader}{${CHOSEN}})`, legend: REPLICA }],
    panelLinks: [toRunbook("TrimtabNoLeader")],
  }),
  states({
    title: "Configuration taken over",
    question: "When was a changed configuration refused?",
    unit: unit.state,
    min: 0,
    max: 1,
    steps: ["red", [1, "green"]],
    noValue: NO_CONTROLLER,
    names: { "0": ["refused", "red"], "1": ["in force", "green"] },
    queries: [{ expr: `min by (instance) (${controller.configReloadSuccessful}{${CHOSEN}})`, legend: REPLICA }],
    panelLinks: [toRunbook("TrimtabConfigurationRefused")],
  }),
];

const source = [
  lines({
    title: "Duration of questions",
    question: "How long does the metric source take to answer? 95 of 100 questions are answered within this time.",
    unit: unit.seconds,
    min: 0,
    noValue: "nothing was asked",
    queries: [{ expr: quantileOf(0.95, controller.sourceQueryDuration, CHOSEN, "question"), legend: "{{question}}" }],
  }),
  lines({
    title: "Questions without an answer",
    question: "Why does the metric source not answer?",
    unit: unit.perMinute,
    min: 0,
    isStacked: true,
    noValue: "none",
    queries: [{ expr: `60 * ${rateOf(controller.sourceErrors, CHOSEN, "kind")}`, legend: "{{kind}}" }],
    panelLinks: [toRunbook("TrimtabMetricsSourceErrors")],
  }),
  lines({
    title: "Samples read",
    question: "What do our questions cost the metric source?",
    unit: unit.count,
    min: 0,
    isStacked: true,
    noValue: "the metric source does not say",
    queries: [{ expr: rateOf(controller.sourceQuerySamples, CHOSEN, "question"), legend: "{{question}}" }],
  }),
  lines({
    title: "Work of the metric source",
    question: "For how much of each second is the metric source busy with our questions?",
    unit: unit.ratio,
    min: 0,
    isStacked: true,
    noValue: "the metric source does not say",
    queries: [{ expr: rateOf(controller.sourceQueryServerTime, CHOSEN, "question"), legend: "{{question}}" }],
  }),
  lines({
    title: "Summaries from memory",
    question: "Which share of the performance summaries was known already?",
    unit: unit.ratio,
    min: 0,
    max: 1,
    noValue: "no summary was asked for",
    queries: [
      {
        expr: `${rateOf(controller.summaryCacheRequests, `${CHOSEN},result="hit"`, "")} / (${rateOf(controller.summaryCacheRequests, CHOSEN, "")} > 0)`,
        legend: "from memory",
      },
    ],
  }),
  lines({
    title: "Reported outcomes",
    question: "What became of the outcomes that services report instead of being scraped?",
    unit: unit.requestsPerSecond,
    min: 0,
    isStacked: true,
    noValue: "no service reports",
    queries: [
      { expr: rateOf(controller.outcomeItems, CHOSEN, "component, result"), legend: "{{component}} {{result}}" },
    ],
  }),
];

const http = [
  lines({
    title: "Requests",
    question: "Who asks the controller for what?",
    unit: unit.requestsPerSecond,
    min: 0,
    isStacked: true,
    noValue: NO_CONTROLLER,
    queries: [
      {
        expr: rateOf(`${controller.httpRequestDuration}_count`, CHOSEN, "method, route"),
        legend: "{{method}} {{route}}",
      },
    ],
  }),
  lines({
    title: "Requests that fail",
    question: "Which requests are refused, or fail in the controller?",
    unit: unit.requestsPerSecond,
    min: 0,
    isStacked: true,
    noValue: "none",
    queries: [
      {
        expr: rateOf(`${controller.httpRequestDuration}_count`, `${CHOSEN},status=~"[45].."`, "status, route"),
        legend: "{{status}} {{route}}",
      },
    ],
  }),
  lines({
    title: "Duration of requests",
    question: "How long do requests take? 95 of 100 are answered within this time.",
    unit: unit.seconds,
    min: 0,
    noValue: NO_CONTROLLER,
    queries: [{ expr: quantileOf(0.95, controller.httpRequestDuration, CHOSEN, "route"), legend: "{{route}}" }],
  }),
  lines({
    title: "Streams",
    question: "How many clients hear of changes at once?",
    unit: unit.count,
    min: 0,
    noValue: "none",
    queries: [{ expr: `sum by (kind) (${controller.streams}{${CHOSEN}})`, legend: "{{kind}}" }],
  }),
  lines({
    title: "Told by streams",
    question: "How many changes are told to clients by streams?",
    unit: unit.perMinute,
    min: 0,
    noValue: "none",
    queries: [{ expr: `60 * ${rateOf(controller.streamEvents, CHOSEN, "kind")}`, legend: "{{kind}}" }],
  }),
  lines({
    title: "Webhooks",
    question: "Do notices arrive, and how long do attempts take? 95 of 100 end within this time.",
    unit: unit.seconds,
    min: 0,
    noValue: "no notices",
    queries: [
      { expr: quantileOf(0.95, controller.webhookDuration, CHOSEN, "hook, result"), legend: "{{hook}} {{result}}" },
    ],
    links: [toController("Deliveries as JSON", "/v1/webhook-deliveries")],
  }),
  lines({
    title: "Notices that wait",
    question: "Which webhook does not take its notices?",
    unit: unit.count,
    min: 0,
    noValue: "none",
    queries: [
      {
        expr: `max by (hook, status) (${controller.webhookDeliveries}{${CHOSEN}})`,
        legend: "{{hook}} {{status}}",
      },
    ],
    links: [toController("Deliveries as JSON", "/v1/webhook-deliveries")],
  }),
];

const services = [
  lines({
    title: "Age of the parameters",
    question: "How long ago was each process last told that its parameters are in force?",
    unit: unit.seconds,
    min: 0,
    steps: ["green", [60, "orange"], [600, "red"]],
    noValue: "no service asks",
    queries: [
      { expr: `max by (job, instance) (${service.parametersAge}{${SERVICES}})`, legend: "{{job}} {{instance}}" },
    ],
    panelLinks: [toRunbook("TrimtabParametersStale")],
  }),
  lines({
    title: "Calls with fresh parameters",
    question: "Which share of the calls has parameters that the controller has lately confirmed?",
    unit: unit.ratio,
    min: 0,
    max: 1,
    steps: SUCCESS,
    noValue: "no parameters were asked for",
    queries: [
      {
        expr: `${rateOf(service.parametersServed, `${SERVICES},source="fresh"`, "job")} / (${rateOf(service.parametersServed, SERVICES, "job")} > 0)`,
        legend: "{{job}}",
      },
    ],
    panelLinks: [toRunbook("TrimtabFallbackInUse")],
  }),
  lines({
    title: "Refused documents",
    question: "Why do services not apply what the controller says?",
    unit: unit.perMinute,
    min: 0,
    noValue: "none",
    queries: [
      { expr: `60 * ${rateOf(service.parametersRefused, SERVICES, "job, reason")}`, legend: "{{job}} {{reason}}" },
    ],
    panelLinks: [toRunbook("TrimtabDeclarationDiffers")],
  }),
  lines({
    title: "Records",
    question: "Do the sampled calls that services send arrive?",
    unit: unit.requestsPerSecond,
    min: 0,
    isStacked: true,
    noValue: "records are off",
    queries: [{ expr: rateOf(service.recordItems, SERVICES, "result"), legend: "{{result}}" }],
  }),
  lines({
    title: "Calls without a context of their own",
    question: "Which process has more contexts than it may have?",
    unit: unit.requestsPerSecond,
    min: 0,
    noValue: "none",
    queries: [
      { expr: rateOf(service.labelValuesCollapsed, SERVICES, "job, instance"), legend: "{{job}} {{instance}}" },
    ],
    panelLinks: [toRunbook("TrimtabCardinalityLimit")],
  }),
  lines({
    title: "Refused quality scores",
    question: "Does a service give scores outside 0 to 1?",
    unit: unit.perMinute,
    min: 0,
    noValue: "none",
    queries: [{ expr: `60 * ${rateOf(service.qualityRefused, SERVICES, "job")}`, legend: "{{job}}" }],
  }),
];

const process = [
  lines({
    title: "Event loop",
    question: "Does work hold up the answers to services? 99 of 100 turns are late by less.",
    unit: unit.seconds,
    min: 0,
    steps: ["green", [0.1, "orange"], [1, "red"]],
    noValue: NO_CONTROLLER,
    queries: [{ expr: `max by (instance) (${runtime.eventLoopLag}{${CHOSEN}})`, legend: REPLICA }],
  }),
  lines({
    title: "Memory",
    question: "Does memory grow without end?",
    unit: unit.bytes,
    min: 0,
    noValue: NO_CONTROLLER,
    queries: [
      { expr: `max by (instance) (${runtime.residentMemory}{${CHOSEN}})`, legend: `resident ${REPLICA}` },
      { expr: `max by (instance) (${runtime.usedHeap}{${CHOSEN}})`, legend: `heap ${REPLICA}` },
    ],
  }),
  lines({
    title: "CPU",
    question: "How many cores does each replica use?",
    unit: unit.count,
    min: 0,
    noValue: NO_CONTROLLER,
    queries: [{ expr: rateOf(runtime.cpu, CHOSEN, "instance"), legend: REPLICA }],
  }),
];

/** The controller itself. */
export function controllerHealth(): Dashboard {
  return buildDashboard({
    name: "controller",
    title: "Trimtab / Controller",
    question: "Does the controller do its work, and is it well?",
    variables: controllerVariables(),
    sections: [
      { title: "Now", panels: numbers },
      { title: "Cycles", panels: cycles },
      { title: "Metric source", panels: source },
      { title: "HTTP and webhooks", panels: http },
      { title: "In the services", panels: services },
      { title: "Process", panels: process },
    ],
  });
}
