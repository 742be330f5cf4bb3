import type { DiscoveredOperation, MetricSource, SourceInspection } from "@trimtab/engine";
import type { Evidence } from "@trimtab/learning";
import { expect, test } from "vitest";
import { createRoutedSource } from "./routed-source.ts";

/** A source that says of everything whose it is. */
function sourceOf(kind: MetricSource["kind"], components: readonly string[], log: string[] = []): MetricSource {
  const note = (what: string) => () => {
    log.push(`${kind} ${what}`);
    return Promise.resolve();
  };
  const discovered = (component: string): DiscoveredOperation => ({
    component,
    operation: kind,
    context: {},
    variants: [],
    calls: 1,
    hasQuality: false,
    costUnits: [],
  });
  const step = kind === "reported" ? 1 : 15_000;
  return {
    kind,
    start: note("starts"),
    close: note("ends"),
    latestWindowEnd: (now) => now - step,
    scrapeIntervalMilliseconds: () => step,
    readEvidence: ({ window }): Promise<Evidence> =>
      Promise.resolve({ window, queries: [], cells: { kind: "no-data", detail: kind } }),
    discoverOperations: () => Promise.resolve({ kind: "value", value: components.map(discovered) }),
    inspect: (): Promise<SourceInspection> =>
      Promise.resolve({
        reachable: { kind: "value", value: true },
        targets: [{ target: kind, up: true }],
        scrapeIntervalMilliseconds: step,
      }),
  };
}

const log: string[] = [];
const reported = new Set(["batch"]);
const routed = createRoutedSource({
  scraped: sourceOf("prometheus", ["shop", "batch"], log),
  reported: sourceOf("reported", ["batch", "shop"], log),
  isReported: (component) => reported.has(component),
});
const read = async (component: string): Promise<string> => {
  const { cells } = await routed.readEvidence({ component, operation: "a", context: [], window: { from: 0, to: 1 } });
  return cells.kind === "value" ? "value" : cells.detail;
};

test("each component is read from one source, and a reload may change from which", async () => {
  expect([await read("shop"), await read("batch")]).toEqual(["prometheus", "reported"]);
  reported.add("shop");
  expect(await read("shop")).toBe("reported");
  reported.delete("shop");
});

test("what a component has in the other source is not discovered", async () => {
  const found = await routed.discoverOperations(0, 0);
  if (found.kind !== "value") throw new Error(found.detail);
  expect(found.value.map(({ component, operation }) => `${component} ${operation}`)).toEqual([
    "shop prometheus",
    "batch reported",
  ]);
});

test("windows lie on the grid of what is scraped; targets of both are shown; both start and end", async () => {
  expect([routed.kind, routed.scrapeIntervalMilliseconds(), routed.latestWindowEnd(20_000)]).toEqual([
    "prometheus",
    15_000,
    5_000,
  ]);
  expect((await routed.inspect(0)).targets.map(({ target }) => target)).toEqual(["prometheus", "reported"]);
  await routed.start();
  await routed.close();
  expect(log).toEqual(["prometheus starts", "reported starts", "prometheus ends", "reported ends"]);
});
