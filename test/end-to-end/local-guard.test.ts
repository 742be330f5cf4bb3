/** A service that breaks with every value but its own, and a controller that does not know it: who stops it, and what is made of that. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { parseExposition, type Sample, sumOf } from "../../packages/instrumentation/src/exposition.test.support.ts";
import { cleanUp, freePort, getJson, root, startNode, temporaryFolder, until } from "./processes.ts";

afterEach(cleanUp);

const instrumentation = join(root, "packages/instrumentation/src");

/** Some hundred calls a second; every level but 5 breaks it. */
const SERVICE = `
  import { track } from ${JSON.stringify(join(instrumentation, "index.ts"))};
  setInterval(() => {
    try {
      track("render", {}, (call) => {
        if ((call.parameters.level ?? 5) !== 5) throw new RangeError("the level breaks it");
        call.quality(0.5);
      });
    } catch {}
  }, 4);
`;

test("a challenger that breaks the service gets a few calls in it, and the controller takes it back for that", async () => {
  const folder = temporaryFolder();
  const [controllerPort, metricsPort] = [await freePort(), await freePort()];
  const controllerUrl = `http://127.0.0.1:${controllerPort}`;
  const configuration = join(folder, "trimtab.yaml");
  writeFileSync(
    configuration,
    `controller: { listen: "127.0.0.1:${controllerPort}", interval: 2s, store: { kind: sqlite, path: "${join(folder, "trimtab.db")}" } }
metrics: { source: embedded, scrape: ["http://127.0.0.1:${metricsPort}/metrics"], scrapeInterval: 1s }
components:
  studio:
    operations:
      render:
        parameters: { level: { type: integer, base: 5, min: 1, max: 9 } }
        objective: { quality: 0.5, success: 0.5 }
        mode: auto
`,
  );
  const controller = startNode("controller", [
    "packages/controller/src/cli/cli.ts",
    "serve",
    "--config",
    configuration,
  ]);
  const service = startNode(
    "service",
    ["--import", join(instrumentation, "register.ts"), "--input-type=module", "--eval", SERVICE],
    {
      OTEL_SERVICE_NAME: "studio",
      OTEL_EXPORTER_PROMETHEUS_HOST: "127.0.0.1",
      OTEL_EXPORTER_PROMETHEUS_PORT: String(metricsPort),
      TRIMTAB_CONTROLLER_URL: controllerUrl,
      TRIMTAB_POLL_INTERVAL: "500ms",
    },
  );
  const watching = [controller, service];
  const reasons = async (): Promise<any[]> => {
    const { decisions } = await getJson(`${controllerUrl}/v1/decisions?component=studio&operation=render&limit=1000`);
    return decisions.flatMap(({ contexts }: any) => contexts.map(({ reason }: any) => reason));
  };

  const stopped = await until(
    "a challenger that is taken back because the service stopped it",
    async () => (await reasons()).find(({ code }) => code === "STOPPED_BY_SERVICE"),
    { seconds: 200, watching },
  );
  const [, variant = ""] = /^(\S+): the service stopped it/.exec(stopped.sentence) ?? [];
  const page = async (): Promise<readonly Sample[]> =>
    parseExposition(await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text());
  const labels = { component: "studio", operation: "render", variant };
  const samples = await page();
  expect(sumOf(samples, "trimtab_challenger_stopped_total", labels)).toBeGreaterThanOrEqual(1);
  // The twentieth call is the first that may stop it. It comes back at most once, should the controller change shares just then.
  const broken = sumOf(samples, "trimtab_operation_calls_total", { ...labels, outcome: "failure" });
  expect(broken).toBeGreaterThanOrEqual(20);
  expect(broken).toBeLessThan(120);
  expect(sumOf(samples, "trimtab_operation_calls_total", { ...labels, outcome: "success" })).toBe(0);
  expect((await reasons()).map(({ code }) => code)).not.toContain("SAMPLE_RATIO_MISMATCH");
  expect(service.output()).toMatch(new RegExp(`challenger ${variant} fails plainly`));
});
