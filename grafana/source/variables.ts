/** What can be chosen above a dashboard. All dashboards call the same thing alike, so that a choice goes along from one to the next. */
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { controller, service } from "./series.ts";

type Variable = Builder<dashboard.VariableModel>;

/** The data source that is chosen above: no dashboard knows one by its id. */
export const DATA_SOURCE: DataSourceRef = { type: "prometheus", uid: "${datasource}" };

const ALL: dashboard.VariableOption = { text: ["All"], value: ["$__all"] };

function dataSource(): Variable {
  return new dashboard.DatasourceVariableBuilder("datasource")
    .label("Data source")
    .description("The Prometheus that scrapes the services and the controller.")
    .type("prometheus");
}

/** Values of a label, any number of them or all. */
function labelValues(name: string, title: string, description: string, query: string): Variable {
  return new dashboard.QueryVariableBuilder(name)
    .label(title)
    .description(description)
    .datasource(DATA_SOURCE)
    .query({ query, refId: name })
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(".*")
    .current(ALL);
}

const job = (): Variable =>
  labelValues("job", "Job", "The scrape jobs of the services.", `label_values(${service.operationCalls}, job)`);
const component = (): Variable =>
  labelValues(
    "component",
    "Component",
    "The services, or the modules in them.",
    `label_values(${service.operationCalls}{job=~"$job"}, component)`,
  );
const operation = (): Variable =>
  labelValues(
    "operation",
    "Operation",
    "What is tracked.",
    `label_values(${service.operationCalls}{job=~"$job",component=~"$component"}, operation)`,
  );
const contextKey = (): Variable =>
  new dashboard.QueryVariableBuilder("context_key")
    .label("Context key")
    .description("The key of the context by which panels are split, and of which values can be chosen.")
    .datasource(DATA_SOURCE)
    .query({
      query: `label_names(${service.operationCalls}{component=~"$component",operation=~"$operation"})`,
      refId: "context_key",
    })
    .regex("/^ctx_(.+)$/")
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc);
const context = (): Variable =>
  labelValues(
    "context",
    "Context",
    "Values of the context key.",
    `label_values(${service.operationCalls}{component=~"$component",operation=~"$operation"}, ctx_$context_key)`,
  );
const variant = (): Variable =>
  labelValues(
    "variant",
    "Variant",
    "Sets of parameters; those that begin with base- are your own values.",
    `label_values(${service.operationCalls}{component=~"$component",operation=~"$operation"}, variant)`,
  );
const controllerJob = (): Variable =>
  labelValues(
    "controller_job",
    "Controller job",
    "The scrape job of the controller.",
    `label_values(${controller.leader}, job)`,
  );
const instance = (): Variable =>
  labelValues(
    "instance",
    "Replica",
    "Replicas of the controller.",
    `label_values(${controller.leader}{job=~"$controller_job"}, instance)`,
  );

function address(name: string, title: string, description: string, value: string): Variable {
  return new dashboard.TextBoxVariableBuilder(name).label(title).description(description).defaultValue(value);
}

/** Where links lead that leave Grafana. */
const places = (): readonly Variable[] => [
  address("controller_url", "Console", "Where your browser finds the controller.", "http://127.0.0.1:4600"),
  address("runbooks_url", "Runbooks", "Where your browser finds docs/runbooks.", "docs/runbooks"),
];

/** For panels of operations as a whole. */
export function operationVariables(): readonly Variable[] {
  return [dataSource(), job(), component(), operation(), ...places()];
}

/** For panels of contexts and variants. */
export function callVariables(): readonly Variable[] {
  return [dataSource(), job(), component(), operation(), contextKey(), context(), variant(), ...places()];
}

/** For panels of the controller itself. */
export function controllerVariables(): readonly Variable[] {
  return [dataSource(), controllerJob(), instance(), job(), component(), operation(), ...places()];
}
