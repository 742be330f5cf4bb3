/** Two controllers on one real PostgreSQL take reports of the same work; one of them is killed. Each outcome counts once. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../../packages/engine/src/stores/postgres-server.test.support.ts";
import { cleanUp, freePort, getJson, type RunningProcess, startNode, temporaryFolder, until } from "./processes.ts";

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres.stop());
afterEach(cleanUp);

interface Replica {
  readonly url: string;
  readonly process: RunningProcess;
}

async function startReplica(database: string, folder: string): Promise<Replica> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const configuration = join(folder, `trimtab-${port}.yaml`);
  writeFileSync(
    configuration,
    `controller: { listen: "127.0.0.1:${port}", interval: 1s, store: { kind: postgres, url: ${JSON.stringify(database)} } }
metrics: { source: reported }
registration: allow
components:
  translator:
    operations:
      translate:
        context: [language]
        parameters: { model: { type: choice, base: small, choices: [small, large] } }
`,
  );
  const process = startNode("controller", ["packages/controller/src/cli/cli.ts", "serve", "--config", configuration]);
  await until("a controller", async () => (await fetch(`${url}/livez`)).ok, { watching: [process] });
  return { url, process };
}

async function send(method: string, url: string, body: unknown): Promise<any> {
  const response = await fetch(url, {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return response.json();
}

test("each outcome counts once, though both take it and one is killed with requests on their way; what is registered with one is served by both", async () => {
  const folder = temporaryFolder();
  const database = await postgres.emptyDatabase();
  const first = await startReplica(database, folder);
  const second = await startReplica(database, folder);
  const watching = [second.process];

  let number = 0;
  const batch = (size: number): unknown[] =>
    Array.from({ length: size }, () => ({
      id: `job-${++number}`,
      component: "translator",
      operation: "translate",
      context: { language: ["de", "fr", "it"][number % 3] },
      parameters: { model: "small" },
      outcome: number % 10 === 0 ? "failure" : "success",
      at: new Date().toISOString(),
    }));
  const report = (replica: Replica, outcomes: unknown[]) => send("POST", `${replica.url}/v1/outcomes`, { outcomes });

  // The same batches to both at the same time, while cycles close windows.
  let accepted = 0;
  for (let round = 0; round < 30; round++) {
    const outcomes = batch(40);
    const receipts = await Promise.all([report(first, outcomes), report(second, outcomes), report(first, outcomes)]);
    expect(receipts.flatMap(({ refused }) => refused)).toEqual([]);
    accepted += receipts.reduce((sum, receipt) => sum + receipt.accepted, 0);
  }
  expect(accepted).toBe(number);

  // One is killed with batches on their way; all of them go to the other again.
  const outcomes = Array.from({ length: 8 }, () => batch(200));
  const sending = outcomes.map((each) => report(first, each).catch(() => undefined));
  await sending[0];
  await first.process.end("SIGKILL");
  await Promise.all(sending);
  for (const each of outcomes) expect((await report(second, each)).refused).toEqual([]);

  const total = await until(
    "every outcome in the summary",
    async () => {
      const summary = await getJson(`${second.url}/v1/performance/translator/translate?period=1h`);
      return summary.total >= number ? summary : undefined;
    },
    { seconds: 120, watching },
  );
  expect(total.total).toBe(number);
  expect(total.outcomes).toMatchObject({ failure: Math.floor(number / 10) });

  // The other one leads now, and what a further one registers comes into force here too.
  const third = await startReplica(database, folder);
  const section = { parameters: { level: { type: "integer", base: 3, min: 1, max: 9 } } };
  expect(await send("PUT", `${third.url}/v1/operations/translator/summarize`, section)).toMatchObject({
    status: "registered",
  });
  for (const { url } of [third, second]) {
    await until(
      "the registered operation",
      async () => (await getJson(`${url}/v1/parameters/translator/summarize`)).parameters.level === 3,
      { watching: [second.process, third.process] },
    );
  }
}, 240_000);
