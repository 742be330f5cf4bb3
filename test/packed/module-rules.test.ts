/** Rules for ES modules on versions of Node with different hooks: in a thread of their own (20), and in the thread of the service (26). */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, inject, test } from "vitest";
import { sumOf } from "../../packages/instrumentation/src/exposition.test.support.ts";
import { cleanUp, freePort } from "../end-to-end/processes.ts";
import { closeServers, page, serviceFolder, startService } from "./packed-service.ts";

afterEach(async () => {
  await cleanUp();
  closeServers();
});

const FILES = {
  "app.mjs": `
    import assert from "node:assert/strict";
    import { createRequire } from "node:module";
    import draw, { renderPage, early, Renderer } from "./src/render.mjs";
    import { renderPage as again } from "./src/again.mjs";
    import old from "./src/old.cjs";
    import { pick } from "chooser/pick";
    import OpenAI, { OpenAI as Named } from "openai";
    assert.equal(again, renderPage);
    assert.deepEqual([renderPage.name, renderPage.length, early], ["renderPage", 1, "function"]);
    assert.equal(await renderPage({ genre: "rock" }), "rock page");
    assert.equal(new Renderer().render(), "drawn");
    assert.deepEqual([draw(), old.paint(), pick([7])], ["drawn", "painted", 7]);
    assert.equal(createRequire(import.meta.url)("./src/old.cjs"), old);
    assert.equal(Named, OpenAI);
    assert.equal(await new OpenAI().chat.completions.create({ model: "small" }), "small sings");
    assert.equal((await import("./src/late.mjs")).late(), "late");
    console.log("ready");
    setInterval(() => {}, 1000);`,
  "src/render.mjs": `
    import { early } from "./circle.mjs";
    export async function renderPage({ genre }) { return genre + " page"; }
    export class Renderer { render() { return "drawn"; } }
    export { early };
    export default () => "drawn";`,
  "src/circle.mjs": `
    import { renderPage } from "./render.mjs";
    export const early = typeof renderPage;`,
  "src/again.mjs": `export { renderPage } from "./render.mjs";`,
  "src/late.mjs": `export const late = () => "late";`,
  "src/old.cjs": `exports.paint = () => "painted";`,
  "node_modules/chooser/package.json": `{ "name": "chooser", "type": "module", "exports": { "./pick": { "import": "./pick.js" } } }`,
  "node_modules/chooser/pick.js": "export const pick = ([first]) => first;",
  // Of the form of the client, whose newest version Node 20 is too old for.
  "node_modules/openai/package.json": `{ "name": "openai", "type": "module", "exports": "./index.js" }`,
  "node_modules/openai/index.js": `
    class Completions {
      create({ model }) {
        const answer = { parse: async () => model + " sings", asResponse: async () => ({}) };
        return { ...answer, then(...taken) { return this.parse().then(...taken); } };
      }
    }
    class Chat { completions = new Completions(); }
    Chat.Completions = Completions;
    export class OpenAI { chat = new Chat(); }
    OpenAI.Chat = Chat;
    export default OpenAI;`,
  "trimtab.instrumentation.json": JSON.stringify({
    functions: [
      { module: "./src/render.mjs", function: "renderPage", operation: "render", context: { genre: "0.genre" } },
      { module: "./src/render.mjs", function: "default", operation: "draw" },
      { module: "./src/render.mjs", function: "Renderer.prototype.render", operation: "method" },
      { module: "./src/late.mjs", function: "late", operation: "late" },
      { module: "./src/old.cjs", function: "paint", operation: "paint" },
      { module: "chooser/pick", function: "pick", operation: "pick" },
    ],
    clients: [{ client: "openai", operation: "sing", context: { model: "model" } }],
  }),
};

describe("rules for modules", () => {
  test.each([
    { node: "oldestNode", hook: "--import" },
    { node: "oldestNode", hook: "--require" },
    { node: "newestNode", hook: "--import" },
    { node: "newestNode", hook: "--require" },
  ] as const)("hold on $node with $hook, for ES modules and CommonJS alike", async ({ node, hook }) => {
    const folder = serviceFolder("opentelemetry-2");
    for (const [name, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const port = await freePort();
    const service = startService(inject(node), folder, [hook, "@trimtab/instrumentation/register", "app.mjs"], {
      OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
    });
    const calls = "trimtab_operation_calls_total";
    const samples = await page(port, service, (shown) => sumOf(shown, calls, { operation: "late" }) === 1);
    expect(sumOf(samples, calls, { operation: "render", ctx_genre: "rock", outcome: "success" })).toBe(1);
    expect(sumOf(samples, calls, { operation: "sing", ctx_model: "small", outcome: "success" })).toBe(1);
    for (const operation of ["draw", "method", "paint", "pick"]) {
      expect([operation, sumOf(samples, calls, { operation, outcome: "success" })]).toEqual([operation, 1]);
    }
    expect(service.output()).toBe("ready\n");
  });
});
