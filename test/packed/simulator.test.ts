/** The simulator as a stranger has it: tarballs in an empty folder, and the examples of its page beside them. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { cleanUp, root, temporaryFolder } from "../end-to-end/processes.ts";
import { unpack } from "./packed-service.ts";

afterEach(cleanUp);

const page = readFileSync(join(root, "docs/simulator.md"), "utf8");
const EXAMPLES = ["bakery.mjs", "stubborn.mjs", "harness.mjs"];

/** A folder with the examples of the page and the packages that they need. */
function strangersFolder(): string {
  const folder = temporaryFolder();
  unpack(folder, ["conventions", "learning", "simulator"]);
  for (const file of EXAMPLES) {
    const blocks = [...page.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code ?? "");
    writeFileSync(join(folder, file), blocks.find((code) => code.startsWith(`// ${file}`)) ?? "");
  }
  return folder;
}

interface Board {
  readonly environments: readonly [{ readonly environment: string; readonly regret: { readonly mean: number } }];
}

function run(folder: string, ...args: readonly string[]): Board {
  return JSON.parse(execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8", stdio: "pipe" })) as Board;
}

test("an environment and a learner of one's own join with a few lines", () => {
  const folder = strangersFolder();
  const simulate = (...args: string[]): Board =>
    run(folder, "node_modules/@trimtab/simulator/dist/cli.js", ...args, "--seeds", "4", "--cycles", "60", "--json");
  const learnt = simulate("./bakery.mjs");
  expect(learnt.environments[0]).toMatchObject({ environment: "bakery", seeds: 4 });
  expect(learnt.environments[0].regret.mean).toBeLessThan(0.8);
  // half of the calls at the optimum, from the second cycle on
  const stubborn = simulate("./bakery.mjs", "--learner", "./stubborn.mjs", "--workers", "2");
  expect(stubborn.environments[0].regret.mean).toBeCloseTo(1 - 0.5 * (59 / 60), 9);
});

test("a harness of one's own runs the product's learner", () => {
  const { environments } = run(strangersFolder(), "harness.mjs");
  expect(environments[0].environment).toBe("clear-winner");
  expect(environments[0].regret.mean).toBeLessThan(0.4);
});
