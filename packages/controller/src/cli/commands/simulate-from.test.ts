/** Recorded evidence, replayed with other strategies: from the file of a real store, and from a real controller process on it. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createSqlStore,
  type MetricSource,
  openSqliteDatabase,
  runCycle,
  type Store,
  silentLog,
} from "@trimtab/engine";
import { type EvidenceCell, type OperationPolicy, randomFromSeed } from "@trimtab/learning";
import type { StrategyReplay } from "@trimtab/simulator";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { loadConfig } from "../../config.ts";
import { runCli } from "../run-cli.ts";
import { type RunningCli, runCliProcess, startCli } from "../running-cli.ts";

vi.setConfig({ testTimeout: 60_000 });

const CYCLES = 120;
/** Chance follows the times of the windows. */
const START = Date.UTC(2026, 10, 20, 10, 0, 0);

const FILE = `
controller: { listen: "127.0.0.1:0", interval: 1h, store: { kind: sqlite, path: ./trimtab.db, keepDecisions: 9000d } }
metrics: { source: prometheus, url: "http://127.0.0.1:2" }
components: { shop: { operations: {
  checkout: {
    context: [genre],
    parameters: { level: { type: integer, base: 2, min: 1, max: 5 } },
    objective: { success: 1 }, mode: auto, holdout: 0.1, strategy: thompson-sampling },
  browse: {} } } }
`;

/** Jumps to one level at once; recorded calls went to the best one step by step. */
const EAGER = `export default { id: "eager", options: { level: { type: "number", default: 5, min: 1, max: 5 } },
  build: ({ level }) => ({ propose: ({ contexts }) => ({ contexts: Object.fromEntries(contexts.map(({ id }) => [id, {
    reason: { sentence: "At once." },
    change: { to: { level }, confidence: 0.9, reason: { sentence: "At once." } } }])) }) }) };`;

let folder = "";
let store: Store;
let controller: RunningCli | undefined;
let url = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "trimtab-from-"));
  writeFileSync(join(folder, "trimtab.yaml"), FILE);
  writeFileSync(join(folder, "eager.mjs"), EAGER);
  store = createSqlStore(await openSqliteDatabase(join(folder, "trimtab.db")));
  const { policies } = loadConfig(join(folder, "trimtab.yaml"), {});
  await record(policies.find(({ operation }) => operation === "checkout") as OperationPolicy);
  await store.close();
  controller = startCli(["serve"], { cwd: folder });
  const line = await controller.until(/Trimtab listens on (\S+)\n/);
  url = line.trim().replace("Trimtab listens on ", "");
}, 60_000);
afterAll(async () => {
  controller?.process.kill("SIGKILL");
  await controller?.ended;
  rmSync(folder, { recursive: true, force: true });
});

/** Sixty calls a second and context, which succeed more often on higher levels. */
async function record(policy: OperationPolicy): Promise<void> {
  const random = randomFromSeed("recorded calls");
  for (let cycle = 1; cycle <= CYCLES; cycle++) {
    const now = START + cycle * 1000;
    const stored = await store.loadOperation(policy);
    const shares = new Map(stored?.decision.allocations.map(({ context, variants }) => [context["genre"], variants]));
    const cells = ["jazz", "rock"].flatMap((genre): EvidenceCell[] =>
      (shares.get(genre) ?? shares.get(undefined) ?? []).map(({ id, weight, parameters }) => {
        const calls = Math.round(60 * weight);
        let success = 0;
        for (let call = 0; call < calls; call++)
          if (random.uniform() < 0.55 + 0.05 * Number(parameters["level"])) success += 1;
        const value = { success, failure: calls - success, partial: 0 };
        return { context: { genre }, variant: id, reading: { kind: "value", value } };
      }),
    );
    const source: Pick<MetricSource, "latestWindowEnd" | "scrapeIntervalMilliseconds" | "readEvidence"> = {
      latestWindowEnd: (at) => at - 1000,
      scrapeIntervalMilliseconds: () => 1000,
      readEvidence: ({ window }) => Promise.resolve({ window, queries: [], cells: { kind: "value", value: cells } }),
    };
    await runCycle(policy, { store, source, log: silentLog, intervalMilliseconds: 1000, now });
  }
}

