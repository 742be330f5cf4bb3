/** PromQL that several panels share. All of it is older than Prometheus 2.42, and says the same in 2.x and 3.x. */
import { controller, service } from "./series.ts";

/** The window of a graph: at least four scrapes, and no shorter than the distance of two points. */
const RATE_WINDOW = "$__rate_interval";
/** The window of a single number: what the time picker says. */
export const WHOLE_RANGE = "$__range";

/** The label of the context key that is chosen above. Without one it is `ctx_`, which no series has: all contexts together. */
export const CONTEXT_LABEL = "ctx_$context_key";

/** Operations as they are chosen above, among what services emit. */
export const CHOSEN = 'job=~"$job",component=~"$component",operation=~"$operation"';
/** The same, in the contexts and for the variants that are chosen. */
export const CHOSEN_CALLS = `${CHOSEN},variant=~"$variant",${CONTEXT_LABEL}=~"$context"`;
/** Operations as they are chosen, among what the controller emits: in another job than theirs. */
export const CHOSEN_LEARNING = 'component=~"$component",operation=~"$operation"';
/** The same, in the contexts that are chosen. */
export const CHOSEN_CONTEXTS = `${CHOSEN_LEARNING},${CONTEXT_LABEL}=~"$context"`;

/** Labels to group by. */
export const BY_OPERATION = "component, operation";
export const BY_VARIANT = "component, operation, variant";
export const BY_CONTEXT = `component, operation, ${CONTEXT_LABEL}`;

/** What a series counts in a second. */
export function rate(series: string, matchers: string, window = RATE_WINDOW): string {
  return `rate(${series}{${matchers}}[${window}])`;
}

/** The sum over what is left of the labels; without labels over everything. */
export function sumBy(labels: string, expression: string): string {
  return labels === "" ? `sum(${expression})` : `sum by (${labels}) (${expression})`;
}

/** Calls in a second. */
export function callRate(matchers: string, labels: string, window = RATE_WINDOW): string {
  return sumBy(labels, rate(service.operationCalls, matchers, window));
}

/** The share of the calls that succeeded, a partial counting one half, as everywhere in the product; nothing without calls. */
export function successRatio(matchers: string, labels: string, window = RATE_WINDOW): string {
  const of = (outcome: string): string => rate(service.operationCalls, `${matchers},outcome="${outcome}"`, window);
  const succeeded = sumBy(labels, `${of("success")} or 0.5 * ${of("partial")} or 0 * ${of("failure")}`);
  return `${succeeded} / (${callRate(matchers, labels, window)} > 0)`;
}

/** The mean of what a histogram observed; nothing without observations. */
export function meanOf(histogram: string, matchers: string, labels: string, window = RATE_WINDOW): string {
  const sum = sumBy(labels, rate(`${histogram}_sum`, matchers, window));
  return `${sum} / (${sumBy(labels, rate(`${histogram}_count`, matchers, window))} > 0)`;
}

/** A quantile of what a histogram observed; nothing without observations. */
export function quantileOf(
  quantile: number,
  histogram: string,
  matchers: string,
  labels: string,
  window = RATE_WINDOW,
): string {
  const buckets = sumBy(labels === "" ? "le" : `${labels}, le`, rate(`${histogram}_bucket`, matchers, window));
  return `histogram_quantile(${quantile}, ${buckets})`;
}

/** How much a counter has for each call; `own` are labels that only the counter has. */
export function perCall(series: string, matchers: string, labels: string, own = "", window = RATE_WINDOW): string {
  const all = [labels, own].filter((part) => part !== "").join(", ");
  const matching = own === "" ? "" : ` on (${labels}) group_left ()`;
  return `${sumBy(all, rate(series, matchers, window))} /${matching} (${callRate(matchers, labels, window)} > 0)`;
}

/** What the leading controller says; its replicas say the same, and would be counted with it. */
export function ofLeader(expression: string): string {
  return `(${expression} and on (job, instance) (${controller.leader} == 1))`;
}

/** 0 where there is nothing: for counts, of which "none" is an answer. */
export function orZero(expression: string): string {
  return `(${expression} or vector(0))`;
}

/** Buckets of a histogram as a heatmap shows them. */
export function heatmapOf(histogram: string, matchers: string): string {
  return sumBy("le", `increase(${histogram}_bucket{${matchers}}[${RATE_WINDOW}])`);
}

/** The base values of an operation: the holdout has them for ever. */
export const BASE_VALUES = 'variant=~"base-.*"';
/** What was learnt, and what is being tried. */
export const OTHER_VALUES = 'variant=~"v-.*"';
