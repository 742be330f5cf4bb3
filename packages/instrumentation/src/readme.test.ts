/** Runs the examples of the package's page, as they stand there. */

import * as fileSystem from "node:fs";
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { runInThisContext } from "node:vm";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import * as instrumentation from "./index.ts";

const page = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const section = page.slice(page.indexOf("## The API by example"), page.indexOf("## With an OpenTelemetry SDK"));
const blocksOf = (text: string): string[] => [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code ?? "");
const tenLines = blocksOf(page)[0] ?? "";

const modules: Readonly<Record<string, object>> = {
  "@trimtab/instrumentation": instrumentation,
  "node:fs": fileSystem,
};

/** What an example takes for granted of its service. */
const service = {
  console: { log: vi.fn<() => void>() },
  send: vi.fn<(what: unknown) => void>(),
  sleep: () => Promise.resolve(),
  document: "x".repeat(100),
  zip: (text: string, level: number) => Promise.resolve(text.slice(level * 10)),
  model: {
    failures: 0,
    complete: () => {
      if (service.model.failures-- > 0) return Promise.reject(new RangeError("busy"));
      return Promise.resolve({ text: "la la", inputTokens: 3, outputTokens: 2, isCut: false });
    },
    stream: async function* () {
      yield "la";
      yield "la";
    },
  },
};

async function run(code: string): Promise<void> {
  const imports = /^import \{ (.*) \} from "(.*)";$/gm;
  const bare = stripTypeScriptTypes(code).replace(imports, 'const { $1 } = modules["$2"];');
  expect(bare).not.toMatch(/^import/m);
  const names = ["modules", ...Object.keys(service)];
  const example = runInThisContext(`(async ({ ${names.join(", ")} }) => {${bare}\n})`) as (
    given: object,
  ) => Promise<void>;
  await example({ modules, ...service });
}

function callsOf(operation: string): number {
  const lines = instrumentation.metricsText().split("\n");
  const own = lines.filter(
    (line) => line.startsWith("trimtab_operation_calls_total{") && line.includes(`operation="${operation}"`),
  );
  return own.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

beforeAll(() => {
  instrumentation.metricProducer();
});

afterEach(() => {
  vi.clearAllMocks();
});

describe("the page of the package", () => {
  test("begins with ten lines that run", async () => {
    await run(tenLines);
    expect(callsOf("compress")).toBe(1);
  });

  test("has an example of each part of the API", () => {
    expect(blocksOf(section).length).toBe(6);
    expect(section).toContain("getPerformanceSummary");
  });

  test.each(blocksOf(section).map((code, index) => [index, code] as const))("example %i runs", async (_, code) => {
    service.model.failures = code.includes("previous_error_type") ? 2 : 0;
    await run(code);
    expect(service.model.failures).toBeLessThanOrEqual(0);
  });

  test("leaves the operations of its examples counted", async () => {
    expect(callsOf("write_song")).toBe(2);
    expect(callsOf("publish")).toBe(5);
    expect(callsOf("stream_words")).toBe(1);
    expect(callsOf("total")).toBe(1);
    await vi.waitFor(() => expect(callsOf("read")).toBe(1));
    expect(callsOf("complete")).toBe(3);
  });
});
