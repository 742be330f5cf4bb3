/** What the controller tells of itself: spans to a collector over OTLP, and the ids of their traces in its log lines. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  startWebhookReceiver,
  type WebhookReceiver,
} from "../../packages/controller/src/webhooks/webhook-receiver.test.support.ts";
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from "./otlp-receiver.ts";
import { cleanUp, freePort, type RunningProcess, startNode, temporaryFolder, until } from "./processes.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CALLER = "b7ad6b7169203331";
const TRACEPARENT = `00-${TRACE}-${CALLER}-01`;

/** Tells of every module of OpenTelemetry that is loaded. */
const TELL_MODULES = `--import=data:text/javascript,${encodeURIComponent(
  `import { registerHooks } from "node:module";
   registerHooks({ resolve(specifier, context, next) {
     const found = next(specifier, context);
     if (found.url.includes("/@opentelemetry/")) process._rawDebug("loaded " + specifier);
     return found;
   } });`,
)}`;

let collector: OtlpReceiver;
let hook: WebhookReceiver;
beforeEach(async () => {
  collector = await startOtlpReceiver();
  hook = await startWebhookReceiver();
});
afterEach(async () => {
  await cleanUp();
  await collector.close();
  await hook.close();
});

async function startController(environment: NodeJS.ProcessEnv): Promise<{ controller: RunningProcess; url: string }> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const configuration = join(temporaryFolder(), "trimtab.yaml");
  writeFileSync(
    configuration,
    `controller: { listen: "127.0.0.1:${port}", interval: 1s }
metrics: { source: reported }
webhooks: [{ name: chat, url: "${hook.url}", secretEnvironment: HOOK_SECRET, allowPrivate: true }]
components: { shop: { operations: { checkout: { parameters: { level: { type: integer, base: 3, min: 1, max: 9 } } } } } }
`,
  );
  const controller = startNode(
    "controller",
    ["packages/controller/src/cli/cli.ts", "serve", "--config", configuration],
    {
      ...withoutOpenTelemetry(),
      NODE_OPTIONS: TELL_MODULES,
      TRIMTAB_LOG_LEVEL: "debug",
      HOOK_SECRET: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
      ...environment,
    },
  );
  await until("the controller", async () => (await fetch(`${url}/livez`)).ok, { watching: [controller] });
  return { controller, url };
}

/** A request with a body that runs a cycle within itself. */
async function dryRun(url: string): Promise<void> {
  const answer = await fetch(`${url}/v1/learning-cycles`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-request-id": "dry-run", traceparent: TRACEPARENT },
    body: JSON.stringify({ component: "shop", operation: "checkout", dry: true }),
  });
  expect(answer.status).toBe(200);
}

/** A developer's own variables must not decide what is tested. */
function withoutOpenTelemetry(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => name.startsWith("OTEL_"))
      .map((name) => [name, undefined]),
  );
}

const sending = (): NodeJS.ProcessEnv => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
  OTEL_BSP_SCHEDULE_DELAY: "100",
});

interface Line {
  readonly message: string;
  readonly level: string;
  readonly [field: string]: unknown;
}

function linesOf(controller: RunningProcess): Line[] {
  return controller
    .output()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Line);
}

async function spanWhere(is: (span: ReceivedSpan) => boolean, what: string): Promise<ReceivedSpan> {
  await until(what, async () => collector.spans.some(is));
  return collector.spans.find(is) as ReceivedSpan;
}

async function lineWhere(controller: RunningProcess, is: (line: Line) => boolean, what: string): Promise<Line> {
  await until(what, async () => linesOf(controller).some(is), { watching: [controller] });
  return linesOf(controller).find(is) as Line;
}

const asks = (headers: Record<string, string> = {}): RequestInit => ({
  headers: { traceparent: TRACEPARENT, ...headers },
});

