/** Spans become operations, whoever starts the SDK and whenever. */
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { sumOf } from "../exposition.test.support.ts";
import {
  type ChildServiceOptions,
  pageWith,
  printed,
  REGISTERED,
  startService,
  stopServices,
} from "./child-service.test.support.ts";

afterEach(stopServices);

const CALLS = "trimtab_operation_calls_total";
const CONFIGURATION = JSON.stringify({ spans: { database: true, rules: [{ name: "job *", operation: "job" }] } });
const SPANS = `
  const tracer = trace.getTracer("app");
  tracer.startSpan("query", { kind: 2, attributes: { "db.system.name": "sqlite", "db.operation.name": "SELECT" } }).end();
  tracer.startSpan("job 1").end();
  const bad = tracer.startSpan("job 2");
  bad.setStatus({ code: 2 });
  bad.setAttribute("error.type", "Late");
  bad.end();
  tracer.startSpan("something else").end();
  process.stdin.resume();
`;
const OWN_SDK = `
  import { NodeSDK } from "@opentelemetry/sdk-node";
  import { metricProducer } from ${JSON.stringify(join(import.meta.dirname, "..", "index.ts"))};
  import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
  globalThis.ended = [];
  const processor = { onStart() {}, onEnd(span) { ended.push(span.name); }, forceFlush: async () => {}, shutdown: async () => {} };
  const reader = new PrometheusExporter({ port: Number(process.env.OTEL_EXPORTER_PROMETHEUS_PORT), metricProducers: [metricProducer()] });
  new NodeSDK({ spanProcessors: [processor], metricReaders: [reader], logRecordProcessors: [] }).start();
`;

const started: readonly (readonly [string, Omit<ChildServiceOptions, "files"> & { readonly app: string }])[] = [
  [
    "by register",
    {
      app: `import { trace } from "@opentelemetry/api"; globalThis.ended = []; ${SPANS} console.log("seen " + ended.length);`,
    },
  ],
  [
    "by the service, before",
    {
      app: `import { trace } from "@opentelemetry/api"; ${SPANS} console.log("seen " + ended.length);`,
      flags: ["--conditions=source", "--import", "./own-sdk.mjs", ...REGISTERED.slice(1)],
    },
  ],
  [
    "by the service, after",
    {
      app: `import "./own-sdk.mjs"; import { trace } from "@opentelemetry/api"; ${SPANS} console.log("seen " + ended.length);`,
      environment: { TRIMTAB_SDK: "off" },
    },
  ],
];

describe("spans without a change of code", { timeout: 60_000 }, () => {
  test.each(started)("of an SDK that is started %s", async (when, { app, ...options }) => {
    const service = await startService({
      files: { "app.mjs": app, "own-sdk.mjs": OWN_SDK, "trimtab.instrumentation.json": CONFIGURATION },
      ...options,
    });
    // Whoever listens beside us hears as many spans as without us.
    expect(await printed(service, "seen ")).toBe(when === "by register" ? "0" : "4");
    const samples = await pageWith(service, (page) => sumOf(page, CALLS, { operation: "job" }) === 2);
    const select = { operation: "sqlite_select", ctx_system: "sqlite", ctx_db_operation: "SELECT", outcome: "success" };
    expect(sumOf(samples, CALLS, select)).toBe(1);
    expect(sumOf(samples, CALLS, { operation: "job", outcome: "failure" })).toBe(1);
    expect(sumOf(samples, "trimtab_operation_errors_total", { operation: "job", error_type: "Late" })).toBe(1);
    expect(service.stderr).toBe("");
  });

  test("of more queues than anybody has on purpose are one operation, and every one is counted", async () => {
    const service = await startService({
      files: {
        "app.mjs": `
          import { trace } from "@opentelemetry/api";
          const tracer = trace.getTracer("app");
          const take = (queue) => tracer.startSpan("take", {
            kind: 4, attributes: { "messaging.system": "rabbitmq", "messaging.destination.name": queue },
          }).end();
          for (let number = 0; number < 600; number++) take("reply_" + number);
          tracer.startSpan("job 1").end();
          process.stdin.resume();`,
        "trimtab.instrumentation.json": `{ "spans": { "messaging": true, "rules": [{ "name": "job *", "operation": "job" }] } }`,
      },
    });
    const samples = await pageWith(service, (page) => sumOf(page, CALLS, { operation: "job" }) === 1);
    expect(sumOf(samples, CALLS, {})).toBe(601);
    expect(sumOf(samples, CALLS, { operation: "process_reply_0" })).toBe(1);
    expect(sumOf(samples, CALLS, { operation: "__other__" })).toBe(100);
    expect(service.stderr).toMatch(/^\[trimtab\] spans name more than 500 operations: further ones are __other__\n$/);
  });
});
