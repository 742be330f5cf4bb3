/** The command as a real process: an operation of a configuration in invented services. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { runCliProcess } from "../running-cli.ts";

vi.setConfig({ testTimeout: 60_000 });

const FILE = `
controller: { interval: 30s }
metrics: { source: prometheus, url: "http://127.0.0.1:2" }
components: { shop: { operations: {
  checkout: {
    context: [genre],
    parameters: { temperature: { type: number, base: 0.7, min: 0.5, max: 0.9, step: 0.1 } },
    objective: { success: 1 }, constraints: [success_rate >= 0.8], mode: observe, strategy: { module: ./still.mjs } },
  browse: {} } } }
`;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "trimtab-simulate-"));
  writeFileSync(join(folder, "trimtab.yaml"), FILE);
  writeFileSync(
    join(folder, "still.mjs"),
    'export default { id: "still", options: {}, build: () => ({ propose: () => ({ contexts: {} }) }) };',
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const simulate = (...args: string[]) => runCliProcess(["simulate", ...args], { cwd: folder });

test("an operation is rehearsed with its own strategy, and with another one", async () => {
  const call = ["--operation", "shop.checkout", "--seeds", "4", "--cycles", "60", "--calls", "400", "--json"];
  const own = await simulate(...call);
  expect(own.code).toBe(0);
  expect(JSON.parse(own.out)).toMatchObject({
    operation: "shop.checkout",
    strategy: expect.stringMatching(/still\.mjs$/),
    settings: 5,
    contexts: 4,
    callsPerCycle: 400,
    cycleSeconds: 30,
    seeds: 4,
    reached: 0,
    won: { mean: 0 },
    violatingTraffic: { mean: 0 },
  });
  const other = await simulate(...call, "--strategy", "thompson-sampling");
  expect((JSON.parse(other.out) as { reached: number }).reached).toBeGreaterThan(0);
  expect(other.err).toContain("4 runs, 1 environment,");
});

test("for people it says what was assumed, what came of it, and what it does not say", async () => {
  const { out } = await simulate("--operation", "shop/checkout", "--seeds", "2", "--cycles", "20");
  expect(out).toMatch(/5 settings, 4 contexts, 200 calls per cycle of 30 s, 20 cycles \(10 min\)\./);
  expect(out).toContain("not within 20 cycles (10 min)");
  expect(out).toContain("not what your service will win");
});

test("a wrong call says what to write", async () => {
  const answers = [
    await simulate("--config", "trimtab.yaml"),
    await simulate("--operation", "shop.nothing"),
    await simulate("--operation", "shop.browse"),
    await simulate("--operation", "shop.checkout", "drift"),
    await simulate("--operation", "shop.checkout", "--gain", "2"),
    await simulate("--operation", "shop.checkout", "--plot", "checkout.svg"),
    await simulate("--operation", "shop.checkout", "--strategy", "thompson"),
  ];
  expect(answers.map(({ code, err }) => `${code} ${err.split("\n")[0]}`)).toEqual([
    "1 trimtab.yaml has several operations; choose one with --operation: shop.checkout, shop.browse.",
    '1 trimtab.yaml has no operation "shop.nothing". It has shop.checkout, shop.browse.',
    "2 shop.browse declares no parameters: there is nothing to learn.",
    '2 --operation rehearses one operation; "drift" is an environment of another run.',
    "2 --gain 2 is no utility above 0 and up to 0.3",
    "2 --plot is nothing for a rehearsal (--operation).",
    expect.stringContaining('2 --strategy thompson: kind there is no strategy "thompson"'),
  ]);
});
