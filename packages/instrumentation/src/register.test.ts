/** The register entry in real processes: `node --import @trimtab/instrumentation/register`, scraped over HTTP. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { parseExposition, type Sample, sumOf, valuesOfLabel } from "./exposition.test.support.ts";

const packageFolder = join(import.meta.dirname, "..");

/** Ends when its standard input ends, as a service that has no more work. */
const UNTIL_STDIN_ENDS = "process.stdin.resume(); console.log('ready');";
const TRACKED = `
  import { defineOperation, track } from "@trimtab/instrumentation";
  const operation = defineOperation({
    name: "deliver", context: ["type"],
    parameters: { level: { type: "integer", base: 4, min: 1, max: 9 } },
  });
  await operation.track({ type: "json" }, async (call) => { call.quality(0.5); console.log("level", call.parameters.level); });
  await track("fails", {}, () => Promise.reject(new TypeError("x"))).catch(() => {});
`;

interface Child {
  readonly process: ChildProcessWithoutNullStreams;
  readonly port: number;
  stdout: string;
  stderr: string;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

const children: Child[] = [];
const servers: Server[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) child.process.kill("SIGKILL");
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
});

async function start(
  code: string,
  environment: Record<string, string> = {},
  before: readonly string[] = [],
): Promise<Child> {
  const port = await freePort();
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(OTEL|TRIMTAB|NODE|VITEST)/.test(name)),
  );
  const args = [
    "--conditions=source",
    ...before,
    "--import",
    "@trimtab/instrumentation/register",
    "--input-type=module",
    "--eval",
    code,
  ];
  const child = spawn(process.execPath, args, {
    cwd: packageFolder,
    env: { ...inherited, OTEL_EXPORTER_PROMETHEUS_PORT: String(port), ...environment },
  });
  const ended = once(child, "close").then(([exitCode, signal]) => ({ code: exitCode, signal }));
  const started: Child = { process: child, port, stdout: "", stderr: "", ended };
  child.stdout.on("data", (text) => (started.stdout += text));
  child.stderr.on("data", (text) => (started.stderr += text));
  children.push(started);
  return started;
}