test("requests, cycles, questions and deliveries are spans, and their lines carry the ids", async () => {
  const { controller, url } = await startController(sending());

  // By express, by the quick answers, and by the remote evaluation: a span each, below the caller's.
  await fetch(`${url}/v1/operations/shop/checkout`, asks({ "x-request-id": "by-express" }));
  await fetch(`${url}/v1/parameters/shop/checkout?ctx.genre=in-the-query`, asks({ "x-request-id": "by-front" }));
  await fetch(`${url}/ofrep/v1/evaluate/flags/shop.checkout.level`, {
    method: "POST",
    body: '{"context":{}}',
    headers: { traceparent: TRACEPARENT, "x-request-id": "by-ofrep", "content-type": "application/json" },
  });
  for (const [id, name, path] of [
    ["by-express", "GET /v1/operations/{component}/{operation}", "/v1/operations/shop/checkout"],
    ["by-front", "GET /v1/parameters/{component}/{operation}", "/v1/parameters/shop/checkout"],
    ["by-ofrep", "POST /ofrep/v1/evaluate/flags/{key}", "/ofrep/v1/evaluate/flags/shop.checkout.level"],
  ] as const) {
    const span = await spanWhere((each) => each.name === name, name);
    expect(span).toMatchObject({ traceId: TRACE, parentSpanId: CALLER, kind: 2 });
    expect(span.attributes).toMatchObject({
      "http.request.method": name.split(" ")[0],
      "http.route": name.split(" ")[1],
      "url.path": path,
      "http.response.status_code": 200,
    });
    expect(span.resource).toMatchObject({ "service.name": "trimtab-controller" });
    const line = await lineWhere(controller, (each) => each["requestId"] === id, `the line of ${id}`);
    expect(line).toMatchObject({ message: "request", trace_id: TRACE, span_id: span.spanId });
  }
  expect(JSON.stringify(collector.spans)).not.toContain("in-the-query");

  const cycle = await spanWhere(
    ({ name, attributes }) => name === "learning cycle" && attributes["trimtab.cycle.outcome"] === "recorded",
    "a cycle",
  );
  expect(cycle.parentSpanId ?? "").toBe("");
  expect(cycle.attributes).toMatchObject({ "trimtab.component": "shop", "trimtab.operation": "checkout" });
  const reasons = Object.entries(cycle.attributes).filter(([key]) => key.startsWith("trimtab.decision.reasons."));
  expect(reasons.length).toBeGreaterThan(0);
  const question = await spanWhere(
    ({ name, parentSpanId }) => name === "source question" && parentSpanId === cycle.spanId,
    "a question of that cycle",
  );
  expect(question).toMatchObject({ traceId: cycle.traceId });
  const line = await lineWhere(controller, (each) => each["span_id"] === cycle.spanId, "a line of that cycle");
  expect(line).toMatchObject({ message: "evidence", trace_id: cycle.traceId, component: "shop" });
  // A timer that is set within a cycle must not hang the next one under it.
  const another = await spanWhere(
    ({ name, spanId }) => name === "learning cycle" && spanId !== cycle.spanId,
    "another cycle",
  );
  expect(another.traceId).not.toBe(cycle.traceId);

  await until("a dry run that had a window to read", async () => {
    await dryRun(url);
    return linesOf(controller).some((each) => each.message === "evidence" && each["requestId"] === "dry-run");
  });
  const dry = await lineWhere(
    controller,
    (each) => each.message === "evidence" && each["requestId"] === "dry-run",
    "a line that is written within a request",
  );
  const within = await spanWhere(({ spanId }) => spanId === dry["span_id"], "the span of that line");
  expect(within).toMatchObject({ name: "learning cycle", traceId: TRACE });
  expect(within.attributes).toMatchObject({ "trimtab.cycle.dry": true });
  const request = await spanWhere(({ spanId }) => spanId === within.parentSpanId, "the request around it");
  expect(request.name).toMatch(/^POST \/v1\//);

  await fetch(`${url}/v1/operations/shop/checkout/freeze`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-request-id": "freeze", traceparent: TRACEPARENT },
    body: JSON.stringify({ by: "ann", why: "sale on Friday" }),
  });
  const delivery = await spanWhere(({ name }) => name === "webhook delivery", "a delivery");
  expect(delivery.attributes).toMatchObject({ "trimtab.webhook": "chat", "http.response.status_code": 204 });
  const told = await lineWhere(controller, (each) => each["span_id"] === delivery.spanId, "the line of the delivery");
  expect(told).toMatchObject({ message: "webhook delivered", hook: "chat" });
  expect(told).not.toHaveProperty("requestId");

  // What is held back is sent before the process ends.
  const before = collector.requests.length;
  await fetch(`${url}/v1/nothing`, asks());
  expect(await controller.end("SIGTERM")).toBe(0);
  expect(collector.requests.length).toBeGreaterThan(before);
  const unknown = collector.spans.find(({ attributes }) => attributes["url.path"] === "/v1/nothing");
  expect(unknown).toMatchObject({ name: "GET", parentSpanId: CALLER });
  expect(unknown?.attributes).not.toHaveProperty("http.route");
  expect(controller.output()).toContain("loaded @opentelemetry/sdk-node");
});

