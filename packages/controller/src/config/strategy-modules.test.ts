/** Real modules in a real folder, named in a real file. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Config, loadConfig } from "../config.ts";
import { ConfigError } from "./config-error.ts";
import { loadStrategyModules } from "./strategy-modules.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "trimtab-modules-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a file that lets `checkout` (and `browse`, where a second one is given) be tuned by these strategies. */
function write(checkout: string, browse?: string): Config {
  const operation = (strategy: string): string =>
    `{ parameters: { level: { type: integer, base: 3, min: 1, max: 9 } },\n          strategy: ${strategy} }`;
  const file = join(folder, "trimtab.yaml");
  writeFileSync(
    file,
    `metrics: { source: embedded, scrape: [http://127.0.0.1:1/metrics] }
components:
  shop:
    operations:
      checkout: ${operation(checkout)}
${browse === undefined ? "" : `      browse: ${operation(browse)}\n`}`,
  );
  return loadConfig(file, {});
}

function module(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

async function refusal(config: Config): Promise<string[]> {
  try {
    await loadStrategyModules(config);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ path, message, line }) => `${path.slice(4).join(".")} (${line}): ${message}`);
  }
  return [];
}

const GOOD = `export default {
  id: "step-up", options: { share: { type: "number", default: 0.1, min: 0, max: 1 } },
  build: () => ({ propose: () => ({ contexts: {} }) }),
};`;

test("the treatment of an experiment may be a module, beside a strategy that is another or the same", async () => {
  module("up.mjs", GOOD);
  const treatment = "{ name: up, treatment: { module: ./up.mjs, share: 0.3 } }";
  const config = write(`fixed\n          , experiment: ${treatment}`, "{ module: ./up.mjs, share: 0.2 }");
  const { policies, ownStrategies } = await loadStrategyModules(config);
  expect(policies[0]?.strategy).toEqual({ kind: "fixed", options: {} });
  expect(policies[0]?.experiment).toMatchObject({
    name: "up",
    treatment: { kind: "step-up", options: { share: 0.3 }, module: { path: "./up.mjs" } },
    share: 0.5,
  });
  expect(Object.keys(ownStrategies?.definitions ?? {})).toEqual(["step-up"]);
  const wrong = write(`fixed\n          , experiment: { name: up, treatment: { module: ./up.mjs, share: 3 } }`);
  expect(await refusal(wrong)).toEqual([expect.stringMatching(/^experiment\.treatment\.share \(\d+\): /)]);
  const gone = write(`fixed\n          , experiment: { name: up, treatment: { module: ./down.mjs } }`);
  expect(await refusal(gone)).toEqual([expect.stringMatching(/^experiment\.treatment\.module .* is not there/)]);
});

test("a module is loaded from beside the file, and the policy names it by id and content", async () => {
  module("up.mjs", GOOD);
  const before = write("{ module: ./up.mjs, share: 0.2 }");
  const { policies, ownStrategies } = await loadStrategyModules(before);
  expect(policies[0]?.strategy).toEqual({
    kind: "step-up",
    options: { share: 0.2 },
    module: { path: "./up.mjs", digest: expect.stringMatching(/^[a-z2-7]{10}$/) },
  });
  expect(Object.keys(ownStrategies?.definitions ?? {})).toEqual(["step-up"]);
});

test("a changed file is loaded anew under another digest", async () => {
  module("up.mjs", GOOD);
  const first = await loadStrategyModules(write("{ module: up.mjs }"));
  module("up.mjs", GOOD.replace("step-up", "step-down"));
  const second = await loadStrategyModules(write("{ module: up.mjs }"));
  expect([first, second].map(({ policies }) => policies[0]?.strategy.kind)).toEqual(["step-up", "step-down"]);
  expect(first.policies[0]?.strategy.module?.digest).not.toBe(second.policies[0]?.strategy.module?.digest);
});

test("one module may serve two operations, and a configuration without modules comes back as it is", async () => {
  module("up.mjs", GOOD);
  const { policies } = await loadStrategyModules(write("{ module: ./up.mjs }", "{ module: up.mjs, share: 1 }"));
  expect(policies.map(({ strategy }) => strategy.kind)).toEqual(["step-up", "step-up"]);
  const without = write("fixed", "default");
  expect(await loadStrategyModules(without)).toBe(without);
});

describe("what cannot be used is told with its place", () => {
  test.each([
    ["a file that is not there", undefined, "./up.mjs is not there ("],
    ["a syntax error", "export default {", "./up.mjs cannot be loaded: "],
    ["an exception while loading", 'throw new Error("no licence")', "./up.mjs cannot be loaded: no licence"],
    ["no default export", "export const strategy = 1;", "./up.mjs exports no strategy; write export default"],
    ["something else", "export default 3;", "./up.mjs exports a strategy: is no object with id, options and build"],
    ["an id of ours", GOOD.replace("step-up", "fixed"), './up.mjs exports a strategy: id "fixed" is taken'],
  ])("%s", async (_name, text, message) => {
    if (text !== undefined) module("up.mjs", text);
    const [problem, ...others] = await refusal(write("{ module: ./up.mjs }"));
    expect(problem).toContain(`strategy.module (6): ${message}`);
    expect(others).toEqual([]);
  });

  test("options that the module does not have, or that are out of range", async () => {
    module("up.mjs", GOOD);
    expect(await refusal(write("{ module: ./up.mjs, shre: 0.2 }", "{ module: ./up.mjs, share: 2 }"))).toEqual([
      "strategy.shre (6): is no option of this strategy; did you mean share?",
      "strategy.share (8): 2 is outside 0 to 1",
    ]);
  });

  test("a check of options that itself fails", async () => {
    module("up.mjs", GOOD.replace("build:", "problems() { throw new Error('oops'); }, build:"));
    expect(await refusal(write("{ module: ./up.mjs }"))).toEqual([
      "strategy.module (6): cannot check its options: oops",
    ]);
  });

  test("two modules with one id", async () => {
    module("up.mjs", GOOD);
    module("copy.mjs", `${GOOD} // a copy`);
    expect(await refusal(write("{ module: ./up.mjs }", "{ module: ./copy.mjs }"))).toEqual([
      'strategy.module (8): ./copy.mjs exports a strategy with the id "step-up", and so does ./up.mjs',
    ]);
  });

  test("neither kind nor module, or both", () => {
    expect(() => write("{ share: 0.2 }")).toThrow(
      "names no strategy; write kind with an id, or module with a file of your own",
    );
    expect(() => write("{ kind: fixed, module: ./up.mjs }")).toThrow(
      "stands beside kind: fixed; one of the two decides",
    );
  });
});
