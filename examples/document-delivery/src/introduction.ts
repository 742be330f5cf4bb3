/** What a person reads first: where everything is, what the numbers mean, and what else to try. */
import type { StateFolder } from "@trimtab/example-demonstration";
import { COMPONENT, OPERATION } from "./configuration.ts";
import type { Started } from "./start-processes.ts";

/** The lines; none is wider than a terminal usually is, except for addresses. */
export function introduction(
  { service, metricsPage, prometheusUrl, controllerUrl }: Omit<Started, "load">,
  { path, logs }: Pick<StateFolder, "path" | "logs">,
): string[] {
  const address = controllerUrl === "http://127.0.0.1:4600" ? "" : ` --url ${controllerUrl}`;
  return [
    "",
    `  service     ${service.url}/documents`,
    `  metrics     ${metricsPage}`,
    ...(prometheusUrl === undefined ? [] : [`  prometheus  ${prometheusUrl}`]),
    `  controller  ${controllerUrl}/v1/operations/${COMPONENT}/${OPERATION}`,
    `  state       ${path}`,
    `  logs        ${logs}`,
    "",
    "Each content type learns its own algorithm and level. Utility is 0 to 1: half of",
    "it is the share of bytes saved, most of the rest is speed (trimtab.yaml in",
    "examples/document-delivery). The holdout: 10 % of calls keep gzip 6 for ever.",
    "",
    "In another terminal:",
    `  npm run --silent trimtab -- status${address}`,
    `  npm run --silent trimtab -- explain last${address}`,
    `  curl -s '${controllerUrl}/v1/adaptations?limit=3'`,
    "",
  ];
}