test("what the caller did not sample is not sent, and its lines carry the trace all the same", async () => {
  const { controller, url } = await startController(sending());
  await fetch(`${url}/v1/operations/shop/checkout`, {
    headers: { traceparent: `00-${TRACE}-${CALLER}-00`, "x-request-id": "unsampled" },
  });
  const line = await lineWhere(controller, (each) => each["requestId"] === "unsampled", "the line");
  expect(line).toMatchObject({ trace_id: TRACE });
  expect(await controller.end("SIGTERM")).toBe(0);
  expect(collector.spans.filter(({ traceId }) => traceId === TRACE)).toEqual([]);
  expect(collector.spans.some(({ name }) => name === "learning cycle" || name === "GET /livez")).toBe(true);
});

test("a collector that never answers keeps neither requests nor the end", async () => {
  collector.hang();
  const { controller, url } = await startController(sending());
  expect((await fetch(`${url}/v1/operations/shop/checkout`)).status).toBe(200);
  await until("something to be sent", async () => collector.requests.length > 0);
  expect(await controller.end("SIGTERM")).toBe(0);
  expect(linesOf(controller).map(({ message }) => message)).toContain("the last spans were not sent in time");
});

test("protobuf is what is sent unless JSON is asked for", async () => {
  const { controller } = await startController({ ...sending(), OTEL_EXPORTER_OTLP_PROTOCOL: undefined });
  await until("something to be sent", async () => collector.requests.length > 0);
  expect(collector.requests[0]).toMatchObject({ path: "/v1/traces", type: "application/x-protobuf" });
  expect(await controller.end("SIGTERM")).toBe(0);
});

test.each([
  ["no variable asks for it", {}],
  ["the SDK is disabled", { OTEL_SDK_DISABLED: "true" }],
  ["there is no exporter", { OTEL_TRACES_EXPORTER: "none" }],
])("nothing is sent and no SDK is loaded where %s; the caller's trace is in the lines", async (what, environment) => {
  const endpoint = what === "no variable asks for it" ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  const { controller, url } = await startController({ ...endpoint, ...environment });
  await fetch(`${url}/v1/operations/shop/checkout`, asks({ "x-request-id": "by-express" }));
  await fetch(`${url}/v1/parameters/shop/checkout`, asks({ "x-request-id": "by-front" }));
  await fetch(`${url}/v1/parameters/shop/checkout`, { headers: { traceparent: "00-0-0-01", "x-request-id": "none" } });
  for (const id of ["by-express", "by-front"]) {
    const line = await lineWhere(controller, (each) => each["requestId"] === id, `the line of ${id}`);
    expect(line).toMatchObject({ message: "request", trace_id: TRACE });
    expect(line).not.toHaveProperty("span_id");
  }
  await until("a dry run that had a window to read", async () => {
    await dryRun(url);
    return linesOf(controller).some((each) => each.message === "evidence" && each["requestId"] === "dry-run");
  });
  const within = linesOf(controller).find((each) => each.message === "evidence" && each["requestId"] === "dry-run");
  expect(within).toMatchObject({ trace_id: TRACE });
  const none = await lineWhere(controller, (each) => each["requestId"] === "none", "the line without a trace");
  expect(none).not.toHaveProperty("trace_id");
  expect(await controller.end("SIGTERM")).toBe(0);
  expect(collector.requests).toEqual([]);
  const loaded = [...controller.output().matchAll(/^loaded (\S+)/gm)].map(([, specifier]) => specifier);
  expect(loaded.filter((specifier) => specifier !== "@opentelemetry/api" && !specifier?.startsWith("."))).toEqual([]);
  expect(loaded).toContain("@opentelemetry/api");
});

test("an SDK that is asked for and not installed is one line with the next step, and 1", async () => {
  // Node's own answer for a folder that has no packages.
  const elsewhere = `--import=data:text/javascript,${encodeURIComponent(
    `import { registerHooks } from "node:module";
     registerHooks({ resolve(specifier, context, next) {
       return next(specifier, specifier === "@opentelemetry/sdk-node" ? { ...context, parentURL: "file:///nowhere/a.mjs" } : context);
     } });`,
  )}`;
  const folder = temporaryFolder();
  const configuration = join(folder, "trimtab.yaml");
  writeFileSync(
    configuration,
    'controller: { listen: "127.0.0.1:0" }\nmetrics: { source: reported }\nregistration: allow\ncomponents: {}\n',
  );
  const controller = startNode(
    "controller",
    ["packages/controller/src/cli/cli.ts", "serve", "--config", configuration],
    { ...withoutOpenTelemetry(), NODE_OPTIONS: elsewhere, OTEL_TRACES_EXPORTER: "otlp" },
  );
  expect(await controller.ended).toBe(1);
  expect(controller.output()).toContain(
    "OTEL_TRACES_EXPORTER asks for spans, and the package that sends them is not installed. Install it beside the controller " +
      "(npm install @opentelemetry/sdk-node), or set OTEL_SDK_DISABLED=true.\n",
  );
});
