/** A metric source for tests: it answers what a script says, and remembers what it was asked. */
import type { Evidence, EvidenceCell, Reading } from "@trimtab/learning";
import type { EvidenceRequest, MetricSource } from "../sources/metric-source.ts";

/** What a window holds: the cells, or why there are none. A thrown error is a source that breaks its contract. */
export type SourceScript = (request: EvidenceRequest) => Reading<readonly EvidenceCell[]>;

type ReadingSource = Pick<MetricSource, "latestWindowEnd" | "scrapeIntervalMilliseconds" | "readEvidence">;

/** The newest window ends two steps of the grid before now, on the grid. */
export function scriptedSource(
  gridMilliseconds: number,
  script: SourceScript,
): ReadingSource & { readonly asked: EvidenceRequest[] } {
  const asked: EvidenceRequest[] = [];
  return {
    asked,
    latestWindowEnd: (now) => (Math.floor(now / gridMilliseconds) - 2) * gridMilliseconds,
    scrapeIntervalMilliseconds: () => gridMilliseconds,
    readEvidence: async (request): Promise<Evidence> => {
      asked.push(request);
      return { window: request.window, queries: [{ question: "calls", promql: "calls" }], cells: script(request) };
    },
  };
}

/** A cell with this many calls. */
export function cellOf(
  context: EvidenceCell["context"],
  variant: string,
  { success = 0, failure = 0, partial = 0 }: { success?: number; failure?: number; partial?: number },
): EvidenceCell {
  return { context, variant, reading: { kind: "value", value: { success, failure, partial } } };
}
