/** Runs the examples of docs/modules.md, as they stand there. */
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { runInThisContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import * as zod from "zod";
import * as kit from "./index.ts";
import * as testing from "./testing/index.ts";

const page = readFileSync(new URL("../../../docs/modules.md", import.meta.url), "utf8");
const blocks = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code ?? "");
const [first = ""] = blocks;
/** The declaration that all of the page is about. */
const declaration = first.slice(0, first.indexOf("\nconst module"));

/** Tests that an example declares. */
const declared: (() => Promise<void>)[] = [];
const modules: Readonly<Record<string, object>> = {
  "@trimtab/module-kit": kit,
  "@trimtab/module-kit/testing": testing,
  zod,
  "node:test": {
    describe: (_: string, declare: () => void) => declare(),
    test: (_: string, body: () => Promise<void>) => declared.push(body),
  },
};

/** What an example takes for granted of its service. */
const service = {
  console: { log: vi.fn<(...said: unknown[]) => void>() },
  send: vi.fn<(word: string) => void>(),
  complete: (model: string, prompt: string, temperature: number) =>
    Promise.resolve(`${model} on ${prompt} at ${temperature}`),
};

async function run(code: string): Promise<void> {
  const whole = /\bdefineModule\b/.test(code) ? code : `${declaration}\n${code}`;
  // The page's stores and waits are for production.
  const here = whole.replace('store: "./song-writer.db", ', "").replaceAll("30_000", "3_600_000");
  const bare = stripTypeScriptTypes(here)
    .replace(/^import \{ (.*) \} from "(.*)";.*$/gm, 'const { $1 } = modules["$2"];')
    .replace(/^export /gm, "");
  expect(bare).not.toMatch(/^import/m);
  const names = ["modules", ...Object.keys(service)];
  const example = runInThisContext(
    `(async ({ ${names.join(", ")} }) => {${bare}\nreturn typeof module === "undefined" ? undefined : module;})`,
  ) as (given: object) => Promise<{ close(): Promise<void> } | undefined>;
  const module = await example({ modules, ...service });
  await module?.close();
}

describe("the page of modules", () => {
  beforeAll(() => {
    vi.spyOn(process, "emitWarning").mockImplementation(() => {}); // one example has a controller that is not there
  });
  afterAll(() => vi.restoreAllMocks());

  test("has an example for each part", () => {
    expect(blocks.length).toBe(5);
    for (const name of ["run.invoke", ".stream(", "triggerLearningCycle", "controller:", "describeModule"])
      expect(page).toContain(name);
  });

  test.each(blocks.map((code, index) => [index, code] as const))("example %i runs", async (_, code) => {
    declared.length = 0;
    service.send.mockClear();
    await run(code);
    for (const body of declared) await body();
    expect(declared.length > 14).toBe(code.includes("describeModule"));
    expect(service.send.mock.calls.length > 0).toBe(code.includes(".stream("));
  });
});
