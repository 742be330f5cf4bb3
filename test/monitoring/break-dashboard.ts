/** Ways to break a dashboard that have happened to somebody: each must be found, or the checks are worth nothing. */
import { type DashboardFile, type PanelOfFile, panelsOf, type TargetOfFile } from "./dashboard-file.ts";

/** What finds a mutant. */
type Finder = "house rules" | "promtool";

/** A way to break a panel, or a dashboard as a whole. */
export interface Mutation {
  readonly name: string;
  readonly foundBy: Finder;
  /** Breaks the copy that it is given; false where there is nothing to be broken in this way. */
  readonly inPanel?: (panel: PanelOfFile, dashboard: DashboardFile) => boolean;
  readonly inDashboard?: (dashboard: DashboardFile) => boolean;
}

/** A mutation that rewrites the first expression of a panel that it can. */
function ofExpression(name: string, foundBy: Finder, rewrite: (expr: string) => string): Mutation {
  const inPanel = ({ targets = [] }: PanelOfFile): boolean => {
    const target = targets.find(({ expr }) => rewrite(expr) !== expr);
    if (target === undefined) return false;
    target.expr = rewrite(target.expr);
    return true;
  };
  return { name, foundBy, inPanel };
}

function ofPanel(name: string, breakIt: (panel: PanelOfFile, dashboard: DashboardFile) => boolean): Mutation {
  return { name, foundBy: "house rules", inPanel: breakIt };
}

function ofDashboard(name: string, breakIt: (dashboard: DashboardFile) => boolean): Mutation {
  return { name, foundBy: "house rules", inDashboard: breakIt };
}

/** Does it to the first query that has what is to be broken. */
function withTarget(panel: PanelOfFile, breakIt: (target: TargetOfFile) => void): boolean {
  const [target] = panel.targets ?? [];
  if (target === undefined) return false;
  breakIt(target);
  return true;
}

