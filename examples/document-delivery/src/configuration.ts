/** The example's own trimtab.yaml: the file that people read, and what the demonstration makes of it for its controller. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseDuration } from "@trimtab/conventions";
import type { LatencyTerm, Objective } from "@trimtab/learning";
import { parse, parseDocument } from "yaml";

/** Names in trimtab.yaml. */
export const COMPONENT = "document_delivery";
export const OPERATION = "deliver_document";

/**
 * Upper bounds of the buckets of the compression's duration, in seconds: 0.1 ms to 100 ms, neighbours at most a factor of 1.25 apart.
 * The default bounds begin at 1 ms, where most of what happens here is over.
 */
export const DURATION_BOUNDARIES_SECONDS: readonly number[] = [1e-4, 1e-3, 1e-2]
  .flatMap((decade) =>
    [1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8].map((factor) => Number((decade * factor).toPrecision(6))),
  )
  .concat(0.1);

const FILE = fileURLToPath(new URL("../trimtab.yaml", import.meta.url));

/** What "better" means, as trimtab.yaml says it. */
export function readObjective(): Objective {
  const written = parse(readFileSync(FILE, "utf8")).components[COMPONENT].operations[OPERATION].objective as {
    quality: number;
    latency: { weight: number; good: string; bad: string };
    success: number;
  };
  const latency: LatencyTerm = {
    weight: written.latency.weight,
    goodSeconds: seconds(written.latency.good),
    badSeconds: seconds(written.latency.bad),
  };
  return { quality: { weight: written.quality }, success: { weight: written.success }, latency };
}

/** Where the controller of a demonstration listens, keeps its state and finds its metrics. */
export interface ControllerPlaces {
  readonly listen: string;
  readonly storePath: string;
  readonly metrics:
    | { readonly source: "embedded"; readonly page: string }
    | { readonly source: "prometheus"; readonly url: string };
}

/** Writes trimtab.yaml with these places put in; everything else stays as it is, comments too. */
export function writeControllerConfiguration(path: string, { listen, storePath, metrics }: ControllerPlaces): void {
  const document = parseDocument(readFileSync(FILE, "utf8"));
  document.setIn(["controller", "listen"], listen);
  document.setIn(["controller", "store"], document.createNode({ kind: "sqlite", path: storePath }));
  const section =
    metrics.source === "embedded"
      ? { source: "embedded", scrape: [metrics.page], scrapeInterval: "1s" }
      : { source: "prometheus", url: metrics.url, scrapeInterval: "1s" }; // before its first scrape it could not say
  document.setIn(["metrics"], document.createNode(section));
  writeFileSync(path, document.toString({ lineWidth: 0 }));
}

function seconds(text: string): number {
  return (parseDuration(text) ?? Number.NaN) / 1000;
}
