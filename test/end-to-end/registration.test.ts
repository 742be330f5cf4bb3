/** A service declares its operations in code, and the controller's file lacks one of them and has the other otherwise. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { cleanUp, freePort, getJson, root, startNode, temporaryFolder, until } from "./processes.ts";

afterEach(cleanUp);

const instrumentation = join(root, "packages/instrumentation/src");

/** Calls both operations all the time, and tells which values they run with. */
const SERVICE = `
  import { createServer } from "node:http";
  import { defineOperation } from ${JSON.stringify(join(instrumentation, "index.ts"))};
  const level = { type: "integer", base: 3, min: 1, max: 9 };
  const write = defineOperation({ name: "write", context: ["genre"], parameters: { level } });
  const read = defineOperation({ name: "read", parameters: { level: { ...level, max: 7 } } });
  const values = {};
  setInterval(() => {
    for (const [name, operation] of Object.entries({ write, read }))
      operation.track({ genre: "rock" }, (call) => { values[name] = call.parameters.level; });
  }, 20);
  createServer((_, response) => response.end(JSON.stringify(values))).listen(Number(process.env.PORT), "127.0.0.1");
`;

test("what the file lacks is registered, measured and kept; what it has otherwise is shown with both; the snippet makes it the file's own", async () => {
  const folder = temporaryFolder();
  const [port, metricsPort, servicePort] = [await freePort(), await freePort(), await freePort()];
  const [url, metricsUrl] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${metricsPort}/metrics`];
  const configuration = join(folder, "trimtab.yaml");
  writeFileSync(
    configuration,
    `controller: { listen: "127.0.0.1:${port}", interval: 1s, store: { kind: sqlite, path: "${join(folder, "trimtab.db")}" } }
metrics: { source: embedded, scrape: ["${metricsUrl}"], scrapeInterval: 1s }
registration: allow
components:
  author:
    operations:
      read:
        parameters: { level: { type: integer, base: 5, min: 1, max: 9 } }
        mode: auto
`,
  );
  const serve = () =>
    startNode("controller", ["packages/controller/src/cli/cli.ts", "serve", "--config", configuration]);
  const isLive = () =>
    until("the controller", async () => (await fetch(`${url}/livez`)).ok, { watching: [controller] });
  let controller = serve();
  await isLive();
  const script = join(folder, "service.mjs");
  writeFileSync(script, SERVICE);
  const service = startNode("service", ["--import", join(instrumentation, "register.ts"), script], {
    PORT: String(servicePort),
    OTEL_SERVICE_NAME: "author",
    OTEL_EXPORTER_PROMETHEUS_HOST: "127.0.0.1",
    OTEL_EXPORTER_PROMETHEUS_PORT: String(metricsPort),
    TRIMTAB_CONTROLLER_URL: url,
    TRIMTAB_POLL_INTERVAL: "500ms",
    TRIMTAB_HTTP_OPERATIONS: "off",
    TRIMTAB_REGISTER_OPERATIONS: "on",
  });
  const watching = [service];

  // Registered, and measured as any other operation.
  await until(
    "calls of the registered operation",
    async () => (await getJson(`${url}/v1/performance/author/write?period=1h`)).total > 0,
    { watching },
  );
  const registered = await getJson(`${url}/v1/operations/author/write`);
  expect(registered).toMatchObject({ source: "registered", mode: "observe", declared: { differences: [] } });

  // Declared otherwise: both are shown, on both sides, and the code's base values serve.
  const { specification, declared } = await getJson(`${url}/v1/operations/author/read`);
  expect([specification.parameters.level, declared.parameters.level]).toMatchObject([
    { base: 5, max: 9 },
    { base: 3, max: 7 },
  ]);
  expect(declared.differences.map(({ path }: any) => path)).toEqual(["parameters.level"]);
  expect(await (await fetch(`${url}/metrics`)).text()).toContain(
    'trimtab_declaration_differs{component="author",operation="read"} 1',
  );
  const refused = /^trimtab_parameters_refused_total\{.*reason="space_differs".*\} [1-9]/m;
  await until("the service to see it too", async () => refused.test(await (await fetch(metricsUrl)).text()), {
    watching,
  });
  expect(await getJson(`http://127.0.0.1:${servicePort}`)).toEqual({ write: 3, read: 3 });

  // It survives.
  await controller.end("SIGKILL");
  controller = serve();
  await isLive();
  expect(await getJson(`${url}/v1/operations/author/write`)).toMatchObject({ source: "registered" });

  // What the tool prints, put into the file, makes it the file's own.
  const tool = startNode("declared", ["packages/controller/src/cli/cli.ts", "declared", "--url", url]);
  expect(await tool.ended).toBe(1); // one of them differs
  const section =
    /operations:\n( +write:[\s\S]*?)(?=\nauthor|$)/.exec(tool.output().split("author /")[0] ?? "")?.[1] ?? "";
  expect(section).toContain("mode: observe");
  writeFileSync(
    configuration,
    `${readFileSync(configuration, "utf8")}${section.trimEnd().replace("observe", "suggest")}\n`,
  );
  controller.child.kill("SIGHUP");
  await until(
    "the file to hold",
    async () => {
      const { source, mode } = await getJson(`${url}/v1/operations/author/write`);
      return source === "file" && mode === "suggest";
    },
    { watching: [controller] },
  );
  expect(await controller.end("SIGTERM")).toBe(0);
});
