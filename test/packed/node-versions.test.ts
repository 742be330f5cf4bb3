/** The published files in processes of the oldest and the newest Node, as ES modules and as CommonJS. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, inject, test } from "vitest";
import { sumOf, valuesOfLabel } from "../../packages/instrumentation/src/exposition.test.support.ts";
import { cleanUp, freePort, until } from "../end-to-end/processes.ts";
import {
  closeServers,
  type Installed,
  otlpReceiver,
  page,
  type ReceivedPoint,
  serviceFolder,
  startService,
  stubController,
  unpack,
} from "./packed-service.ts";

afterEach(async () => {
  await cleanUp();
  closeServers();
});

const oldest = { node: "oldestNode", installed: "opentelemetry-2" as Installed } as const;
const newest = { node: "newestNode", installed: "opentelemetry-3" as Installed } as const;

describe("a service", () => {
  test.each([
    { ...oldest, hook: "--import", file: "deliver.mjs" },
    { ...oldest, hook: "--require", file: "deliver.cjs" },
    { ...oldest, hook: "--require", file: "deliver.mjs" },
    // Its makers ask for Node 22.15; what we use of it works here too.
    { ...oldest, installed: "opentelemetry-3" as Installed, hook: "--import", file: "deliver.mjs" },
    { ...newest, hook: "--import", file: "deliver.mjs" },
    { ...newest, hook: "--require", file: "deliver.cjs" },
    { ...newest, hook: "--import", file: "deliver.cjs" },
  ])("on $node with $installed, started with $hook, in $file", async ({ node, installed, hook, file }) => {
    const points: ReceivedPoint[] = [];
    const port = await freePort();
    const args = [hook, "@trimtab/instrumentation/register", file];
    const service = startService(inject(node), serviceFolder(installed), args, {
      OTEL_SERVICE_NAME: "delivery",
      TRIMTAB_CONTROLLER_URL: await stubController(),
      OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
      OTEL_METRICS_EXPORTER: "prometheus,otlp",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: await otlpReceiver(points),
    });
    await until("the service", () => service.output().includes("ready"), { watching: [service] });
    expect(service.output()).toBe("level 9\nready\n");

    const samples = await page(port, service);
    const delivered = { component: "delivery", operation: "deliver", variant: "v-test", ctx_type: "json" };
    expect(sumOf(samples, "trimtab_operation_calls_total", { ...delivered, outcome: "success" })).toBe(1);
    expect(sumOf(samples, "trimtab_operation_quality_ratio_sum", delivered)).toBe(0.5);
    expect(sumOf(samples, "trimtab_operation_errors_total", { operation: "fails", error_type: "TypeError" })).toBe(1);
    expect(valuesOfLabel(samples, "target_info", "service_name")).toEqual(new Set(["delivery"]));

    expect(points).toEqual([]); // they wait for the minute to end
    expect(await service.end("SIGTERM")).toBe("SIGTERM");
    const calls = points.filter(({ name }) => name === "trimtab.operation.calls");
    expect(calls.filter(({ value }) => value > 0).map(({ attributes }) => attributes)).toEqual([
      { ...delivered, outcome: "success" },
      expect.objectContaining({ operation: "fails", outcome: "failure" }),
    ]);
  });

  test.each(["oldestNode", "newestNode"] as const)(
    "on %s without an SDK has the page of its operations",
    async (node) => {
      const port = await freePort();
      const args = ["--require", "@trimtab/instrumentation/register", "deliver.cjs"];
      const service = startService(inject(node), serviceFolder("api-only"), args, {
        OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
      });
      const samples = await page(port, service, (shown) => sumOf(shown, "trimtab_operation_errors_total") === 1);
      expect(sumOf(samples, "trimtab_operation_calls_total", { operation: "deliver", outcome: "success" })).toBe(1);
      expect(service.output()).toContain("[trimtab] no OpenTelemetry SDK could be started");
    },
  );
});

describe("a process with several copies of the package", () => {
  test.each(["oldestNode", "newestNode"] as const)("on %s counts into the same series", async (node) => {
    const folder = serviceFolder("opentelemetry-2");
    // A library that brings a copy of its own, and uses it in both kinds.
    const library = join(folder, "node_modules", "library");
    mkdirSync(library);
    unpack(library);
    cpSync(join(folder, "node_modules", "@opentelemetry"), join(library, "node_modules", "@opentelemetry"), {
      recursive: true,
    });
    writeFileSync(join(library, "index.cjs"), `exports.track = require("@trimtab/instrumentation").track;`);
    writeFileSync(join(library, "index.mjs"), `export { track } from "@trimtab/instrumentation";`);
    writeFileSync(
      join(folder, "copies.mjs"),
      `import { createRequire } from "node:module";
       import { currentOperation, track } from "@trimtab/instrumentation";
       import { track as second } from "./node_modules/library/index.mjs";
       const require = createRequire(import.meta.url);
       const copies = [track, second, require("@trimtab/instrumentation").track, require("./node_modules/library/index.cjs").track];
       console.log(new Set(copies).size, "copies");
       for (const copy of copies) copy("op", {}, (call) => { if (currentOperation() !== call) throw new Error("lost"); });
       setInterval(() => {}, 1000);`,
    );
    const port = await freePort();
    const args = ["--require", "@trimtab/instrumentation/register", "copies.mjs"];
    const service = startService(inject(node), folder, args, { OTEL_EXPORTER_PROMETHEUS_PORT: String(port) });
    const samples = await page(port, service, (shown) => sumOf(shown, "trimtab_operation_calls_total") !== undefined);
    expect(sumOf(samples, "trimtab_operation_calls_total", { operation: "op", outcome: "success" })).toBe(4);
    expect(service.output()).toBe("4 copies\n");
  });
});
