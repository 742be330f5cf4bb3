/** The controller's configuration for a system: the components of its examples' own files, with the places of this run. */
import { readFileSync, writeFileSync } from "node:fs";
import { Document, type Node, parseDocument } from "yaml";

/** An operation of the configuration. */
export interface ConfiguredOperation {
  readonly component: string;
  readonly operation: string;
}

/** Where the controller listens, keeps its state and finds its metrics. */
export interface SystemControllerPlaces {
  readonly listen: string;
  readonly storePath: string;
  readonly metrics:
    | { readonly source: "embedded"; readonly pages: readonly string[] }
    | { readonly source: "prometheus"; readonly url: string };
}

/** Every operation that the files configure, in their order. */
export function operationsIn(files: readonly string[]): ConfiguredOperation[] {
  return files.flatMap((file) => {
    const { components } = parseDocument(readFileSync(file, "utf8")).toJS() as {
      readonly components: Readonly<Record<string, { readonly operations: Readonly<Record<string, unknown>> }>>;
    };
    return Object.entries(components).flatMap(([component, { operations }]) =>
      Object.keys(operations).map((operation) => ({ component, operation })),
    );
  });
}

/** Writes one file of several: their components as they are written, comments too. */
export function writeSystemConfiguration(
  path: string,
  files: readonly string[],
  { listen, storePath, metrics }: SystemControllerPlaces,
): void {
  const document = new Document({
    controller: { listen, interval: "1s", store: { kind: "sqlite", path: storePath } },
    metrics:
      metrics.source === "embedded"
        ? { source: "embedded", scrape: metrics.pages, scrapeInterval: "1s" }
        : { source: "prometheus", url: metrics.url, scrapeInterval: "1s" },
    components: {},
  });
  for (const file of files) {
    const own = parseDocument(readFileSync(file, "utf8"));
    for (const component of Object.keys(own.toJS().components as object))
      document.setIn(["components", component], own.getIn(["components", component], true) as Node);
  }
  writeFileSync(path, document.toString({ lineWidth: 0 }));
}