/** Every way. */
export const MUTATIONS: readonly Mutation[] = [
  ofExpression("a metric has another name", "house rules", (expr) => expr.replace(/trimtab_[a-z]+_/, "$&x_")),
  ofExpression("a metric lacks its suffix", "house rules", (expr) => expr.replace(/_(total|bucket|count)\b/, "")),
  ofExpression("a metric has its unit twice", "house rules", (expr) => expr.replace(/_(seconds|ratio)/, "_$1_$1")),
  ofExpression("a label has another name", "house rules", (expr) => expr.replace(/([{,])component=/, "$1service=")),
  ofExpression("a label has a value that is never there", "house rules", (expr) =>
    expr.replace(/((?:outcome|role|status|result|measure|source)=)"(\w+)/, '$1"$2s'),
  ),
  ofExpression("what is grouped by has another name", "house rules", (expr) =>
    expr.replace(/by \((\w+)/, "by (the_$1"),
  ),
  ofExpression("what is matched by has another name", "house rules", (expr) =>
    expr.replace(/on \((\w+)/, "on (the_$1"),
  ),
  ofExpression("a bracket is missing", "house rules", (expr) => expr.replace(/\)$/, "")),
  ofExpression("a brace is missing", "house rules", (expr) => expr.replace("}", "")),
  ofExpression("a quotation mark is missing", "house rules", (expr) => expr.replace('"', "")),
  ofExpression("a counter is looked at raw", "house rules", (expr) =>
    expr.replace(/rate\((\w+(?:\{[^}]*\})?)\[[^\]]+\]\)/, "$1"),
  ),
  ofExpression("a window is fixed", "house rules", (expr) => expr.replace(/\[\$__\w+\]/, "[5m]")),
  ofExpression("a variable is misspelt", "house rules", (expr) => expr.replace("$component", "$componet")),
  ofExpression("a window is missing", "promtool", (expr) => expr.replace(/\[\$__\w+\]/, "")),
  ofExpression("a number stands where a series must", "promtool", (expr) => `sum(${expr} > bool 0) + avg(3)`),
  ofExpression("a function is newer than the oldest Prometheus", "promtool", (expr) => `info(${expr})`),
  ofExpression("an aggregation is newer than the oldest Prometheus", "promtool", (expr) => `limitk(3, ${expr})`),
  ofExpression("series are ordered by a comparison of texts", "promtool", (expr) => `${expr} > "3"`),

  ofPanel("a panel has no question", (panel) => {
    panel.description = "Shows the metric.";
    return true;
  }),
  ofPanel("a panel has no unit", ({ fieldConfig }) => delete fieldConfig.defaults.unit),
  ofPanel("a panel says nothing without data", ({ fieldConfig }) => delete fieldConfig.defaults.noValue),
  ofPanel("a share has no bounds", ({ fieldConfig: { defaults } }) => {
    if (defaults.unit !== "percentunit") return false;
    delete defaults.min;
    return delete defaults.max;
  }),
  ofPanel("thresholds are Grafana's own", ({ fieldConfig: { defaults } }) => {
    defaults.thresholds = {
      steps: [
        { value: null, color: "green" },
        { value: 80, color: "red" },
      ],
    };
    return true;
  }),
  ofPanel("thresholds are missing", ({ fieldConfig }) => delete fieldConfig.defaults.thresholds),
  ofPanel("a panel has a data source of its own", (panel) => {
    panel.datasource = { type: "prometheus", uid: "P1809F7CD0C75ACF3" };
    return true;
  }),
  ofPanel("a query has a data source of its own", (panel) =>
    withTarget(panel, (target) => {
      target.datasource = { type: "prometheus", uid: "${DS_PROMETHEUS}" };
    }),
  ),
  ofPanel("two panels have one id", (panel, dashboard) => {
    const other = panelsOf(dashboard).find(({ id }) => id !== panel.id);
    if (other === undefined) return false;
    panel.id = other.id;
    return true;
  }),
  ofPanel("two panels lie on each other", (panel, dashboard) => {
    const other = panelsOf(dashboard).find(({ id }) => id !== panel.id);
    if (other === undefined) return false;
    panel.gridPos = { ...other.gridPos };
    return true;
  }),
  ofPanel("a panel asks nothing", (panel) => {
    panel.targets = [];
    return true;
  }),
  ofPanel("a table asks for a range", (panel) => {
    if (panel.type !== "table") return false;
    return withTarget(panel, (target) => {
      target.instant = false;
    });
  }),
  ofPanel("a graph has no legend", (panel) => {
    if (panel.type !== "timeseries") return false;
    panel.options = { ...panel.options, legend: { showLegend: false } };
    return true;
  }),
  ofPanel("a link leads to no dashboard", ({ fieldConfig, links = [] }) => {
    const link = [...(fieldConfig.defaults.links ?? []), ...links].find(({ url }) => url?.startsWith("/d/"));
    if (link?.url === undefined) return false;
    link.url = link.url.replace("/d/trimtab-", "/d/trimtab-the-");
    return true;
  }),
  ofPanel("a link forgets the time", ({ fieldConfig, links = [] }) => {
    const link = [...(fieldConfig.defaults.links ?? []), ...links].find(({ url }) => url?.startsWith("/d/"));
    if (link?.url === undefined) return false;
    link.url = link.url.replace("${__url_time_range}&", "");
    return true;
  }),
  ofPanel("a runbook is not there", ({ links = [] }) => {
    const link = links.find(({ url }) => url?.startsWith("${runbooks_url}"));
    if (link?.url === undefined) return false;
    link.url = link.url.replace(/Trimtab\w+/, "TrimtabNothing");
    return true;
  }),

  ofDashboard("it can be edited", (dashboard) => {
    dashboard.editable = true;
    return true;
  }),
  ofDashboard("it lacks the tag", (dashboard) => {
    dashboard.tags = [];
    return true;
  }),
  ofDashboard("the way to the others forgets the choices", (dashboard) => {
    const link = dashboard.links.find(({ type }) => type === "dashboards");
    if (link === undefined) return false;
    link.includeVars = false;
    return true;
  }),
  ofDashboard("the way to the others forgets the time", (dashboard) => {
    const link = dashboard.links.find(({ type }) => type === "dashboards");
    if (link === undefined) return false;
    link.keepTime = false;
    return true;
  }),
  ofDashboard("a variable is gone", ({ templating }) => {
    templating.list = templating.list.filter(({ name }) => name !== "operation");
    return true;
  }),
  ofDashboard("the data source cannot be chosen", ({ templating }) => templating.list.shift() !== undefined),
  ofDashboard("a variable asks for a metric that is not there", ({ templating }) => {
    const variable = templating.list.find(({ type }) => type === "query");
    const query = variable?.query as { query: string } | undefined;
    if (query === undefined) return false;
    query.query = query.query.replace("trimtab_", "trimtab_the_");
    return true;
  }),
  ofDashboard("a variable asks for a label that is not there", ({ templating }) => {
    const variable = templating.list.find(({ type }) => type === "query");
    const query = variable?.query as { query: string } | undefined;
    if (query === undefined) return false;
    query.query = query.query.replace(/, *\w+\)$/, ", the_job)");
    return true;
  }),
  ofDashboard("a variable does not follow the time", ({ templating }) => {
    const variable = templating.list.find(({ type }) => type === "query");
    if (variable === undefined) return false;
    variable.refresh = 1;
    return true;
  }),
  ofDashboard("an annotation asks for a label that is not there", ({ annotations }) => {
    const [first] = annotations.list;
    if (first === undefined) return false;
    first.expr = first.expr.replace("status", "state");
    return true;
  }),
  ofDashboard("an annotation has a data source of its own", ({ annotations }) => {
    const [first] = annotations.list;
    if (first === undefined) return false;
    first.datasource = { type: "prometheus", uid: "mine" };
    return true;
  }),
];
