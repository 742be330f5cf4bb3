/** What somebody finds who looks for an adapted call among the spans that a service exports. */
import { afterEach, describe, expect, test } from "vitest";
import { sumOf } from "../exposition.test.support.ts";
import { pageWith, printed, startService, stopServices } from "./child-service.test.support.ts";
import { serve, serveController, serveModel, stopServers } from "./clients/loopback.test.support.ts";

afterEach(async () => {
  stopServices();
  await stopServers();
});

interface ExportedSpan {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** `STATUS_CODE_ERROR` is 2. */
  readonly status: number;
}

/** A collector that takes spans by OTLP over HTTP, as JSON. */
async function serveCollector(): Promise<{ readonly url: string; readonly spans: readonly ExportedSpan[] }> {
  const spans: ExportedSpan[] = [];
  const url = await serve((request, body, response) => {
    if (request.url === "/v1/traces") spans.push(...spansOf(JSON.parse(body)));
    response.setHeader("content-type", "application/json");
    response.end("{}");
  });
  return { url, spans };
}

type OtlpValue = Readonly<Record<string, unknown>> & { readonly arrayValue?: { readonly values: OtlpValue[] } };
type OtlpSpan = {
  name: string;
  status: { code?: number };
  attributes: readonly { readonly key: string; readonly value: OtlpValue }[];
};

function spansOf({
  resourceSpans,
}: {
  resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[];
}): readonly ExportedSpan[] {
  const valueOf = (value: OtlpValue): unknown => value.arrayValue?.values.map(valueOf) ?? Object.values(value)[0];
  return resourceSpans
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap(({ spans }) => spans)
    .map(({ name, attributes, status }) => ({
      name,
      attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)])),
      status: status.code ?? 0,
    }));
}

async function startExporting(
  program: string,
  configuration: object,
  environment: Readonly<Record<string, string>>,
): ReturnType<typeof startService> {
  return startService({
    files: { "app.mjs": program, "trimtab.instrumentation.json": JSON.stringify(configuration) },
    environment: { OTEL_TRACES_EXPORTER: "otlp", OTEL_EXPORTER_OTLP_PROTOCOL: "http/json", ...environment },
  });
}

