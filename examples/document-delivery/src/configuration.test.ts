import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { parse } from "yaml";
import { ALGORITHMS, BASE, LEVELS } from "./compression.ts";
import {
  COMPONENT,
  DURATION_BOUNDARIES_SECONDS,
  OPERATION,
  readObjective,
  writeControllerConfiguration,
} from "./configuration.ts";

const folder = mkdtempSync(join(tmpdir(), "document-delivery-"));
afterAll(() => rmSync(folder, { recursive: true }));

const original = parse(readFileSync(new URL("../trimtab.yaml", import.meta.url), "utf8"));

test("the file allows what the service can do, with the base that it has in code", () => {
  const { parameters, context } = original.components[COMPONENT].operations[OPERATION];
  expect(context).toEqual(["content_type"]);
  expect(parameters.algorithm).toEqual({ type: "choice", base: BASE.algorithm, choices: [...ALGORITHMS] });
  expect(parameters.level).toEqual({ type: "integer", base: BASE.level, ...LEVELS });
});

test("the objective's weights sum to 1, and its latency bounds lie within the buckets", () => {
  const { quality, success, latency } = readObjective();
  expect((quality?.weight ?? 0) + (success?.weight ?? 0) + (latency?.weight ?? 0)).toBeCloseTo(1, 10);
  expect(latency).toMatchObject({ goodSeconds: 0.0005, badSeconds: 0.02 });
  expect(DURATION_BOUNDARIES_SECONDS).toContain(latency?.goodSeconds);
  expect(DURATION_BOUNDARIES_SECONDS).toContain(latency?.badSeconds);
});

test("the buckets ascend, and neighbours differ by a factor of at most 1.25", () => {
  const [first = 0, ...rest] = DURATION_BOUNDARIES_SECONDS;
  let lower = first;
  for (const bound of rest) {
    expect(bound / lower).toBeGreaterThan(1);
    expect(bound / lower).toBeLessThanOrEqual(1.2501);
    lower = bound;
  }
});

test.each([
  [
    { source: "embedded", page: "http://127.0.0.1:1234/metrics" },
    { source: "embedded", scrape: ["http://127.0.0.1:1234/metrics"], scrapeInterval: "1s" },
  ],
  [
    { source: "prometheus", url: "http://127.0.0.1:9090" },
    { source: "prometheus", url: "http://127.0.0.1:9090", scrapeInterval: "1s" },
  ],
] as const)("for a run only addresses and places are put in: %j", (metrics, section) => {
  const path = join(folder, "trimtab.yaml");
  writeControllerConfiguration(path, { listen: "127.0.0.1:4711", storePath: "/state/trimtab.db", metrics });
  const written = parse(readFileSync(path, "utf8"));
  expect(written.controller).toEqual({
    ...original.controller,
    listen: "127.0.0.1:4711",
    store: { kind: "sqlite", path: "/state/trimtab.db" },
  });
  expect(written.metrics).toEqual(section);
  expect(written.components).toEqual(original.components);
});