interface Answer {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The command in this process: a process of its own takes a second to start. */
async function simulate(...args: string[]): Promise<Answer> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCli(["simulate", ...args], {
    print: (text) => void out.push(text),
    complain: (text) => void err.push(text),
    environment: {},
    paint: (_color, text) => text,
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}
const replayed = ({ out, err, code }: Answer): StrategyReplay => {
  if (code !== 0) throw new Error(err);
  return JSON.parse(out) as StrategyReplay;
};

test("the base values for ever: all is known, and learning was worth something", async () => {
  const call = ["--operation", "shop.checkout", "--strategy", "fixed", "--json"];
  const [ofFile, ofController] = [
    replayed(await runCliProcess(["simulate", "--from", "trimtab.db", ...call], { cwd: folder })),
    replayed(await simulate("--from", url, ...call)),
  ];
  expect(ofFile).toMatchObject({
    component: "shop",
    operation: "checkout",
    first: 1,
    other: { kind: "fixed" },
    recorded: [{ kind: "thompson-sampling" }],
    all: { known: 1 },
    contexts: [{ context: { genre: "jazz" } }, { context: { genre: "rock" } }],
  });
  // levels 3 to 5 win 0.05 to 0.15 over level 2; the interval lies below 0 as a whole
  expect(ofFile.all.difference?.upper).toBeLessThan(0);
  expect(ofFile.all.difference?.estimate).toBeGreaterThan(-0.15);
  expect(ofController.all).toEqual(ofFile.all);
});

test("the strategy that was in force gives itself back", async () => {
  const report = replayed(await simulate("--from", url, "--operation", "shop/checkout", "--json"));
  expect(report.divergedAfter).toBeUndefined();
  expect(report.all).toMatchObject({ known: 1, difference: { estimate: 0, lower: 0, upper: 0 } });
  const other = replayed(
    await simulate("--from", url, "--operation", "shop.checkout", "--option", "challengers=1", "--json"),
  );
  expect(other.divergedAfter).toBeGreaterThan(0);
  expect(other.other).toEqual({ kind: "thompson-sampling", options: { challengers: 1 } });
});

test("a strategy of one's own is told in words: what is known, what is not, and what a replay cannot say", async () => {
  const { out, err, code } = await simulate(
    "--from",
    url,
    "--operation",
    "shop.checkout",
    "--strategy",
    join(folder, "eager.mjs"),
    "--option",
    "level=1",
  );
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toMatch(/^shop\.checkout: \d+ cycles \(1 to \d+\), .* calls\.$/m);
  expect(out).toContain(
    "Served by thompson-sampling; replayed with eager (level 1) in mode auto.\nSettings are written as level.",
  );
  expect(out).toMatch(/^genre=jazz +\d+ +\d: .* 1: [\d.]+ %; 2: [\d.]+ % +[\d.]+ % +-0\.\d{4} \(/m);
  expect(out).toMatch(
    /are unknown: whatever they had brought, the difference over all calls lies between -0\.\d+ and \+0\.\d+\./,
  );
  expect(out).toContain("What it cannot:");
});

test("--since replays the later part, from the first kept state on", async () => {
  const since = new Date(START + 70_000).toISOString();
  const report = replayed(
    await simulate("--from", join(folder, "trimtab.db"), "--since", since, "--operation", "shop.checkout", "--json"),
  );
  // windows end a second before their cycle: the first one after 70 s is of cycle 72, and the next state that is kept of cycle 80
  expect(report).toMatchObject({ first: 81, all: { known: 1, difference: { estimate: 0 } } });
});

test("what cannot be done is told with what to do next", async () => {
  const older: Server = createServer((_request, response) => {
    response.writeHead(_request.url === "/v1/operations" ? 200 : 404, { "content-type": "application/json" });
    response.end(
      _request.url === "/v1/operations"
        ? '{"operations":[{"component":"shop","operation":"checkout"}]}'
        : '{"code":"ROUTE_UNKNOWN","detail":"There is nothing here."}',
    );
  });
  await new Promise<void>((resolve) => older.listen(0, "127.0.0.1", resolve));
  const olderUrl = `http://127.0.0.1:${(older.address() as AddressInfo).port}`;
  try {
    const results = [
      await simulate("--from", "http://127.0.0.1:2"),
      await simulate("--from", olderUrl),
      await simulate("--from", join(folder, "nothing.db")),
      await simulate("--from", url),
      await simulate("--from", url, "--operation", "shop.check"),
      await simulate("--from", url, "--operation", "shop.checkout", "--since", "yesterday"),
      await simulate("--from", url, "--operation", "shop.checkout", "--strategy", "fixt"),
      await simulate("--since", "24h", "drift"),
    ];
    expect(results.map(({ code, err }) => `${code} ${err.trimEnd()}`)).toEqual([
      expect.stringMatching(/^1 No controller answers at http:\/\/127\.0\.0\.1:2 .*\n"trimtab serve" starts one/),
      expect.stringMatching(
        /^1 The controller at .* is of another version: .*\nUse the tool of its version, or give the file/,
      ),
      expect.stringMatching(/^1 .*nothing\.db.* is not there.*\n[^]*--from takes the address of a controller/),
      "1 Several operations were recorded there; choose one with --operation: shop.browse, shop.checkout.",
      '1 No operation "shop.check" was recorded there. There is shop.browse, shop.checkout.',
      expect.stringMatching(/^2 --since yesterday is neither a number and a unit, .* nor a time/),
      expect.stringMatching(/^2 --strategy fixt: kind there is no strategy "fixt"/),
      '2 --since is nothing for runs in environments; --from replays, --operation rehearses.\n"trimtab simulate --help" tells more.',
    ]);
  } finally {
    await new Promise((resolve) => older.close(resolve));
  }
});
