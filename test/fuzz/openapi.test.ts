/**
 * Every operation of the OpenAPI document, fuzzed through real HTTP: valid requests, nearly valid ones, and what no client should send.
 * The controller never fails, answers everything as the document says, and lives on.
 *
 * `node scripts/dev.mjs fuzz --runs 2000 --seed 7 --postgres` sends as many requests to each operation as it is told.
 */
import { openPostgresDatabase, type SqlDatabase } from "@trimtab/engine";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type PostgresServer, startPostgres } from "../../packages/engine/src/stores/postgres-server.test.support.ts";
import type { DescribedOperation } from "./description.ts";
import { type Answer, curlCommand, Exchange, type SentRequest } from "./exchange.ts";
import { type FuzzedApp, startFuzzedApp } from "./fuzzed-app.ts";
import { Judge } from "./judge.ts";
import { requestsOf } from "./requests.ts";

/** Requests to each operation. */
const RUNS = Number(process.env["TRIMTAB_FUZZ_RUNS"] ?? 20);
const SEED = Number(process.env["TRIMTAB_FUZZ_SEED"] ?? 1);
const IS_ON_POSTGRES = process.env["TRIMTAB_FUZZ_POSTGRES"] === "on";
/** Requests to each operation of one application; then another is started, empty again. */
const ROUND = 50;
const TIME_OUT = 120_000 + RUNS * 20_000;

/** Operations that a run cannot bring to a success, and why. */
const WITHOUT_SUCCESS: Readonly<Record<string, string>> = {};

let server: PostgresServer | undefined;
beforeAll(async () => {
  if (IS_ON_POSTGRES) server = await startPostgres();
}, 60_000);
afterAll(() => server?.stop());

const rejections: unknown[] = [];
const onRejection = (reason: unknown): void => void rejections.push(reason);
beforeAll(() => void process.on("unhandledRejection", onRejection));
afterAll(() => void process.off("unhandledRejection", onRejection));

async function database(): Promise<SqlDatabase | undefined> {
  return server && openPostgresDatabase({ url: await server.emptyDatabase(), maximumConnections: 4 });
}

/** Sends a request and judges its answer; the answer is undefined where the connection was cut. */
async function exchanged(
  { exchange, judge, fuzzed }: { readonly exchange: Exchange; readonly judge: Judge; readonly fuzzed: FuzzedApp },
  request: SentRequest,
  operation: DescribedOperation,
): Promise<{ readonly answer: Answer | undefined; readonly problems: readonly string[] }> {
  const failures = fuzzed.errors.length;
  let answer: Answer | undefined;
  try {
    answer = await exchange.send(request);
  } catch (error) {
    // Whoever sends too much may be cut off before the answer is read.
    if ((request.body?.length ?? 0) > 1_000_000) return { answer: undefined, problems: [] };
    return { answer: undefined, problems: [`there is no answer: ${String(error)}`] };
  }
  const problems = answer === undefined ? [] : judge.problemsOf(request, answer, operation);
  return { answer, problems: [...problems, ...fuzzed.errors.slice(failures)] };
}

describe("every operation of the document", () => {
  test(
    "answers whatever is sent as it says, never fails and never ends",
    async () => {
      const succeeded = new Set<string>();
      let names: readonly string[] = [];
      const failures = new Map<string, string>();
      let sent = 0;
      for (let round = 0; round * ROUND < RUNS; round++) {
        const fuzzed = await startFuzzedApp(await database());
        onTestFinished(() => fuzzed.close());
        const { app, description, known, examples } = fuzzed;
        const exchange = new Exchange(app.url);
        const run = { exchange, judge: new Judge(description), fuzzed };
        names = description.operations.map(({ method, path }) => `${method} ${path}`);
        const check = async (request: SentRequest, operation: DescribedOperation): Promise<void> => {
          const { answer, problems } = await exchanged(run, request, operation);
          sent++;
          if (answer !== undefined && answer.status < 300 && request.method === operation.method)
            succeeded.add(`${operation.method} ${operation.path}`);
          if (problems.length > 0)
            throw new Error(
              `${problems.join("\n")}\n${curlCommand(app.url, request)}\n${answer?.text.slice(0, 2_000)}`,
            );
        };
        const note = ({ method, path }: DescribedOperation, error: unknown, seed: number): void => {
          const text = error instanceof Error ? error.message : String(error);
          const kind = `${method} ${path}: ${(text.split("\n")[0] ?? "").replaceAll(/\d+/g, "0")}`;
          if (failures.has(kind)) return;
          failures.set(kind, text);
          console.log(`seed ${seed}: ${method} ${path}\n${text}\n`);
        };
        for (const [name, request] of examples) {
          const operation = description.operations[names.indexOf(name)] as DescribedOperation;
          await check(request, operation).catch((error: unknown) => note(operation, error, 0));
        }
        const runs = Math.min(ROUND, RUNS - round * ROUND);
        // Several times over all of them, so that each finds what the others have left.
        for (let turn = 0; turn * 10 < runs; turn++) {
          for (const operation of description.operations) {
            const seed = SEED * 1_000_003 + round * 1_009 + turn;
            const property = fc.asyncProperty(requestsOf(operation, description, known), (request) =>
              check(request, operation),
            );
            const numRuns = Math.min(10, runs - turn * 10);
            const details = await fc.check(property, { seed, numRuns, interruptAfterTimeLimit: 30_000 });
            if (details.failed) note(operation, details.errorInstance, seed);
          }
          const alive = await app.fetch("/livez");
          expect(alive.status).toBe(200);
          await alive.arrayBuffer();
        }
        exchange.close();
        await fuzzed.close();
        if (RUNS > ROUND)
          console.log(`${Math.min(RUNS, (round + 1) * ROUND)} of ${RUNS} requests to each operation, ${sent} in all`);
      }
      expect([...failures.keys()]).toEqual([]);
      expect(rejections).toEqual([]);
      expect(names.filter((name) => !succeeded.has(name) && WITHOUT_SUCCESS[name] === undefined)).toEqual([]);
      expect(names.length).toBeGreaterThan(40);
    },
    TIME_OUT,
  );
});

describe("with tokens", () => {
  test(
    "every operation that is not open refuses whoever has none, whatever is sent",
    async () => {
      const fuzzed = await startFuzzedApp(await database(), [
        { name: "all", roles: ["operate"], token: "a-token-of-the-test" },
      ]);
      onTestFinished(() => fuzzed.close());
      const { app, description, known } = fuzzed;
      const exchange = new Exchange(app.url);
      const closed = description.operations.filter(({ isOpen }) => !isOpen);
      expect(closed.length).toBeGreaterThan(35);
      for (const operation of closed) {
        const path = new RegExp(`^${operation.path.replaceAll(/\{\w+\}/g, "(?:[\\w.-]|%[0-7][0-9a-f])+")}$`, "i");
        const property = fc.asyncProperty(requestsOf(operation, description, known), async (request) => {
          fc.pre(request.method === operation.method && path.test(request.target.split("?")[0] ?? ""));
          const answer = await exchange.send({ ...request, cutAfter: undefined });
          if (answer?.status !== 401)
            throw new Error(`${answer?.status} instead of 401\n${curlCommand(app.url, request)}\n${answer?.text}`);
        });
        await fc.assert(property, { seed: SEED, numRuns: Math.min(RUNS, 10) });
      }
      exchange.close();
    },
    TIME_OUT,
  );
});
