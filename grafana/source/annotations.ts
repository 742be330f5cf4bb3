/** What happened meanwhile, as marks on every graph. */
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { controller, service } from "./series.ts";
import { DATA_SOURCE } from "./variables.ts";

/** Two steps: an event lies in at least one of them, also when a scrape was missed. */
const WINDOW = "2m";

function marks(
  name: string,
  color: string,
  expr: string,
  { title, text, tags }: { readonly title: string; readonly text: string; readonly tags: string },
  isShown = true,
): Builder<dashboard.AnnotationQuery> {
  return new dashboard.AnnotationQueryBuilder()
    .name(name)
    .datasource(DATA_SOURCE)
    .enable(isShown)
    .iconColor(color)
    .expr(expr)
    .step("60s")
    .titleFormat(title)
    .textFormat(text)
    .tagKeys(tags);
}

function adaptations(statuses: string): string {
  const moved = `increase(${controller.adaptations}{status=~"${statuses}"}[${WINDOW}])`;
  return `sum by (component, operation, status) (${moved}) > 0`;
}

/** The marks of every dashboard. */
export function annotations(): Builder<dashboard.AnnotationQuery>[] {
  const ofOperation = { text: "{{component}} / {{operation}}", tags: "component,operation,status" };
  return [
    marks("Adaptations", "green", adaptations("applied"), { title: "Parameters adapted", ...ofOperation }),
    marks("Roll-backs", "red", adaptations("rolled-back"), { title: "Taken back", ...ofOperation }),
    marks("Firing alerts", "orange", 'ALERTS{alertstate="firing",alertname=~"Trimtab.+"}', {
      title: "{{alertname}}",
      text: "{{component}} / {{operation}}",
      tags: "alertname,severity",
    }),
    marks(
      "Restarts of services",
      "purple",
      `changes(${service.processStartTime}[${WINDOW}]) > 0`,
      { title: "A service started", text: "{{job}} {{instance}}", tags: "job" },
      false,
    ),
  ];
}
