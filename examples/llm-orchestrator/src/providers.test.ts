import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { costInUsd, readProviders } from "./providers.ts";

const ONE = { LLM_BASE_URL: "https://api.example.com/v1/", LLM_API_KEY: "sk-one" };

function problemOf(environment: Record<string, string>, file?: string): string {
  try {
    readProviders(environment, file);
    return "nothing";
  } catch (error) {
    const whole = inspect(error, { showHidden: true, depth: 10 });
    return whole.includes("sk-") ? "it quotes a key" : whole;
  }
}

test("one address and one key are those of every provider", () => {
  const providers = readProviders(ONE);
  expect(providers.map(({ name }) => name)).toEqual(["aurora", "borealis", "cirrus"]);
  for (const { name, endpoint } of providers)
    expect(endpoint).toEqual({ provider: name, baseUrl: "https://api.example.com/v1", apiKey: "sk-one" });
});

test("a provider may have its own", () => {
  const providers = readProviders({
    ...ONE,
    LLM_CIRRUS_BASE_URL: "http://127.0.0.1:1234/v1",
    LLM_CIRRUS_API_KEY: "sk-two",
  });
  expect(providers.map(({ endpoint }) => `${endpoint.baseUrl} ${endpoint.apiKey}`)).toEqual([
    "https://api.example.com/v1 sk-one",
    "https://api.example.com/v1 sk-one",
    "http://127.0.0.1:1234/v1 sk-two",
  ]);
});

test("models may have other names at the endpoint", () => {
  const providers = readProviders({ ...ONE, LLM_MODELS: "aurora/large = my-large, cirrus/mini=my-mini" });
  const names = providers.flatMap(({ models }) => models.map(({ choice, name }) => `${choice} ${name}`));
  expect(names).toEqual([
    "aurora/large my-large",
    "aurora/small aurora-small",
    "borealis/writer borealis-writer",
    "cirrus/mini my-mini",
  ]);
});

test("what is missing is told by its name, all at once", () => {
  const problem = problemOf({ LLM_AURORA_BASE_URL: "example.com", LLM_BASE_URL: "", LLM_API_KEY: "sk-one" });
  expect(problem).toContain("aurora: set LLM_AURORA_BASE_URL or LLM_BASE_URL to an address such as");
  expect(problem).toContain("cirrus: set LLM_CIRRUS_BASE_URL or LLM_BASE_URL");
});

test.each([
  [{ ...ONE, LLM_API_KEY: "" }, "set LLM_AURORA_API_KEY or LLM_API_KEY to a key of visible characters"],
  [{ ...ONE, LLM_API_KEY: "sk-one\nsk-two" }, "visible characters without spaces"],
  [{ ...ONE, LLM_BASE_URL: "https://me:sk-three@example.com/v1" }, "its address holds a user's name"],
  [{ ...ONE, LLM_MODELS: "aurora/huge=x" }, 'LLM_MODELS names "aurora/huge", which is none of aurora/large'],
  [{ ...ONE, LLM_MODELS: "aurora/large" }, '"aurora/large" is not of the form choice=name'],
])("%o is refused, and no key is quoted", (environment, problem) => {
  expect(problemOf(environment)).toContain(problem);
});

test("a file with an unknown key or a standby that is no model is refused", () => {
  const folder = mkdtempSync(join(tmpdir(), "providers-"));
  const file = join(folder, "providers.yaml");
  writeFileSync(file, "one: { standby: one/a, models: {}, key: sk-four }");
  expect(problemOf(ONE, file)).toMatch(/one: .*"key"/);
  writeFileSync(file, "one: { standby: one/a, models: {} }");
  expect(problemOf(ONE, file)).toContain('one: its standby "one/a" is none of its models');
  rmSync(folder, { recursive: true });
});

test("2,000 tokens in and 500 out at $3 and $12 a million cost 1.2 cents", () => {
  const model = { choice: "a", name: "a", usdPerMillionTokens: { input: 3, output: 12 } };
  expect(costInUsd(model, { input: 2000, output: 500 })).toBeCloseTo(0.012, 12);
});
