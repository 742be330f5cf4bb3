/** The state of the metric source, for probes. */
import type { MetricSource, SourceInspection } from "@trimtab/engine";
import { atMost } from "./at-most.ts";

/** A probe must be quick however slow the source is, and must not become a load for it. */
export function rememberedInspection(source: () => MetricSource): () => Promise<SourceInspection> {
  const freshMilliseconds = 5_000;
  const patienceMilliseconds = 1_000;
  let asked: { readonly at: number; readonly of: MetricSource; readonly answer: Promise<SourceInspection> } | undefined;
  let last: SourceInspection | undefined;
  return async () => {
    const now = Date.now();
    if (asked === undefined || asked.of !== source() || now - asked.at > freshMilliseconds) {
      const of = source();
      const answer = of.inspect(now).then((inspection) => (last = inspection));
      asked = { at: now, of, answer };
    }
    const silent: SourceInspection = last ?? {
      reachable: { kind: "timeout", detail: "the source has not answered yet" },
      targets: [],
      scrapeIntervalMilliseconds: asked.of.scrapeIntervalMilliseconds(),
    };
    return (await atMost(asked.answer, patienceMilliseconds)) ?? silent;
  };
}
