import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ParameterSpace, parseDuration } from "@trimtab/conventions";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import {
  COMPONENT,
  OPERATIONS,
  type OperationName,
  TRIMTAB_FILE,
  writeControllerConfiguration,
} from "./configuration.ts";
import { LEARNING } from "./objectives.ts";
import { PARAMETERS } from "./parameters.ts";
import { readProviders } from "./providers.ts";
import { STAND_IN_PROVIDERS } from "./stand-in/catalogue.ts";

const PROVIDERS = readProviders({ LLM_BASE_URL: "http://127.0.0.1:1/v1", LLM_API_KEY: "any" });

interface WrittenOperation {
  readonly context: readonly string[];
  readonly parameters: ParameterSpace;
  readonly objective: Readonly<Record<string, number | Readonly<Record<string, string | number>>>>;
  readonly holdout: number;
}
const read = (file: string) => parse(readFileSync(file, "utf8"));
const written = read(TRIMTAB_FILE).components[COMPONENT].operations as Record<string, WrittenOperation>;

describe("trimtab.yaml", () => {
  test("has the operations of the code, each with its context key", () => {
    expect(Object.fromEntries(Object.entries(written).map(([name, { context }]) => [name, context]))).toEqual(
      Object.fromEntries(Object.entries(OPERATIONS).map(([name, key]) => [name, [key]])),
    );
  });

  test("has the parameters of the code: a document with others would not be applied", () => {
    expect(Object.fromEntries(Object.entries(written).map(([name, { parameters }]) => [name, parameters]))).toEqual(
      PARAMETERS,
    );
  });
});

test("the objectives of trimtab.yaml are those of the code, for learning in the process", () => {
  const inSeconds = (text: string): number => (parseDuration(text) ?? Number.NaN) / 1000;
  for (const [name, { objective, holdout }] of Object.entries(written)) {
    const parts = Object.entries(objective).map(([part, term]) => {
      if (typeof term === "number") return [part, { weight: term }];
      const { good, bad, ...rest } = term;
      const times = { goodSeconds: inSeconds(String(good)), badSeconds: inSeconds(String(bad)) };
      return [part, good === undefined ? rest : { ...rest, ...times }];
    });
    expect(LEARNING[name as OperationName]).toEqual({ holdout, objective: Object.fromEntries(parts) });
  }
});

test("providers.yaml offers each model that may be chosen, and the stand-in has each of them", () => {
  const choices = written["generate_lyrics"]?.parameters["model"];
  const offered = PROVIDERS.flatMap(({ models }) => models.map(({ choice }) => choice));
  expect(choices).toMatchObject({ choices: offered });
  for (const { name, models } of PROVIDERS)
    expect(Object.keys(STAND_IN_PROVIDERS[name]?.models ?? {})).toEqual(models.map((model) => model.name));
});

describe("what the controller gets", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "llm-orchestrator-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test("is trimtab.yaml with its own places", () => {
    const path = join(folder, "trimtab.yaml");
    const places = { listen: "127.0.0.1:1", storePath: "/a/b.db", metricsPage: "http://127.0.0.1:2/metrics" };
    writeControllerConfiguration(path, places);
    const before = read(TRIMTAB_FILE);
    expect(read(path)).toEqual({
      ...before,
      controller: { ...before.controller, listen: "127.0.0.1:1", store: { kind: "sqlite", path: "/a/b.db" } },
      metrics: { ...before.metrics, scrape: ["http://127.0.0.1:2/metrics"] },
    });
  });
});
