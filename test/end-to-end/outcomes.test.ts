/**
 * A service without the package, in any language: it asks for its parameters and reports its outcomes by plain HTTP. Its parameter
 * is learnt against a holdout in a real controller, which is killed in the middle; each outcome counts once.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { cleanUp, freePort, getJson, type RunningProcess, startNode, temporaryFolder, until } from "./processes.ts";

afterEach(cleanUp);

interface Report {
  readonly id: string;
  readonly [field: string]: unknown;
}

/** Translates; how good the result is depends on the model, and on chance as a seeded sequence has it. */
function worker(url: string) {
  const unacknowledged: Report[] = [];
  let number = 0;
  let seed = 7;
  const chance = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  return {
    get reported() {
      return number;
    },
    unacknowledged,
    async work(calls: number): Promise<void> {
      for (let call = 0; call < calls; call++) {
        const { parameters, variant } = await getJson(`${url}/v1/parameters/translator/translate?ctx.language=de`);
        const quality = (parameters.model === "large" ? 0.8 : 0.5) + 0.15 * chance();
        unacknowledged.push({
          id: `job-${++number}`,
          component: "translator",
          operation: "translate",
          context: { language: "de" },
          variant,
          outcome: "success",
          at: new Date().toISOString(),
          durationMilliseconds: 40 + 20 * chance(),
          quality,
        });
      }
    },
    /** Sends what was not answered with 200 yet; a request that fails is sent again later, whole. */
    async report(): Promise<void> {
      while (unacknowledged.length > 0) {
        const batch = unacknowledged.slice(0, 500);
        const response = await fetch(`${url}/v1/outcomes`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ outcomes: batch }),
        });
        const { refused } = (await response.json()) as { refused: unknown[] };
        expect(refused).toEqual([]);
        unacknowledged.splice(0, batch.length);
      }
    },
  };
}

function startController(configuration: string): RunningProcess {
  return startNode("controller", ["packages/controller/src/cli/cli.ts", "serve", "--config", configuration]);
}

test("a service without the package is tuned by plain HTTP, and each of its outcomes counts once though the controller is killed", async () => {
  const folder = temporaryFolder();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const configuration = join(folder, "trimtab.yaml");
  writeFileSync(
    configuration,
    `controller: { listen: "127.0.0.1:${port}", interval: 1s, store: { kind: sqlite, path: "${join(folder, "trimtab.db")}" } }
metrics: { source: reported }
components:
  translator:
    operations:
      translate:
        context: [language]
        parameters: { model: { type: choice, base: small, choices: [small, large] } }
        objective: { quality: 1 }
        mode: auto
        holdout: 0.1
`,
  );
  let controller = startController(configuration);
  const isLive = () =>
    until("the controller", async () => (await fetch(`${url}/livez`)).ok, { watching: [controller] });
  await isLive();
  const service = worker(url);
  const learn = (what: string, look: () => Promise<unknown>) =>
    until(
      what,
      async () => {
        await service.work(40);
        await service.report();
        return look();
      },
      { seconds: 240, watching: [controller] },
    );

  await learn("the first decision that has evidence", async () => {
    const { decisions } = await getJson(`${url}/v1/decisions?component=translator&operation=translate&limit=5`);
    return decisions.some(({ evidence }: any) => evidence.kind === "value");
  });

  // Killed while a batch is on its way: whether it was counted, nobody knows. It is sent again.
  await service.work(200);
  const sending = service.report().catch(() => undefined);
  await controller.end("SIGKILL");
  await sending;
  controller = startController(configuration);
  await isLive();
  await service.report();

  const adaptation = await learn("the better model", async () => {
    const { adaptations } = await getJson(`${url}/v1/adaptations?component=translator&status=applied`);
    return adaptations.find(({ newValue }: any) => newValue === "large");
  });
  expect(adaptation).toMatchObject({ parameter: "model", oldValue: "small", newValue: "large" });
  await learn("a lift above zero", async () => {
    const { states } = await getJson(`${url}/v1/operations/translator/translate`);
    return states.some(({ lift }: any) => lift !== undefined && lift.lower > 0);
  });

  const { states } = await getJson(`${url}/v1/operations/translator/translate`);
  const own = states.find(({ context }: any) => context.language === "de") ?? states[0];
  expect(own.parameters).toEqual({ model: "large" });
  expect(own.variants.find(({ role }: any) => role === "baseline").share).toBeGreaterThanOrEqual(0.1 - 1e-9);

  // Everything was counted, and nothing twice.
  const counted = await until("the last window", async () => {
    const { total } = await getJson(`${url}/v1/performance/translator/translate?period=1h`);
    return total >= service.reported ? total : undefined;
  });
  expect(counted).toBe(service.reported);
  expect(await controller.end("SIGTERM")).toBe(0);
}, 600_000);

test("killed at whatever moment of writing, again and again, it has counted all that it answered for, and nothing twice", async () => {
  const folder = temporaryFolder();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const configuration = join(folder, "trimtab.yaml");
  writeFileSync(
    configuration,
    `controller: { listen: "127.0.0.1:${port}", interval: 1s, store: { kind: sqlite, path: "${join(folder, "trimtab.db")}" } }
metrics: { source: reported }
components: { translator: { operations: { translate: { context: [language] } } } }
`,
  );
  let number = 0;
  const batch = (): Report[] =>
    Array.from({ length: 100 }, () => ({
      id: `job-${++number}`,
      component: "translator",
      operation: "translate",
      context: { language: ["de", "fr", "it"][number % 3] },
      parameters: {},
      outcome: "success",
      at: new Date().toISOString(),
    }));
  const post = async (outcomes: readonly Report[]): Promise<{ accepted: number; known: number }> => {
    const response = await fetch(`${url}/v1/outcomes`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ outcomes }),
    });
    return (await response.json()) as { accepted: number; known: number };
  };
  const answered: Report[][] = [];
  let waiting: Report[][] = [];
  const send = async (batches: readonly Report[][]): Promise<void> => {
    await Promise.all(
      batches.map(async (each) => {
        const receipt = await post(each).catch(() => undefined);
        if (receipt === undefined) return;
        expect(receipt.accepted + receipt.known).toBe(each.length);
        answered.push(each);
      }),
    );
    waiting = waiting.filter((each) => !answered.includes(each));
  };
  let controller: RunningProcess;
  for (let round = 0; round < 6; round++) {
    controller = startController(configuration);
    const watching = [controller];
    await until("the controller", async () => (await fetch(`${url}/livez`)).ok, { watching });
    waiting.push(...Array.from({ length: 12 }, batch));
    const sending = send(waiting);
    // After so many batches of the twelve and more were answered: each round at another place.
    const place = answered.length + 1 + round * 2;
    await until("some answers", () => answered.length >= place || waiting.length === 0, { watching });
    await controller.end("SIGKILL");
    await sending;
  }
  controller = startController(configuration);
  const watching = [controller];
  await until("the controller", async () => (await fetch(`${url}/livez`)).ok, { watching });
  await send(waiting);
  expect(waiting).toEqual([]);
  for (const each of answered.slice(-5)) expect(await post(each)).toMatchObject({ accepted: 0, known: 100 });
  const counted = await until(
    "the last window",
    async () => {
      const { total } = await getJson(`${url}/v1/performance/translator/translate?period=1h`);
      return total >= number ? total : undefined;
    },
    { watching },
  );
  expect(counted).toBe(number);
}, 240_000);
