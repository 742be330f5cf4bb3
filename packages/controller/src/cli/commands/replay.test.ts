/** The command as a real process, on a store that another process (this one) has open as a controller would. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import {
  createSqlStore,
  type MetricSource,
  openSqliteDatabase,
  runCycle,
  type Store,
  silentLog,
} from "@trimtab/engine";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig } from "../../config.ts";
import { runCliProcess } from "../running-cli.ts";

const CYCLES = 25;
const START = Date.UTC(2026, 10, 20, 10, 0, 0);

let folder = "";
let store: Store;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "trimtab-replay-"));
  writeFileSync(
    join(folder, "trimtab.yaml"),
    `
metrics: { source: prometheus, url: "http://127.0.0.1:2" }
components: { shop: { operations: { checkout: {
  parameters: { temperature: { type: number, base: 0.7, min: 0.5, max: 0.9, step: 0.1 } },
  objective: { success: 1 }, mode: auto, strategy: threshold-rule } } } }
`,
  );
  store = createSqlStore(await openSqliteDatabase(join(folder, "trimtab.db")));
  const [policy] = loadConfig(join(folder, "trimtab.yaml"), {}).policies;
  if (policy === undefined) throw new Error("the file declares an operation");
  for (let cycle = 1; cycle <= CYCLES; cycle++) {
    const served = (await store.loadOperation(policy))?.decision.allocations[0]?.variants ?? [];
    const source: Pick<MetricSource, "latestWindowEnd" | "scrapeIntervalMilliseconds" | "readEvidence"> = {
      latestWindowEnd: (now) => now - 2_000,
      scrapeIntervalMilliseconds: () => 1_000,
      readEvidence: ({ window }) =>
        Promise.resolve({
          window,
          queries: [],
          cells: {
            kind: "value",
            value: served.map(({ id, weight }) => {
              const success = Math.round(120 * weight * 0.6);
              const failure = Math.round(120 * weight) - success;
              return { context: {}, variant: id, reading: { kind: "value", value: { success, failure, partial: 0 } } };
            }),
          },
        }),
    };
    await runCycle(policy, { store, source, log: silentLog, intervalMilliseconds: 1_000, now: START + cycle * 1_000 });
  }
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const replay = (...args: string[]) => runCliProcess(["replay", ...args], { cwd: folder });

test("an operation, a part of it, and one decision come out as they were recorded", { timeout: 60_000 }, async () => {
  expect(await replay("shop/checkout")).toMatchObject({
    code: 0,
    out: `shop/checkout: ${CYCLES} cycles, 1 to ${CYCLES} decided again.\nEvery decision comes out as it was recorded, bit for bit.\n`,
  });
  const [{ decision } = { decision: undefined }] = (
    await store.listCycles({ component: "shop", operation: "checkout" }, { limit: 5 })
  ).items;
  const { code, out } = await replay(decision?.id ?? "", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual({
    component: "shop",
    operation: "checkout",
    replayed: 1,
    first: CYCLES,
    last: CYCLES,
    unreplayable: [],
  });
  expect((await replay("shop/checkout", "--from", "20", "--to", "21")).out).toContain(
    "2 cycles, 20 to 21 decided again",
  );
});

test("a record that was changed is told with exit code 1 and its first difference", { timeout: 60_000 }, async () => {
  const database = new DatabaseSync(join(folder, "trimtab.db"));
  database.exec(
    `update cycles set decision = replace(decision, '"mayExplore":true', '"mayExplore":false') where cycle = 4`,
  );
  database.close();
  const { code, out } = await replay("shop/checkout");
  expect(code).toBe(1);
  expect(out).toMatch(
    /^Cycle 4 \(decision d-\w+\) does not come out as it was recorded\. First difference: decision, mayExplore$/m,
  );
  expect(out).toContain(
    "  recorded  false\n  replayed  true\nA cycle that another version of Trimtab recorded may come",
  );
});

test("what cannot be replayed is told", { timeout: 60_000 }, async () => {
  const answers = await Promise.all([
    replay("d-nothing"),
    replay("shop/nothing"),
    replay("shop/checkout", "--from", "x"),
    replay("d-1", "--from", "3"),
  ]);
  expect(answers.map(({ code }) => code)).toEqual([1, 1, 2, 2]);
  expect(answers.map(({ err }) => err.split("\n")[0])).toEqual([
    expect.stringContaining('No recorded decision has the id "d-nothing".'),
    "The store has no cycle of shop/nothing. Known: shop/checkout.",
    "--from x is no number of a cycle; cycles are counted from 1.",
    "--from and --to go with component/operation; a decision is one cycle.",
  ]);
});
