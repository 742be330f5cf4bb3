/** Two metric sources as one: components whose operations are reported are read from the reports, all others from what is scraped. */
import type { MetricSource, SourceInspection } from "@trimtab/engine";

/** What is put together. */
export interface RoutedSourceParts {
  readonly scraped: MetricSource;
  readonly reported: MetricSource;
  /** Asked at each reading, because a reload may change it. */
  readonly isReported: (component: string) => boolean;
}

/** The grid is that of what is scraped; readiness, too. Nothing is ever read from both. */
export function createRoutedSource({ scraped, reported, isReported }: RoutedSourceParts): MetricSource {
  return {
    kind: scraped.kind,
    async start() {
      await Promise.all([scraped.start(), reported.start()]);
    },
    async close() {
      await Promise.all([scraped.close(), reported.close()]);
    },
    latestWindowEnd: (now) => scraped.latestWindowEnd(now),
    readUntil: () => scraped.readUntil?.(),
    scrapeIntervalMilliseconds: () => scraped.scrapeIntervalMilliseconds(),
    readEvidence: (request) => (isReported(request.component) ? reported : scraped).readEvidence(request),
    async discoverOperations(now, lookBackMilliseconds) {
      const [pages, reports] = await Promise.all([
        scraped.discoverOperations(now, lookBackMilliseconds),
        reported.discoverOperations(now, lookBackMilliseconds),
      ]);
      if (pages.kind !== "value") return pages;
      if (reports.kind !== "value") return reports;
      return {
        kind: "value",
        value: [
          ...pages.value.filter(({ component }) => !isReported(component)),
          ...reports.value.filter(({ component }) => isReported(component)),
        ],
      };
    },
    async inspect(now): Promise<SourceInspection> {
      const [pages, reports] = await Promise.all([scraped.inspect(now), reported.inspect(now)]);
      return {
        ...pages,
        reachable: pages.reachable.kind === "value" ? reports.reachable : pages.reachable,
        targets: [...pages.targets, ...reports.targets],
      };
    },
  };
}
