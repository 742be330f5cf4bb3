/** Which components report their operations instead of being scraped. */
import type { Problem } from "@trimtab/conventions";
import type { ConfigFile } from "./config-file.ts";
import { member } from "./plain-values.ts";

/** Their names; `all` where nothing is scraped. */
export type ReportedComponents = "all" | readonly string[];

/** The components of a file that report. */
export function toReportedComponents({ metrics, components }: ConfigFile): ReportedComponents {
  if (metrics.source === "reported") return "all";
  return Object.entries(components).flatMap(([component, section]) =>
    section.metrics === "reported" ? [component] : [],
  );
}

/** Does a component report? Also for one that the file lacks. */
export function isReportedComponent(reported: ReportedComponents, component: string): boolean {
  return reported === "all" || reported.includes(component);
}

/** @returns What is wrong with who reports, with paths from the root. */
export function reportingProblems(value: unknown, components: Readonly<Record<string, unknown>>): Problem[] {
  if (member(member(value, "metrics"), "source") !== "reported") return [];
  return Object.entries(components).flatMap(([component, section]) =>
    member(section, "metrics") === "scraped"
      ? [
          {
            path: ["components", component, "metrics"],
            message: "is scraped, but metrics.source is reported: nothing is scraped; name a Prometheus or pages there",
          },
        ]
      : [],
  );
}
