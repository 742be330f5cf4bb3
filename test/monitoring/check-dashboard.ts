/** The house rules of dashboards, as one function: what is wrong with a dashboard, in words. */
import { expressionProblems } from "./check-expressions.ts";
import {
  type DashboardFile,
  EVERYTHING,
  expressionsOf,
  fillIn,
  type LinkOfFile,
  type PanelOfFile,
  panelsOf,
  variableQuery,
  variablesIn,
} from "./dashboard-file.ts";
import type { KnownSeries } from "./known-series.ts";
import { readExpression } from "./promql.ts";

/** What a dashboard is checked against. */
export interface House {
  /** What there is to ask for. */
  readonly series: KnownSeries;
  /** Ids of all dashboards. */
  readonly uids: readonly string[];
  /** Names of the alerts that have a runbook. */
  readonly runbooks: readonly string[];
}

const DATA_SOURCE = "${datasource}";
/** Units of what lies between 0 and 1. */
const BOUNDED = "percentunit";
/** Names that Grafana fills in. */
const OF_GRAFANA = /^__/;
/** What a bar or a number shows has a colour that somebody chose. */
const COLOURED = ["stat", "bargauge", "state-timeline"];
/** Grafana's own first threshold, which nobody chose. */
const GRAFANAS_THRESHOLD = 80;
/** Windows that follow the graph or the time picker. */
const FOLLOWING = ["$__rate_interval", "$__range"];

/** Everything that is wrong; empty where nothing is. */
export function dashboardProblems(dashboard: DashboardFile, house: House): string[] {
  const found: string[] = [];
  if (dashboard.editable) found.push("it can be edited, and what is edited is lost with the next update");
  if (!dashboard.tags.includes("trimtab")) found.push('it lacks the tag "trimtab", by which the others find it');
  if (!dashboard.description.endsWith("?")) found.push("its description is no question");
  if (dashboard.links.every(({ type, includeVars, keepTime }) => !(type === "dashboards" && includeVars && keepTime)))
    found.push("no link leads to the other dashboards with the time and the choices");
  if (dashboard.annotations.list.length === 0) found.push("it has no annotations");
  for (const { place, expr, isSelection } of expressionsOf(dashboard))
    for (const problem of expressionProblems(fillIn(expr, EVERYTHING), house.series, isSelection))
      found.push(`${place}: ${problem}`);
  found.push(...variableProblems(dashboard, house), ...placeProblems(dashboard));
  for (const annotation of dashboard.annotations.list)
    if (annotation.datasource?.uid !== DATA_SOURCE)
      found.push(`annotation "${annotation.name}" has a data source of its own`);
  for (const panel of panelsOf(dashboard))
    for (const problem of panelProblems(panel, house)) found.push(`panel ${panel.id} "${panel.title}": ${problem}`);
  for (const link of dashboard.links) found.push(...linkProblems(link, house));
  return found;
}

function variableProblems(dashboard: DashboardFile, { series }: House): string[] {
  const names = dashboard.templating.list.map(({ name }) => name);
  const found: string[] = [];
  if (dashboard.templating.list[0]?.type !== "datasource") found.push("the first variable is not the data source");
  for (const variable of dashboard.templating.list) {
    if (variable.type !== "query") continue;
    const asked = variableQuery(variable);
    if (asked === undefined) {
      found.push(`variable "${variable.name}" has a query that nobody can check`);
      continue;
    }
    const label = asked.label === undefined ? undefined : fillIn(asked.label, EVERYTHING);
    const [metric] = readExpression(fillIn(asked.expr, EVERYTHING)).selectors.map((selector) => selector.metric);
    if (label !== undefined && series[metric ?? ""]?.[label] === undefined)
      found.push(`variable "${variable.name}" asks for the label "${label}", which "${metric}" has not`);
    if (variable.refresh !== 2) found.push(`variable "${variable.name}" does not follow the time range`);
    if (variable.datasource?.uid !== DATA_SOURCE)
      found.push(`variable "${variable.name}" has a data source of its own`);
  }
  const used = new Set(variablesIn(JSON.stringify(dashboard)).filter((name) => !OF_GRAFANA.test(name)));
  for (const name of used) if (!names.includes(name)) found.push(`it uses the variable "${name}", which it has not`);
  return found;
}

