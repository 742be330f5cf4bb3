/** What users say about results of a service, days later or while the controller is away: it reaches the parameters, each word once. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { cleanUp, freePort, getJson, root, startNode, temporaryFolder, until } from "./processes.ts";

afterEach(cleanUp);

const instrumentation = join(root, "packages/instrumentation/src");

/** Writes lyrics all the time, tells what the last ones were written with, and hears what people say about them. */
const SERVICE = `
  import { createServer } from "node:http";
  import { defineOperation, feedback } from ${JSON.stringify(join(instrumentation, "index.ts"))};
  const parameters = { temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.1 } };
  const write = defineOperation({ name: "write", context: ["genre"], parameters });
  let last;
  setInterval(() => write.track({ genre: "rock" }, (call) => {
    last = { temperature: call.parameters.temperature, handle: call.result() };
  }), 20);
  createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    if (pathname === "/last") return response.end(JSON.stringify(last));
    response.end(String(feedback(searchParams.get("handle"), { rating: Number(searchParams.get("rating")) })));
  }).listen(Number(process.env.PORT), "127.0.0.1");
`;

test("three poor ratings raise the temperature once, though the controller is killed between hearing and learning", async () => {
  const folder = temporaryFolder();
  const [controllerPort, metricsPort, port] = [await freePort(), await freePort(), await freePort()];
  const controllerUrl = `http://127.0.0.1:${controllerPort}`;
  const startController = (interval: string) => {
    const configuration = join(folder, "trimtab.yaml");
    writeFileSync(
      configuration,
      `controller: { listen: "127.0.0.1:${controllerPort}", interval: ${interval}, store: { kind: sqlite, path: "${join(folder, "trimtab.db")}" } }
metrics: { source: embedded, scrape: ["http://127.0.0.1:${metricsPort}/metrics"], scrapeInterval: 1s }
components:
  studio:
    operations:
      write:
        context: [genre]
        parameters: { temperature: { type: number, base: 0.7, min: 0.5, max: 0.9, step: 0.1 } }
        mode: auto
        strategy: feedback-rule
`,
    );
    return startNode("controller", ["packages/controller/src/cli/cli.ts", "serve", "--config", configuration]);
  };
  const service = startNode(
    "service",
    ["--import", join(instrumentation, "register.ts"), "--input-type=module", "--eval", SERVICE],
    {
      OTEL_SERVICE_NAME: "studio",
      OTEL_EXPORTER_PROMETHEUS_HOST: "127.0.0.1",
      OTEL_EXPORTER_PROMETHEUS_PORT: String(metricsPort),
      TRIMTAB_CONTROLLER_URL: controllerUrl,
      TRIMTAB_POLL_INTERVAL: "500ms",
      TRIMTAB_HTTP_OPERATIONS: "off",
      PORT: String(port),
    },
  );
  const deaf = startController("1h"); // hears, and has no turn to learn
  const last = (): Promise<{ temperature: number; handle: string }> => getJson(`http://127.0.0.1:${port}/last`);
  const rate = async (rating: number): Promise<void> => {
    const { handle } = await last();
    const answer = await fetch(`http://127.0.0.1:${port}/rate?handle=${encodeURIComponent(handle)}&rating=${rating}`);
    expect(await answer.text()).toBe("true");
  };
  const heard = async (): Promise<any[]> => (await getJson(`${controllerUrl}/v1/feedback?type=user_rating`)).feedback;
  const served = { watching: [service, deaf] };
  await until("the service to have parameters of the controller", async () => (await last()).handle.length > 0, served);
  await until("the controller to answer", async () => Array.isArray(await heard()), served);

  await rate(2);
  await rate(1);
  await until("two ratings to be kept", async () => (await heard()).length === 2, served);
  expect(await deaf.end("SIGKILL")).toBe("SIGKILL");
  await rate(3); // nobody hears it: the service keeps it and sends it again

  const learning = startController("2s");
  const watching = [service, learning];
  const raised = await until(
    "a temperature of 0.8 in the service",
    async () => ((await last()).temperature === 0.8 ? heard() : undefined),
    { watching },
  );
  expect(new Set(raised.map(({ score }) => score))).toEqual(new Set([0.2, 0.4, 0.6]));
  expect(raised).toHaveLength(3);
  expect(new Set(raised.map(({ learntInCycle }) => learntInCycle)).has(undefined)).toBe(false);
  expect(raised.every(({ context, variant }) => context.genre === "rock" && variant.startsWith("base-"))).toBe(true);
  const { adaptations } = await getJson(`${controllerUrl}/v1/adaptations?component=studio`);
  expect(adaptations).toMatchObject([{ parameter: "temperature", oldValue: 0.7, newValue: 0.8, confidence: 0.75 }]);
  expect(adaptations).toHaveLength(1);
  const { basis } = await getJson(`${controllerUrl}/v1/adaptations/${adaptations[0].id}`);
  expect(new Set(basis.feedback)).toEqual(new Set(raised.map(({ id }) => id)));
});
