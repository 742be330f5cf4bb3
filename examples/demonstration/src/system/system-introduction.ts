/** What a person reads first: where everything of a system is. */
import type { StateFolder } from "../state-folder.ts";
import type { StartedSystem } from "./start-system.ts";
import type { System } from "./system.ts";

/** The lines; with `accept` off also how suggestions are accepted. */
export function introductionOf(
  { services, suggestionTarget }: Pick<System, "services" | "suggestionTarget">,
  { places, metricsPages, prometheusUrl }: Pick<StartedSystem, "places" | "metricsPages" | "prometheusUrl">,
  { path, logs }: Pick<StateFolder, "path" | "logs">,
  accept: boolean,
): string[] {
  const line = (name: string, value: string): string => `  ${name.padEnd(16)} ${value}`;
  const { controllerUrl, urls } = places;
  return [
    "",
    ...services.map(({ name }) => line(name, `${urls[name]}  metrics ${metricsPages[name]}`)),
    ...(prometheusUrl === undefined ? [] : [line("prometheus", prometheusUrl)]),
    line("controller", `${controllerUrl}  (the console, in a browser)`),
    line("state", path),
    line("logs", logs),
    "",
    ...(suggestionTarget === undefined || accept
      ? []
      : [
          "Suggestions wait for you:",
          `  curl -s '${controllerUrl}/v1/suggestions?status=open'`,
          `  curl -s --json '{"by":"me","why":"..."}' ${controllerUrl}/v1/suggestions/<id>/accept`,
          "",
        ]),
  ];
}
