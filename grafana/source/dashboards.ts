/** Every dashboard, by the name of its file. */
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { controllerHealth } from "./controller.ts";
import { feedback } from "./feedback.ts";
import { learning } from "./learning.ts";
import type { DashboardName } from "./links.ts";
import { operation } from "./operation.ts";
import { overview } from "./overview.ts";

const BUILDERS: Readonly<Record<DashboardName, () => Dashboard>> = {
  overview,
  operation,
  learning,
  controller: controllerHealth,
  feedback,
};

/** The texts of the files in `grafana/dashboards`, by name. */
export function dashboardFiles(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(BUILDERS).map(([name, build]) => [`${name}.json`, `${JSON.stringify(build(), undefined, 2)}\n`]),
  );
}
