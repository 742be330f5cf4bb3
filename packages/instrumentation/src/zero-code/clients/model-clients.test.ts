/** The real clients of OpenAI and Anthropic, in processes of their own, against a local server that speaks as theirs do. */
import { afterEach, describe, expect, test } from "vitest";
import { sumOf } from "../../exposition.test.support.ts";
import { pageWith, printed, startService, stopServices } from "../child-service.test.support.ts";
import { serveController, serveModel, stopServer, stopServers } from "./loopback.test.support.ts";

afterEach(async () => {
  stopServices();
  await stopServers();
});

const CALLS = "trimtab_operation_calls_total";
const TEMPERATURE = { temperature: { space: { type: "number", base: 1, min: 0, max: 2 }, value: 0.25 } };

const OPENAI = `
  import OpenAI, { OpenAI as Named } from "openai";
  import assert from "node:assert/strict";
  assert.equal(Named, OpenAI);
  process.stdin.once("data", async () => {
    const client = new OpenAI({ apiKey: "k", baseURL: process.env.MODEL_URL, maxRetries: 0 });
    const out = [];
    const asked = { model: "small", temperature: 1, metadata: { genre: "rock" }, messages: [{ role: "user", content: "sing" }] };
    const ask = (more) => client.chat.completions.create({ ...asked, ...more });
    out.push(await ask({}));
    const { data, response } = await ask({}).withResponse();
    out.push(data, response.status);
    out.push(await (await ask({}).asResponse()).text());
    for await (const chunk of await ask({ stream: true })) out.push(chunk);
    const [left, right] = (await ask({ stream: true })).tee();
    for await (const chunk of left) out.push(chunk);
    for await (const chunk of right) out.push(chunk);
    for await (const chunk of await ask({ stream: true })) { out.push(chunk); break; }
    const aborted = await ask({ stream: true });
    aborted.controller.abort();
    for await (const chunk of aborted) out.push(chunk);
    out.push([client.chat.completions.create.name, client.chat.completions.create.length]);
    out.push((await client.chat.completions.parse(asked)).choices[0].message.content);
    out.push(await client.chat.completions.stream(asked).finalContent());
    await ask({ messages: [{ role: "user", content: "fail" }] }).catch((error) => out.push([error.constructor.name, error.status, error.message]));
    out.push(await client.responses.create({ model: "small", input: "sing", temperature: 1, metadata: { genre: "rock" } }));
    out.push(await ask({ model: "other" }));
    console.log("out " + JSON.stringify(out));
  });
  console.log("ready");
`;

const ANTHROPIC = `
  const Anthropic = require("@anthropic-ai/sdk");
  process.stdin.once("data", async () => {
    const client = new Anthropic.Anthropic({ apiKey: "k", baseURL: process.env.MODEL_URL, maxRetries: 0 });
    const out = [];
    const asked = { model: "small", max_tokens: 10, messages: [{ role: "user", content: "sing" }] };
    out.push(await client.messages.create(asked));
    for await (const event of await client.messages.create({ ...asked, stream: true })) out.push(event);
    for await (const event of client.messages.stream(asked)) out.push(event);
    await client.messages.create({ ...asked, messages: [{ role: "user", content: "fail" }] }).catch((error) => out.push([error.constructor.name, error.status]));
    console.log("out " + JSON.stringify(out));
  });
  console.log("ready");
`;

interface Run {
  readonly files: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
}

/** What the program sees without us. */
async function alone({
  files,
}: Run): Promise<{ readonly out: string; readonly bodies: readonly Record<string, unknown>[] }> {
  const model = await serveModel();
  const service = await startService({ files, environment: { MODEL_URL: model.url }, flags: [] });
  await printed(service, "ready");
  service.process.stdin.write("go\n");
  return { out: await printed(service, "out "), bodies: model.bodies };
}

describe("clients of language models without a change of code", { timeout: 60_000 }, () => {
  test("OpenAI: adapted parameters are sent, with the controller gone and nowhere to keep them, and the program sees what it would see without us", async () => {
    const rules = {
      clients: [
        {
          client: "openai",
          operation: "sing",
          match: { model: "small*" },
          context: { genre: "metadata.genre" },
          apply: ["temperature"],
        },
      ],
    };
    const files = { "app.mjs": OPENAI, "trimtab.instrumentation.json": JSON.stringify(rules) };
    const model = await serveModel();
    const controller = await serveController("sing", ["genre"], TEMPERATURE);
    const service = await startService({
      files,
      // No folder can be made below a file: nothing can be kept there.
      environment: {
        MODEL_URL: model.url,
        TRIMTAB_CONTROLLER_URL: controller,
        TRIMTAB_CACHE_DIRECTORY: "app.mjs/cache",
      },
    });
    await pageWith(service, (page) => sumOf(page, "trimtab_parameters_age_seconds") !== undefined);
    await stopServer(controller); // the last known good parameters go on
    await printed(service, "ready");
    service.process.stdin.write("go\n");
    const out = await printed(service, "out ");
    const without = await alone({ files });
    expect(out).toBe(without.out);
    expect(model.bodies.map((body) => body["temperature"])).toEqual([...Array(11).fill(0.25), 1]);
    expect(model.bodies.map((body) => ({ ...body, temperature: 1 }))).toEqual(
      without.bodies.map((body) => ({ ...body, temperature: 1 })),
    );
    const samples = await pageWith(
      service,
      (page) => sumOf(page, CALLS, { operation: "sing", outcome: "partial" }) === 3,
    );
    const sung = { operation: "sing", variant: "v-served", ctx_genre: "rock" };
    expect(sumOf(samples, CALLS, { ...sung, outcome: "success" })).toBe(7);
    expect(sumOf(samples, CALLS, { ...sung, outcome: "failure" })).toBe(1);
    expect(sumOf(samples, "trimtab_operation_errors_total", { operation: "sing", error_type: "429" })).toBe(1);
    // Not of the one that was read raw, of the streams that were left or aborted early, and of the one that failed.
    expect(sumOf(samples, "trimtab_operation_tokens_total", { operation: "sing", type: "input" })).toBe(7 * 10);
    expect(sumOf(samples, "trimtab_operation_cost_total", { operation: "sing", unit: "tokens" })).toBe(7 * 12);
    for (const line of service.stderr.trim().split("\n")) expect(line).toMatch(/^\[trimtab\] .*app\.mjs/);
  });

  test("Anthropic as CommonJS: tracked with nothing applied where the controller is gone, and byte for byte the same", async () => {
    const rules = { clients: [{ client: "anthropic", operation: "sing", apply: ["temperature", "max_tokens"] }] };
    const files = { "app.cjs": ANTHROPIC, "trimtab.instrumentation.json": JSON.stringify(rules) };
    const model = await serveModel();
    const service = await startService({
      files,
      environment: { MODEL_URL: model.url, TRIMTAB_CONTROLLER_URL: "http://127.0.0.1:9" },
    });
    await printed(service, "ready");
    service.process.stdin.write("go\n");
    const out = await printed(service, "out ");
    const without = await alone({ files });
    expect(out).toBe(without.out);
    expect(model.bodies).toEqual(without.bodies);
    const samples = await pageWith(
      service,
      (page) => sumOf(page, CALLS, { operation: "sing", outcome: "failure" }) === 1,
    );
    expect(sumOf(samples, CALLS, { operation: "sing", outcome: "success" })).toBe(2);
    expect(sumOf(samples, CALLS, { operation: "sing", outcome: "partial" })).toBe(1);
    expect(sumOf(samples, "trimtab_operation_cost_total", { operation: "sing", unit: "tokens" })).toBe(3 * 12);
  });
});
