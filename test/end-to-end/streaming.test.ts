/** What a person sets is in a service at once, by the stream: also after the controller was killed, and without it by polling. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { cleanUp, freePort, type RunningProcess, root, startNode, temporaryFolder, until } from "./processes.ts";

afterEach(cleanUp);

const instrumentation = join(root, "packages/instrumentation/src/index.ts");

/** Says each level that it is given, once; polls once an hour unless told otherwise. */
const SERVICE = `
  import { configure, parameters } from ${JSON.stringify(instrumentation)};
  configure({ component: "shop" });
  let said;
  setInterval(() => {
    const { level } = parameters("checkout", {}, { base: { level: 0 } }).values;
    if (level !== said) console.log("level " + (said = level));
  }, 10);
`;

const startService = (controllerUrl: string, env: NodeJS.ProcessEnv = {}): RunningProcess =>
  startNode("service", ["--input-type=module", "-e", SERVICE], {
    TRIMTAB_CONTROLLER_URL: controllerUrl,
    TRIMTAB_POLL_INTERVAL: "1h",
    ...env,
  });

test("a service hears of each change at once, over the controller's death and return", async () => {
  const folder = temporaryFolder();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const file = join(folder, "trimtab.yaml");
  writeFileSync(
    file,
    `
controller: { listen: "127.0.0.1:${port}", interval: 1s, store: { kind: sqlite, path: ./trimtab.db } }
metrics: { source: embedded, scrape: [http://127.0.0.1:1/metrics] }
components: { shop: { operations: { checkout: { parameters: { level: { type: integer, base: 3, min: 1, max: 9 } } } } } }
`,
  );
  const serve = async (): Promise<RunningProcess> => {
    const started = startNode("controller", ["packages/controller/src/cli/cli.ts", "serve", "--config", file]);
    await until("the controller", async () => (await fetch(`${url}/livez`)).ok, { watching: [started] });
    return started;
  };
  const set = async (level: number): Promise<void> => {
    const response = await fetch(`${url}/v1/overrides/shop/checkout`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ values: { level }, why: "a test" }),
    });
    expect([200, 202]).toContain(response.status);
  };

  let controller = await serve();
  const streaming = startService(url);
  const polling = startService(url, { TRIMTAB_STREAM: "off", TRIMTAB_POLL_INTERVAL: "200ms" });
  const both = [streaming, polling];
  const hears = async (level: number): Promise<void> => {
    for (const service of both)
      await until(`level ${level}`, () => service.output().includes(`level ${level}\n`), {
        watching: [controller, ...both],
      });
  };
  await hears(3);
  await set(5);
  await hears(5);

  expect(await controller.end("SIGKILL")).toBe("SIGKILL");
  controller = await serve();
  const afterwards = startService(url);
  both.splice(0, 1, afterwards); // who had asked while nobody was there comes back with a growing delay, up to its poll interval
  await hears(5);
  await set(7);
  await hears(7);

  // An orderly end does not wait for streams.
  expect(await controller.end("SIGTERM")).toBe(0);
  for (const service of [streaming, ...both]) expect(service.isRunning()).toBe(true);
});