describe("exported spans", { timeout: 60_000 }, () => {
  test("of a call of a model tell what was applied, and which variant it had", async () => {
    const collector = await serveCollector();
    const model = await serveModel();
    const service = await startExporting(
      `import OpenAI from "openai";
       process.stdin.once("data", async () => {
         const client = new OpenAI({ apiKey: "k", baseURL: process.env.MODEL_URL, maxRetries: 0 });
         const ask = (content) => client.chat.completions.create(
           { model: "small", temperature: 1, metadata: { genre: "rock" }, messages: [{ role: "user", content }] });
         await ask("sing");
         await ask("fail").catch(() => {});
         console.log("done");
       });`,
      {
        clients: [
          { client: "openai", operation: "sing", context: { genre: "metadata.genre" }, apply: ["temperature"] },
        ],
      },
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        MODEL_URL: model.url,
        TRIMTAB_CONTROLLER_URL: await serveController("sing", ["genre"], {
          temperature: { space: { type: "number", base: 1, min: 0, max: 2 }, value: 0.25 },
        }),
      },
    );
    await pageWith(service, (page) => sumOf(page, "trimtab_parameters_age_seconds") !== undefined);
    service.process.stdin.write("go\n");
    await printed(service, "done");
    service.process.stdin.end();
    expect(await service.ended).toEqual({ code: 0, signal: null });
    const sung = {
      "trimtab.component": "shop",
      "trimtab.operation": "sing",
      "trimtab.context.genre": "rock",
      "trimtab.variant": "v-served",
      "trimtab.parameter.temperature": 0.25,
      "trimtab.metadata.applied": ["temperature"],
    };
    const tokens = { "gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 2 };
    expect(collector.spans).toEqual([
      {
        name: "sing",
        status: 0,
        attributes: expect.objectContaining({ ...sung, ...tokens, "trimtab.outcome": "success" }),
      },
      {
        name: "sing",
        status: 2,
        attributes: expect.objectContaining({ ...sung, "trimtab.outcome": "failure", "error.type": "429" }),
      },
    ]);
    expect(service.stderr).toBe("");
  });

  test("of a fetch tell what was applied, and how often it was tried", async () => {
    const collector = await serveCollector();
    let asked = 0;
    const backend = await serve((_, __, response) => {
      response.writeHead(asked++ === 0 ? 503 : 200).end();
    });
    const apply = ["timeout_milliseconds", "retries"];
    const service = await startExporting(
      `process.stdin.once("data", async () => {
         await fetch(process.env.BACKEND_URL);
         await fetch(process.env.BACKEND_URL, { method: "POST", body: "x" });
         console.log("done");
       });`,
      {
        clients: [
          { client: "fetch", operation: "ask", match: { url: `${backend}*` }, context: { method: "method" }, apply },
        ],
      },
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        BACKEND_URL: backend,
        TRIMTAB_CONTROLLER_URL: await serveController("ask", ["method"], {
          timeout_milliseconds: { space: { type: "integer", base: 900, min: 100, max: 9000 }, value: 9000 },
          retries: { space: { type: "integer", base: 0, min: 0, max: 3 }, value: 2 },
        }),
      },
    );
    await pageWith(service, (page) => sumOf(page, "trimtab_parameters_age_seconds") !== undefined);
    service.process.stdin.write("go\n");
    await printed(service, "done");
    service.process.stdin.end();
    expect(await service.ended).toEqual({ code: 0, signal: null });
    const adapted = {
      "trimtab.variant": "v-served",
      "trimtab.outcome": "success",
      "trimtab.parameter.timeout_milliseconds": 9000,
      "trimtab.parameter.retries": 2,
    };
    // A POST must not be sent twice: of the parameters that were served, only the time-out was applied to it.
    const once = { "trimtab.metadata.applied": ["timeout_milliseconds"], "trimtab.metadata.attempts": 1 };
    expect(collector.spans).toEqual([
      {
        name: "ask",
        status: 0,
        attributes: expect.objectContaining({
          ...adapted,
          "trimtab.metadata.applied": apply,
          "trimtab.metadata.attempts": 2,
        }),
      },
      { name: "ask", status: 0, attributes: expect.objectContaining({ ...adapted, ...once }) },
    ]);
  });

  test("that somebody else made tell the operation, outcome and variant that they are counted as", async () => {
    const collector = await serveCollector();
    const service = await startExporting(
      `import { trace } from "@opentelemetry/api";
       process.stdin.once("data", () => {
         const tracer = trace.getTracer("app");
         const attributes = { "gen_ai.operation.name": "chat", "gen_ai.request.model": "small" };
         tracer.startSpan("chat", { attributes }).setAttribute("gen_ai.response.finish_reasons", ["length"]).end();
         tracer.startSpan("chat", { attributes }).setStatus({ code: 2 }).setAttribute("error.type", "429").end();
         tracer.startSpan("something else").end();
         console.log("done");
       });`,
      { spans: { genAi: true } },
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        TRIMTAB_CONTROLLER_URL: await serveController("gen_ai_chat", ["provider", "model", "finish_reason"], {
          temperature: { space: { type: "number", base: 1, min: 0, max: 2 }, value: 0.25 },
        }),
      },
    );
    await pageWith(service, (page) => sumOf(page, "trimtab_parameters_age_seconds") !== undefined);
    service.process.stdin.write("go\n");
    await printed(service, "done");
    const counted = { operation: "gen_ai_chat", variant: "v-served", ctx_model: "small" };
    const samples = await pageWith(
      service,
      (page) => sumOf(page, "trimtab_operation_calls_total", { ...counted, outcome: "failure" }) === 1,
    );
    expect(sumOf(samples, "trimtab_operation_calls_total", { ...counted, outcome: "partial" })).toBe(1);
    service.process.stdin.end();
    expect(await service.ended).toEqual({ code: 0, signal: null });
    const marked = {
      "trimtab.component": "shop",
      "trimtab.operation": "gen_ai_chat",
      "trimtab.variant": "v-served",
      "gen_ai.request.model": "small",
    };
    expect(collector.spans).toEqual([
      { name: "chat", status: 0, attributes: expect.objectContaining({ ...marked, "trimtab.outcome": "partial" }) },
      { name: "chat", status: 2, attributes: expect.objectContaining({ ...marked, "trimtab.outcome": "failure" }) },
      { name: "something else", status: 0, attributes: {} },
    ]);
  });
});
