/** What a Prometheus has: the names of its series, the names of their labels, and the values that these had. */
import { askPrometheus } from "./prometheus-api.ts";

/** Values by label by series; labels without `__name__`. All sorted. */
export type KnownSeries = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** Asks a Prometheus for everything that it has. */
export async function knownSeries(url: string): Promise<KnownSeries> {
  const found = (await askPrometheus(url, "series", { "match[]": '{__name__=~".+"}' })) as Record<string, string>[];
  const known = new Map<string, Map<string, Set<string>>>();
  for (const { __name__: name = "", ...labels } of found) {
    const ofSeries = known.get(name) ?? new Map<string, Set<string>>();
    for (const [label, value] of Object.entries(labels))
      ofSeries.set(label, (ofSeries.get(label) ?? new Set()).add(value));
    known.set(name, ofSeries);
  }
  return sorted(known, (labels) => sorted(labels, (values) => [...values].sort()));
}

function sorted<Value, Result>(map: Map<string, Value>, of: (value: Value) => Result): Record<string, Result> {
  return Object.fromEntries([...map.keys()].sort().map((key) => [key, of(map.get(key) as Value)]));
}
