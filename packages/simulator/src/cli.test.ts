/** The command with real files, and once as a real process with threads. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runSimulate, simulateCommand } from "./cli.ts";

const folder = mkdtempSync(join(tmpdir(), "simulate-"));
const page = readFileSync(new URL("../../../docs/simulator.md", import.meta.url), "utf8");

/** The page's example that begins with a comment of its file name. */
function exampleOf(file: string): string {
  const blocks = [...page.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code ?? "");
  return blocks.find((code) => code.startsWith(`// ${file}`)) ?? "";
}

beforeAll(() => {
  for (const file of ["bakery.mjs", "stubborn.mjs"]) writeFileSync(join(folder, file), exampleOf(file));
  writeFileSync(join(folder, "nothing.mjs"), "export default { name: 'half' };");
  writeFileSync(join(folder, "broken.mjs"), "export default {");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bakery = join(folder, "bakery.mjs");

async function simulate(
  positionals: readonly string[],
  options: Readonly<Record<string, string | boolean>> = {},
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const terminal = { print: (text: string) => void out.push(text), complain: (text: string) => void err.push(text) };
  const code = await runSimulate(
    { options: { seeds: "2", cycles: "60", workers: "1", ...options }, positionals },
    terminal,
  );
  return { code, out: out.join("\n"), err: err.join("\n") };
}

describe("an environment of one's own, as the page tells", () => {
  test("is learnt, scored and plotted", async () => {
    const plotFile = join(folder, "bakery.svg");
    const { code, out } = await simulate([bakery], { plot: plotFile });
    expect(code).toBe(0);
    expect(out).toMatch(/^bakery +\d\.\d{3} ±\d/m);
    expect(out).toMatch(/^smallest share of the base values +\d+\.\d % \(bakery\) .* good$/m);
    expect(readFileSync(plotFile, "utf8")).toContain("<svg");
  });

  test("gives the same JSON for the same call, without times", async () => {
    const [once, again] = [await simulate([bakery], { json: true }), await simulate([bakery], { json: true })];
    expect(once.out).toBe(again.out);
    expect(JSON.parse(once.out)).toMatchObject({
      strategy: { kind: "response-surface" },
      learner: null,
      seeds: [1, 2],
      environments: [{ environment: "bakery", kind: "lift", seeds: 2, smallestBaselineShare: expect.any(Number) }],
    });
    expect(once.out).not.toContain("illisecond");
  });

  test("takes a learner of one's own", async () => {
    const { out } = await simulate([bakery], { learner: join(folder, "stubborn.mjs"), json: true });
    // half of the calls at 14 minutes, the optimum, from the second cycle on: 1 − 0.5 · 59/60
    const [{ regret }] = (JSON.parse(out) as { environments: [{ regret: { mean: number } }] }).environments;
    expect(regret.mean).toBeCloseTo(1 - 0.5 * (59 / 60), 9);
  });
});

describe("a strategy of one's own", () => {
  const own = join(folder, "one-step-up.mjs");

  test("that fails is told with the run and the context, and is no strategy that found nothing", async () => {
    const failing = join(folder, "failing.mjs");
    const text =
      'export default { id: "failing", options: {}, build: () => ({ propose() { throw new Error("no luck"); } }) };';
    writeFileSync(failing, text);
    const { code, err } = await simulate([bakery], { strategy: failing, seeds: "1", cycles: "20" });
    expect(code).toBe(1);
    expect(err).toContain("bakery, seed 1: In context shop=north: The strategy failing failed: no luck");
  });

  const definition = `export default {
    id: "one-step-up",
    options: { by: { type: "number", default: 1, min: 1, max: 10 } },
    build: ({ by }) => ({
      propose: ({ policy, contexts }) => ({
        contexts: Object.fromEntries(contexts.filter(({ windows }) => windows.length > 0).map(({ id, incumbent }) => {
          const minutes = Math.min(policy.parameters.minutes.max, incumbent.parameters.minutes + by);
          const reason = { sentence: "Up it goes." };
          return [id, minutes <= 14 ? { reason, change: { to: { minutes }, confidence: 0.9, reason } } : { reason }];
        })),
      }),
    }),
  };`;

  test("runs in simulated services as in a controller, with its options", async () => {
    writeFileSync(own, definition);
    const regretWith = async (options: Record<string, string>): Promise<number> => {
      const { out, code } = await simulate([bakery], { strategy: own, json: true, ...options });
      expect(code).toBe(0);
      return (JSON.parse(out) as { environments: [{ regret: { mean: number } }] }).environments[0].regret.mean;
    };
    const [slow, quick] = [await regretWith({}), await regretWith({ option: "by=4" })];
    // 14 minutes are the best: one jump of 4 is there at once, four steps of 1 take their windows
    expect(quick).toBeLessThan(slow);
    expect(quick).toBeGreaterThan(0.05);
    expect(slow).toBeLessThan(0.6);
  });

  test("is refused with what is wrong", async () => {
    writeFileSync(own, definition);
    expect((await simulate([bakery], { strategy: own, option: "by=11" })).err).toContain(
      "options.by 11 is outside 1 to 10",
    );
    expect((await simulate([bakery], { strategy: join(folder, "nothing.mjs") })).err).toContain(
      "exports no strategy as default: id must be a name",
    );
  });
});

test("--option sets what the strategy offers, several times", async () => {
  const { out } = await simulate([bakery], { option: "alpha=0.1\nminimumEffect=0.01", json: true });
  expect(JSON.parse(out)).toMatchObject({ strategy: { options: { alpha: 0.1, minimumEffect: 0.01 } } });
  expect((await simulate([bakery], { option: "alpha" })).err).toContain("--option alpha is no NAME=VALUE");
});

test("--compare puts others beside it", async () => {
  const { out, err } = await simulate([bakery], { compare: "uniform,plain-thompson", seeds: "1", json: true });
  const { compared } = JSON.parse(out) as {
    compared: { learner: string; environments: [{ regret: { mean: number } }] }[];
  };
  expect(compared.map(({ learner }) => learner)).toEqual(["uniform", "plain-thompson"]);
  const [uniform, thompson] = compared.map(({ environments: [{ regret }] }) => regret.mean);
  expect(uniform).toBeGreaterThan(1);
  expect(thompson).toBeLessThan(0.6);
  expect(err).toContain("3 runs, 1 environment,");
  expect((await simulate([bakery], { compare: "uniform", seeds: "1" })).out).toMatch(/^ +response-surface +uniform$/m);
});

test("other seeds are other runs", async () => {
  const [one, other] = [
    await simulate([bakery], { json: true }),
    await simulate([bakery], { json: true, "first-seed": "7" }),
  ];
  expect(JSON.parse(other.out)).toMatchObject({ seeds: [7, 8] });
  expect((JSON.parse(other.out) as { environments: unknown }).environments).not.toEqual(
    (JSON.parse(one.out) as { environments: unknown }).environments,
  );
});

test("--require is an exit code: the base values reach neither", async () => {
  writeFileSync(join(folder, "lazy.mjs"), "export const createLearner = () => ({ decide: () => ({}) });");
  const options = { learner: join(folder, "lazy.mjs"), seeds: "1", cycles: "20" };
  expect((await simulate(["tie"], { ...options, require: "good" })).code).toBe(0);
  expect((await simulate(["clear-winner"], { ...options, require: "must" })).code).toBe(1);
  expect((await simulate(["clear-winner"], options)).code).toBe(0);
});

test("a strategy that cannot work somewhere is left out there, and said", async () => {
  const { code, err, out } = await simulate(["clear-winner", "cost-trade-off"], {
    strategy: "threshold-rule",
    seeds: "1",
    cycles: "12",
  });
  expect(code).toBe(0);
  expect(err).toContain(
    'cost-trade-off is left out: The specification cannot work: strategy.options.parameter "temperature"',
  );
  expect(out).not.toMatch(/^cost-trade-off/m);
});

test("the list names each environment and what it asks", async () => {
  const { code, out } = await simulate([], { list: true });
  expect(code).toBe(0);
  expect(out).toMatch(/^drift +The optimum moves/m);
  expect(out.split("\n").length).toBeGreaterThanOrEqual(16);
});

describe("a wrong call says what to write instead, with exit code 2", () => {
  test.each([
    [[], {}, "Name an environment, a file, or all."],
    [["drfit"], {}, 'There is no environment "drfit"; write a file, all, or one of tie,'],
    [["tie", "all"], {}, 'The environment "tie" is named twice.'],
    [["./missing.mjs"], {}, "./missing.mjs cannot be loaded: "],
    [
      [join(folder, "nothing.mjs")],
      {},
      "exports no environment (as default, environment or environments): it has no specification",
    ],
    [[join(folder, "broken.mjs")], {}, "broken.mjs cannot be loaded: "],
    [["tie"], { seeds: "0" }, "--seeds 0 is no whole number from 1 to 1000000"],
    [["tie"], { cycles: "many" }, "--cycles many is no whole number"],
    [["tie"], { require: "perfect" }, "--require perfect is unknown; write must or good"],
    [
      ["tie"],
      { strategy: "respons-surface" },
      'there is no strategy "respons-surface"; did you mean response-surface?',
    ],
    [["tie"], { strategy: "response-surface:{alpha}" }, "The options of --strategy are no JSON object: {alpha}"],
    [["tie"], { strategy: 'response-surface:{"alpha":7}' }, "options.alpha 7 is outside"],
    [["tie"], { learner: bakery }, "exports no function createLearner(specification, seed)"],
  ] as [string[], Record<string, string>, string][])("%j %j", async (positionals, options, message) => {
    const { code, err, out } = await simulate(positionals, options);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
  });
});

test("a learner that serves what it must not fails the run, with exit code 1", async () => {
  writeFileSync(join(folder, "wild.mjs"), 'export default () => ({ decide: () => ({ "genre=g0": [] }) });');
  const { code, err } = await simulate(["tie"], { learner: join(folder, "wild.mjs") });
  expect(code).toBe(1);
  expect(err).toContain('The learner serves what it must not in tie, context "genre=g0": the shares sum to 0');
});

test("as a process, two threads give the same as one", async () => {
  const cli = fileURLToPath(new URL("cli.ts", import.meta.url));
  const run = promisify(execFile);
  const arguments_ = [
    "--conditions=source",
    cli,
    bakery,
    "tie",
    "--seeds",
    "2",
    "--cycles",
    "15",
    "--json",
    "--workers",
  ];
  const [two, one] = await Promise.all(["2", "1"].map((count) => run(process.execPath, [...arguments_, count])));
  expect(two?.stdout).toBe(one?.stdout);
  expect(two?.stderr).toContain("4 runs, 2 environments");
}, 60_000);

test("the page lists every option and every environment", async () => {
  const { out } = await simulate([], { list: true });
  const names = out.split("\n").map((line) => line.split(" ")[0] ?? "");
  for (const name of names) expect(page).toContain(`| \`${name}\` |`);
  for (const option of ["strategy", "seeds", "first-seed", "cycles", "json", "plot", "require", "learner", "list"]) {
    expect(Object.keys(simulateCommand.options)).toContain(option);
    expect(page).toContain(`--${option}`);
  }
});