function placeProblems({ panels }: DashboardFile): string[] {
  const found: string[] = [];
  const ids = panels.map(({ id }) => id);
  if (ids.some((id) => !Number.isInteger(id) || id < 1)) found.push("a panel has no id");
  for (const id of new Set(ids.filter((each, at) => ids.indexOf(each) !== at)))
    found.push(`the id ${id} is there twice`);
  for (const [at, { gridPos: a, title }] of panels.entries()) {
    if (a.x + a.w > 24) found.push(`"${title}" reaches beyond the right edge`);
    for (const { gridPos: b, title: other } of panels.slice(at + 1))
      if (a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h)
        found.push(`"${title}" and "${other}" lie on each other`);
  }
  return found;
}

function panelProblems(panel: PanelOfFile, house: House): string[] {
  const { title, description, type, targets = [], options, fieldConfig } = panel;
  const { unit, min, max, noValue, thresholds, links = [] } = fieldConfig.defaults;
  const found: string[] = [];
  if (!title) found.push("has no title");
  if (!/\?/.test(description ?? "")) found.push("has no question as its description");
  if (!unit) found.push("has no unit");
  if (!noValue) found.push("says nothing where there is no data");
  if (unit === BOUNDED && min === undefined && max === undefined) found.push("shows a share without bounds");
  if (panel.datasource?.uid !== DATA_SOURCE) found.push("has a data source of its own");
  if (targets.length === 0) found.push("asks nothing");
  const steps = thresholds?.steps ?? [];
  if (steps.length === 0 || steps.some(({ value }) => value === GRAFANAS_THRESHOLD))
    found.push("has thresholds that nobody chose");
  if (COLOURED.includes(type) && steps[0]?.value !== null) found.push("has no colour at the bottom");
  if (type === "timeseries" && !(options?.["legend"] as { showLegend?: boolean } | undefined)?.showLegend)
    found.push("has no legend");
  const refIds = targets.map(({ refId }) => refId);
  if (new Set(refIds).size !== refIds.length) found.push("has two queries of one name");
  for (const { datasource, instant, expr, legendFormat } of targets) {
    if (datasource?.uid !== DATA_SOURCE) found.push("asks a data source of its own");
    if (type === "table" && !instant) found.push("asks for a range, and shows a table");
    if (type !== "table" && type !== "stat" && !legendFormat) found.push("has lines without names");
    found.push(...windowProblems(expr, description));
  }
  const overridden = fieldConfig.overrides.flatMap(({ properties }) =>
    properties.filter(({ id }) => id === "links").flatMap(({ value }) => value as LinkOfFile[]),
  );
  for (const link of [...links, ...(panel.links ?? []), ...overridden]) found.push(...linkProblems(link, house));
  return found;
}

/** A window follows the graph, or the question says how long it is. */
function windowProblems(expr: string, description: string): string[] {
  const windows = [...expr.matchAll(/[\w}]\[([^\]]+)\]/g)].map(([, window]) => window ?? "");
  return windows
    .filter((window) => !FOLLOWING.includes(window) && !(window === "1h" && description.includes("of an hour")))
    .map((window) => `looks back for ${window}, whatever the graph shows`);
}

function linkProblems({ title, type, url = "", tags }: LinkOfFile, { uids, runbooks }: House): string[] {
  const found: string[] = [];
  if (type === "dashboards") return tags?.includes("trimtab") ? [] : [`the link "${title}" leads to other dashboards`];
  const [, uid] = /^\/d\/([^?/]+)/.exec(url) ?? [];
  if (uid !== undefined && !uids.includes(uid)) found.push(`the link "${title}" leads to no dashboard: ${uid}`);
  if (uid !== undefined && !url.includes("${__url_time_range}")) found.push(`the link "${title}" forgets the time`);
  if (uid !== undefined && !/\$\{__all_variables\}|var-/.test(url))
    found.push(`the link "${title}" forgets the choices`);
  const [, runbook] = /^\$\{runbooks_url\}\/(\w+)[.]md$/.exec(url) ?? [];
  if (runbook !== undefined && !runbooks.includes(runbook)) found.push(`there is no runbook ${runbook}`);
  if (uid === undefined && !/^\$\{(controller|runbooks)_url\}/.test(url))
    found.push(`the link "${title}" leads to a fixed place: ${url}`);
  return found;
}