/** Below the ports that the system gives to those who ask for any: nobody else gets it in between. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    const server = createServer();
    try {
      server.listen(port, "localhost");
      await once(server, "listening");
      server.close();
      await once(server, "close");
      return port;
    } catch {
      // taken: another one
    }
  }
}

async function serve(handle: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(handle);
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const until = (condition: () => boolean): Promise<unknown> =>
  vi.waitUntil(condition, { timeout: 30_000, interval: 10 });
const ready = (child: Child): Promise<unknown> => until(() => child.stdout.includes("ready"));

async function scrape(child: Child): Promise<readonly Sample[]> {
  // The service does not wait for its page, so the page may come a moment after the service.
  const response = await vi.waitFor(() => fetch(`http://localhost:${child.port}/metrics`), { timeout: 30_000 });
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  return parseExposition(await response.text());
}

describe("a service that is started with register", { timeout: 60_000 }, () => {
  test("has a metrics page with its operations, and ends when its work ends", async () => {
    const child = await start(TRACKED + UNTIL_STDIN_ENDS, { OTEL_SERVICE_NAME: "delivery" });
    await ready(child);
    const samples = await scrape(child);
    const delivered = { component: "delivery", operation: "deliver", ctx_type: "json" };
    expect(sumOf(samples, "trimtab_operation_calls_total", { ...delivered, outcome: "success" })).toBe(1);
    expect(sumOf(samples, "trimtab_operation_quality_ratio_sum", delivered)).toBe(0.5);
    expect(sumOf(samples, "trimtab_operation_errors_total", { operation: "fails", error_type: "TypeError" })).toBe(1);
    expect(sumOf(samples, "trimtab_process_start_time_seconds")).toBeGreaterThan(1.6e9);
    expect(valuesOfLabel(samples, "target_info", "service_name")).toEqual(new Set(["delivery"]));
    expect(Object.keys(samples.find(({ name }) => name === "target_info")?.labels ?? {}).join()).not.toContain(
      "process",
    );
    child.process.stdin.end();
    expect(await child.ended).toEqual({ code: 0, signal: null });
    expect(child.stderr).toBe("");
  });

  test("shows what its other meters say too", async () => {
    const api = JSON.stringify(import.meta.resolve("@opentelemetry/api"));
    const child = await start(
      `import { metrics } from ${api}; ${TRACKED}
       metrics.getMeter("shop").createCounter("orders").add(3, { "kind.of": "big" });
       metrics.getMeter("shop").createHistogram("weight").record(2); ${UNTIL_STDIN_ENDS}`,
    );
    await ready(child);
    const samples = await scrape(child);
    expect(sumOf(samples, "orders_total", { kind_of: "big" })).toBe(3);
    expect(sumOf(samples, "weight_count")).toBe(1);
    expect(sumOf(samples, "trimtab_operation_calls_total", { operation: "deliver", outcome: "success" })).toBe(1);
  });

  test("loads the SDK's metrics when the first meter is asked for, and is the same process on its page before and after", async () => {
    const api = JSON.stringify(import.meta.resolve("@opentelemetry/api"));
    const child = await start(
      `import Module from "node:module";
       import { metrics } from ${api};
       const isLoaded = () => Object.keys(Module._cache).some((file) => file.includes("/sdk-metrics/"));
       console.log("loaded " + isLoaded());
       process.stdin.once("data", () => {
         metrics.getMeter("shop").createCounter("orders").add(3);
         console.log("loaded " + isLoaded());
         process.stdin.resume();
       });
       console.log("ready");`,
      { OTEL_RESOURCE_ATTRIBUTES: "deployment.environment=test" },
    );
    await ready(child);
    const processOf = (samples: readonly Sample[]): readonly Sample[] =>
      samples.filter(({ name }) => name === "target_info");
    const before = processOf(await scrape(child));
    expect(before.map(({ labels }) => labels)).toEqual([
      expect.objectContaining({ deployment_environment: "test", telemetry_sdk_version: expect.stringMatching(/^3\./) }),
    ]);
    expect(child.stdout).toBe("loaded false\nready\n");
    child.process.stdin.write("go\n");
    await until(() => child.stdout.includes("loaded true"));
    const samples = await scrape(child);
    expect(processOf(samples)).toEqual(before);
    expect(sumOf(samples, "orders_total")).toBe(3);
    child.process.stdin.end();
    expect(await child.ended).toEqual({ code: 0, signal: null });
    expect(child.stderr).toBe("");
  });

  test("has room for more sets of labels than the SDK's 2,000", async () => {
    const child = await start(
      `import { defineOperation } from "@trimtab/instrumentation";
       const operation = defineOperation({ name: "many", context: ["n"] });
       for (let n = 0; n < 3000; n++) operation.track({ n }, () => {});${UNTIL_STDIN_ENDS}`,
      { TRIMTAB_MAXIMUM_CONTEXTS: "5000" },
    );
    await ready(child);
    const samples = await scrape(child);
    expect(valuesOfLabel(samples, "trimtab_operation_calls_total", "ctx_n").size).toBe(3000);
    expect(samples.some(({ labels }) => "otel_metric_overflow" in labels)).toBe(false);
  });

  test("gets its parameters from the controller, and labels its calls with their variant", async () => {
    const variant = { id: "v-test", role: "incumbent", weight: 1, parameters: { level: 9 } };
    const parameters = { level: { type: "integer", base: 4, min: 1, max: 9 } };
    const url = await serve((request, response) => {
      const component = new URL(request.url ?? "", "http://x").searchParams.get("component");
      const allocations = [{ context: {}, salt: "s", variants: [variant] }];
      const operations = { deliver: { context: ["type"], holdoutSalt: "h", parameters, allocations } };
      const times = { issuedAt: "2026-11-20T10:00:00Z", exploreUntil: "2026-11-20T10:05:00Z" };
      response.end(JSON.stringify({ schema: 1, revision: "r1", component, operations, ...times }));
    });
    const child = await start(
      `import { parameters } from "@trimtab/instrumentation";
       while (parameters("deliver").source !== "fresh") await new Promise((resolve) => setTimeout(resolve, 10));
       ${TRACKED}${UNTIL_STDIN_ENDS}`,
      { TRIMTAB_CONTROLLER_URL: url, TRIMTAB_COMPONENT: "delivery" },
    );
    await ready(child);
    expect(child.stdout).toContain("level 9");
    const samples = await scrape(child);
    expect(sumOf(samples, "trimtab_operation_calls_total", { variant: "v-test", outcome: "success" })).toBe(1);
    expect(sumOf(samples, "trimtab_parameters_age_seconds")).toBeLessThan(60);
  });

  test("whose port is taken runs as ever, with one line that says so", async () => {
    const taken = createServer();
    servers.push(taken);
    taken.listen(0, "localhost");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const child = await start(`${TRACKED} setTimeout(() => console.log("done"), 100);`, {
      OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
    });
    expect(await child.ended).toEqual({ code: 0, signal: null });
    expect(child.stdout).toBe("level 4\ndone\n");
    expect(child.stderr.trim().split("\n")).toEqual([
      expect.stringMatching(
        new RegExp(`^\\[trimtab\\] no metrics page at localhost:${port}; set OTEL_EXPORTER_PROMETHEUS_PORT`),
      ),
    ]);
  });

  test("that listens at the port of the page gets it, and one line says so", async () => {
    const child = await start(
      `import { createServer } from "node:http";
       const get = (port) => fetch("http://localhost:" + port + "/metrics").then((response) => response.text());
       const port = Number(process.env.OTEL_EXPORTER_PROMETHEUS_PORT);
       while (!(await get(port).catch(() => "")).includes("trimtab")) await new Promise((resolve) => setTimeout(resolve, 10));
       const server = createServer((request, response) => response.end("mine"));
       server.listen(port, "localhost", async () => { console.log(await get(port)); process.exit(); });`,
    );
    expect(await child.ended).toEqual({ code: 0, signal: null });
    expect(child.stdout).toBe("mine\n");
    expect(child.stderr).toMatch(/^\[trimtab\] no metrics page: the application listens at port \d+ itself; .*\n$/);
  });

  test("without an OpenTelemetry SDK has the page of its operations all the same, and one line that says what is missing", async () => {
    const hook = `import { registerHooks } from "node:module";
      registerHooks({ resolve(specifier, context, next) {
        if (specifier === "@opentelemetry/sdk-node") throw new Error("Cannot find package");
        return next(specifier, context);
      } });`;
    const again = new URL("./register.ts?again", import.meta.url).href; // as by --require and --import at once
    const before = ["--import", `data:text/javascript,${encodeURIComponent(hook)}`, "--import", again];
    const child = await start(TRACKED + UNTIL_STDIN_ENDS, {}, before);
    await ready(child);
    const samples = await scrape(child);
    expect(sumOf(samples, "trimtab_operation_calls_total", { operation: "deliver", outcome: "success" })).toBe(1);
    child.process.stdin.end();
    expect(await child.ended).toEqual({ code: 0, signal: null });
    expect(child.stdout).toBe("level 4\nready\n");
    expect(child.stderr).toMatch(
      /^\[trimtab\] no OpenTelemetry SDK could be started, .*; install .*Cannot find package\)\n$/,
    );
  });

  test.each([
    ["http/protobuf", "application/x-protobuf"],
    ["http/json", "application/json"],
  ])(
    "sends its calls to a collector by OTLP (%s) and shows them on its page, each call once",
    async (protocol, type) => {
      const received: { type: string | undefined; body: string }[] = [];
      const endpoint = await serve((request, response) => {
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        request.on("end", () => {
          received.push({ type: request.headers["content-type"], body: Buffer.concat(chunks).toString() });
          response.setHeader("content-type", type).end(type === "application/json" ? "{}" : "");
        });
      });
      const child = await start(TRACKED + UNTIL_STDIN_ENDS, {
        OTEL_METRICS_EXPORTER: "otlp,prometheus",
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      });
      await ready(child);
      const samples = await scrape(child);
      expect(sumOf(samples, "trimtab_operation_calls_total", { operation: "deliver", outcome: "success" })).toBe(1);
      child.process.kill("SIGTERM"); // long before the first interval has passed
      expect(await child.ended).toEqual({ code: null, signal: "SIGTERM" });
      expect(child.stderr).toBe("");
      expect(received).toEqual([{ type, body: expect.stringContaining("trimtab.operation.calls") }]);
      if (type !== "application/json") return;
      const { resourceMetrics } = JSON.parse(received[0]?.body ?? "");
      const metrics = resourceMetrics.flatMap((resource: { scopeMetrics: { metrics: unknown[] }[] }) =>
        resource.scopeMetrics.flatMap((scope) => scope.metrics),
      ) as { name: string; sum?: { dataPoints: { asInt?: number; asDouble?: number; attributes: unknown[] }[] } }[];
      const [calls, ...more] = metrics.filter(({ name }) => name === "trimtab.operation.calls");
      expect(more).toEqual([]);
      const delivered = calls?.sum?.dataPoints.filter((point) =>
        /"deliver".*"success"/.test(JSON.stringify(point.attributes)),
      );
      expect(delivered?.map(({ asInt, asDouble }) => asInt ?? asDouble)).toEqual([1]);
    },
  );

  test("with nonsense in its environment runs as ever, with one line for each value", async () => {
    const child = await start(TRACKED, {
      TRIMTAB_POLL_INTERVAL: "often",
      TRIMTAB_COLLECTION_LEVEL: "all",
      TRIMTAB_CONTROLLER_URL: "nowhere",
    });
    expect(await child.ended).toEqual({ code: 0, signal: null });
    expect(child.stdout).toBe("level 4\n");
    expect(child.stderr.trim().split("\n")).toHaveLength(3);
  });

  test("that is switched off has no page, no connection and base values", async () => {
    const asked = vi.fn<() => void>();
    const url = await serve(asked);
    const child = await start(TRACKED + UNTIL_STDIN_ENDS, { TRIMTAB_DISABLED: "true", TRIMTAB_CONTROLLER_URL: url });
    await ready(child);
    await expect(fetch(`http://localhost:${child.port}/metrics`)).rejects.toThrow("fetch failed");
    child.process.stdin.end();
    expect(await child.ended).toEqual({ code: 0, signal: null });
    expect(child.stdout).toContain("level 4");
    expect(asked).not.toHaveBeenCalled();
  });

  test("that uncaught errors end still ends by them", async () => {
    const child = await start(`${TRACKED} await track("op", {}, async () => { throw new RangeError("mine"); });`);
    expect((await child.ended).code).toBe(1);
    expect(child.stderr).toContain("RangeError: mine");
  });

  test("leaves its worker threads in peace", async () => {
    const child = await start(
      `import { Worker } from "node:worker_threads";
       const worker = new Worker("console.log('in the worker')", { eval: true });
       worker.on("exit", (code) => console.log("exit", code));`,
    );
    expect(await child.ended).toEqual({ code: 0, signal: null });
    expect(child.stdout).toBe("in the worker\nexit 0\n");
    expect(child.stderr).toBe("");
  });
});

describe("a service that is ending", { timeout: 60_000 }, () => {
  test("is not kept alive by a controller that does not answer, nor by a scraper that stays connected", async () => {
    const asked = vi.fn<() => void>();
    const url = await serve(asked);
    const child = await start(TRACKED + UNTIL_STDIN_ENDS, {
      TRIMTAB_CONTROLLER_URL: url,
      TRIMTAB_REQUEST_TIMEOUT: "1h",
    });
    await ready(child);
    await until(() => asked.mock.calls.length > 0);
    await scrape(child); // fetch keeps its connection
    child.process.stdin.end();
    expect(await child.ended).toEqual({ code: 0, signal: null });
  });

  test.each([{}, { OTEL_TRACES_EXPORTER: "otlp" }])(
    "dies of SIGTERM when it has no handler (%j)",
    async (environment) => {
      const child = await start(TRACKED + UNTIL_STDIN_ENDS, environment);
      await ready(child);
      child.process.kill("SIGTERM");
      expect(await child.ended).toEqual({ code: null, signal: "SIGTERM" });
    },
  );

  test.each([{}, { OTEL_TRACES_EXPORTER: "otlp" }])(
    "decides itself when it has a handler (%j)",
    async (environment) => {
      const handler = `process.on("SIGTERM", () => setTimeout(() => { console.log("tidied up"); process.stdin.destroy(); }, 50));`;
      const child = await start(TRACKED + handler + UNTIL_STDIN_ENDS, environment);
      await ready(child);
      child.process.kill("SIGTERM");
      expect(await child.ended).toEqual({ code: 0, signal: null });
      expect(child.stdout).toContain("tidied up");
    },
  );

  test("does not wait for a collector that never answers, and keeps its exit code", async () => {
    const asked = vi.fn<() => void>();
    const environment = { OTEL_TRACES_EXPORTER: "otlp", OTEL_EXPORTER_OTLP_ENDPOINT: await serve(asked) };
    const child = await start(`${TRACKED} process.exitCode = 3;`, {
      ...environment,
      OTEL_EXPORTER_OTLP_TIMEOUT: "3600000",
    });
    expect(await child.ended).toEqual({ code: 3, signal: null });
    expect(asked).toHaveBeenCalled();
  });

  test.each(["SIGTERM", "the end of its work"])("sends its last spans at %s", async (end) => {
    const received: string[] = [];
    const endpoint = await serve((request: IncomingMessage, response) => {
      received.push(request.url ?? "");
      request.resume();
      request.on("end", () => response.end());
    });
    const child = await start(TRACKED + UNTIL_STDIN_ENDS, {
      OTEL_TRACES_EXPORTER: "otlp",
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_BSP_SCHEDULE_DELAY: "3600000",
    });
    await ready(child);
    expect(received).toEqual([]); // they wait for their batch
    if (end === "SIGTERM") child.process.kill("SIGTERM");
    else child.process.stdin.end();
    await child.ended;
    expect(received).toEqual(["/v1/traces"]);
  });
});

describe("a service that brings its own SDK", { timeout: 60_000 }, () => {
  let folder = "";

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "trimtab-register-"));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test("keeps it: its provider gets the metrics, and no second page is opened", async () => {
    const own = join(folder, "own-sdk.mjs");
    const from = (name: string): string => JSON.stringify(import.meta.resolve(name));
    writeFileSync(
      own,
      `import { metrics } from ${from("@opentelemetry/api")};
       import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from ${from("@opentelemetry/sdk-metrics")};
       const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
       const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
       metrics.setGlobalMeterProvider(provider);
       globalThis.exported = async () => {
         await provider.forceFlush();
         return exporter.getMetrics().at(-1).scopeMetrics.flatMap((scope) => scope.metrics.map((each) => each.descriptor.name));
       };`,
    );
    const child = await start(`${TRACKED} console.log((await exported()).join()); ${UNTIL_STDIN_ENDS}`, {}, [
      "--import",
      own,
    ]);
    await ready(child);
    expect(child.stdout).toContain("trimtab.operation.calls,");
    await expect(fetch(`http://localhost:${child.port}/metrics`)).rejects.toThrow("fetch failed");
    expect(child.stderr).toBe("");
  });

  test("with our producer in its reader shows each call once, on its own page", async () => {
    const own = join(folder, "own-sdk.mjs");
    const from = (name: string): string => JSON.stringify(import.meta.resolve(name));
    const port = await freePort();
    writeFileSync(
      own,
      `import { NodeSDK } from ${from("@opentelemetry/sdk-node")};
       import { PrometheusExporter } from ${from("@opentelemetry/exporter-prometheus")};
       import { metricProducer } from ${from("./index.ts")};
       const reader = new PrometheusExporter({ port: ${port}, metricProducers: [metricProducer()] });
       new NodeSDK({ metricReaders: [reader], spanProcessors: [], logRecordProcessors: [] }).start();`,
    );
    const child = await start(TRACKED + UNTIL_STDIN_ENDS, {}, ["--import", own]);
    await ready(child);
    const response = await vi.waitFor(() => fetch(`http://localhost:${port}/metrics`), { timeout: 30_000 });
    const samples = parseExposition(await response.text());
    expect(sumOf(samples, "trimtab_operation_calls_total", { operation: "deliver", outcome: "success" })).toBe(1);
    expect(sumOf(samples, "trimtab_operation_duration_seconds_count", { operation: "deliver" })).toBe(1);
    await expect(fetch(`http://localhost:${child.port}/metrics`)).rejects.toThrow("fetch failed");
    child.process.stdin.end();
    expect(await child.ended).toEqual({ code: 0, signal: null });
    expect(child.stderr).toBe("");
  });
});
