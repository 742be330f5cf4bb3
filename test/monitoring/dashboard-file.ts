/** A dashboard's file as Grafana reads it, and everything in it that asks Prometheus. */
import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";

/** As much of Grafana's form as our dashboards use. */
export interface DashboardFile {
  uid: string;
  title: string;
  description: string;
  editable: boolean;
  tags: string[];
  templating: { list: VariableOfFile[] };
  annotations: { list: AnnotationOfFile[] };
  links: LinkOfFile[];
  panels: PanelOfFile[];
}

export interface VariableOfFile {
  name: string;
  type: string;
  query: unknown;
  datasource?: DataSourceOfFile;
  refresh?: number;
  allValue?: string;
}

interface AnnotationOfFile {
  name: string;
  expr: string;
  datasource?: DataSourceOfFile;
}

export interface LinkOfFile {
  title: string;
  type?: string;
  url?: string;
  tags?: string[];
  includeVars?: boolean;
  keepTime?: boolean;
}

interface DataSourceOfFile {
  type: string;
  uid: string;
}

export interface TargetOfFile {
  refId: string;
  expr: string;
  legendFormat?: string;
  instant?: boolean;
  datasource?: DataSourceOfFile;
}

export interface PanelOfFile {
  id: number;
  type: string;
  title: string;
  description: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: DataSourceOfFile;
  targets?: TargetOfFile[];
  links?: LinkOfFile[];
  options?: Record<string, unknown>;
  fieldConfig: {
    defaults: {
      unit?: string;
      min?: number;
      max?: number;
      noValue?: string;
      links?: LinkOfFile[];
      thresholds?: { steps: { value: number | null; color: string }[] };
    };
    overrides: { properties: { id: string; value?: unknown }[] }[];
  };
}

/** Names of the files in `grafana/dashboards`, without their ending. */
export const DASHBOARD_NAMES = ["overview", "operation", "learning", "controller", "feedback"] as const;

/** Where they are. */
export const DASHBOARDS: URL = new URL("../../grafana/dashboards/", import.meta.url);

/** A copy of its own for each call. */
export function readDashboard(name: string): DashboardFile {
  return JSON.parse(readFileSync(new URL(`${name}.json`, DASHBOARDS), "utf8")) as DashboardFile;
}

/** Names of the alerts that have a page under `docs/runbooks`. */
export function runbookNames(): string[] {
  const cwd = new URL("../../docs/runbooks/", import.meta.url).pathname;
  return globSync("*.md", { cwd }).map((file) => basename(file, ".md"));
}

/** Panels that show something: without the headings. */
export function panelsOf({ panels }: DashboardFile): PanelOfFile[] {
  return panels.filter(({ type }) => type !== "row");
}

/** Values for the variables of a dashboard, as Grafana would put them in. */
export type Choice = Readonly<Record<string, string>>;

/** Everything is chosen, as when a dashboard is opened first; the context key is the first one. */
export const EVERYTHING: Choice = {
  datasource: "prometheus",
  job: ".*",
  controller_job: ".*",
  instance: ".*",
  component: ".*",
  operation: ".*",
  context_key: "genre",
  context: ".*",
  variant: ".*",
  controller_url: "http://127.0.0.1:4600",
  runbooks_url: "docs/runbooks",
};

/** What somebody chose who came from another dashboard to one operation. */
export const ONE_OPERATION: Choice = {
  ...EVERYTHING,
  job: "(services)",
  controller_job: "(trimtab)",
  component: "(studio)",
  operation: "(write_lyrics)",
  context: "(rock|jazz)",
};

/** The same of an operation that has no context: Grafana leaves the context key empty. */
export const ONE_WITHOUT_CONTEXT: Choice = { ...ONE_OPERATION, operation: "(render)", context_key: "", context: ".*" };

/** What Grafana puts in by itself: of a graph of the last hours whose points lie seconds apart, say. */
const OF_GRAFANA: Choice = { __rate_interval: "1m", __range: "6h", __interval: "10s" };

/** Text with the values in place of its variables; those that nobody knows stay. */
export function fillIn(text: string, choice: Choice): string {
  const values = { ...OF_GRAFANA, ...choice };
  return text.replaceAll(
    /\$\{(\w+)(?::\w+)?\}|\$(\w+)/g,
    (whole, braced?: string, plain?: string) => values[braced ?? plain ?? ""] ?? whole,
  );
}

/** Names of the variables that a text uses. */
export function variablesIn(text: string): string[] {
  return [...text.matchAll(/\$\{(\w+)[^}]*\}|\$(\w+)/g)].map(([, braced, plain]) => braced ?? plain ?? "");
}

/** An expression and the place where it stands. */
export interface PlacedExpression {
  readonly place: string;
  readonly expr: string;
  /** It only chooses series, for the values of a variable. */
  readonly isSelection: boolean;
}

/** The query of a variable as an expression, for `label_values` and `label_names`, with the label that is asked for. */
export function variableQuery({
  query,
}: VariableOfFile): { readonly expr: string; readonly label?: string } | undefined {
  const text = typeof query === "object" && query !== null ? String((query as { query?: unknown }).query) : "";
  const values = /^label_values\((.+), *([\w$]+)\)$/.exec(text);
  if (values !== null) return { expr: values[1] ?? "", label: values[2] ?? "" };
  const names = /^label_names\((.+)\)$/.exec(text);
  return names === null ? undefined : { expr: names[1] ?? "" };
}

/** Every expression of a dashboard with its variables still in it. */
export function expressionsOf(dashboard: DashboardFile): PlacedExpression[] {
  return [
    ...panelsOf(dashboard).flatMap(({ title, id, targets = [] }) =>
      targets.map(({ refId, expr }) => ({ place: `panel ${id} "${title}" ${refId}`, expr, isSelection: false })),
    ),
    ...dashboard.annotations.list.map(({ name, expr }) => ({
      place: `annotation "${name}"`,
      expr,
      isSelection: false,
    })),
    ...dashboard.templating.list.flatMap((variable) => {
      const asked = variableQuery(variable);
      return asked === undefined ? [] : [{ place: `variable "${variable.name}"`, expr: asked.expr, isSelection: true }];
    }),
  ];
}
