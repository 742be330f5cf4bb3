/** Ways from one dashboard to the next, to the controller and to the runbooks; all take the time and the choices along. */
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import type { Link } from "./panels.ts";

/** All our dashboards have it, and find each other by it. */
export const TAG = "trimtab";

/** The ids of the dashboards: they stay, so that addresses stay. */
export const uid = {
  overview: "trimtab-overview",
  operation: "trimtab-operation",
  learning: "trimtab-learning",
  controller: "trimtab-controller",
  feedback: "trimtab-feedback",
} as const;

/** One of our dashboards. */
export type DashboardName = keyof typeof uid;

/** Another dashboard, with the time and everything that is chosen here. */
export function toDashboard(name: DashboardName): Link {
  return { title: `Open ${name}`, url: `/d/${uid[name]}?\${__url_time_range}&\${__all_variables}` };
}

/** Another dashboard, of the operation whose line or row is clicked. */
export function toOperation(name: DashboardName, kind: "line" | "row"): Link {
  const value = (label: string): string =>
    kind === "line" ? `\${__field.labels.${label}}` : `\${__data.fields.${label}}`;
  const chosen = ["component", "operation"].map((label) => `var-${label}=${value(label)}`).join("&");
  return {
    title: `Open ${name} of this operation`,
    url: `/d/${uid[name]}?\${__url_time_range}&\${datasource:queryparam}&\${job:queryparam}&${chosen}`,
  };
}

/** The page of an alert: what it means, and what to do. */
export function toRunbook(alert: string): Link {
  return { title: `Runbook: ${alert}`, url: `\${runbooks_url}/${alert}.md` };
}

/** A place in the controller's console, or an address of its API. */
export function toController(title: string, path: string): Link {
  return { title, url: `\${controller_url}${path}` };
}

/** The links above every dashboard. */
export function dashboardLinks(): Builder<dashboard.DashboardLink>[] {
  const others = new dashboard.DashboardLinkBuilder("Trimtab")
    .type(dashboard.DashboardLinkType.Dashboards)
    .tags([TAG])
    .asDropdown(true)
    .includeVars(true)
    .keepTime(true)
    .icon("external link")
    .tooltip("The other dashboards, at the same time and with the same choices");
  const outside = (title: string, url: string, tooltip: string): Builder<dashboard.DashboardLink> =>
    new dashboard.DashboardLinkBuilder(title)
      .type(dashboard.DashboardLinkType.Link)
      .url(url)
      .icon("external link")
      .tooltip(tooltip)
      .targetBlank(true);
  return [
    others,
    outside("Console", "${controller_url}/", "What is served, why, and what you can do about it"),
    outside("Readiness", "${controller_url}/readyz", "What the controller lacks, operation by operation"),
    outside("Runbooks", "${runbooks_url}", "What to do when an alert fires"),
  ];
}
