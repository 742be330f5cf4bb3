/** Requests become operations in real services, of Express, of Fastify and of Node alone, as ES modules and as CommonJS. */
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type Sample, sumOf, valuesOfLabel } from "../exposition.test.support.ts";
import {
  type ChildService,
  pageWith,
  printed,
  REGISTERED,
  SERVE,
  startService,
  stopServices,
} from "./child-service.test.support.ts";

afterEach(stopServices);

const CALLS = "trimtab_operation_calls_total";

const EXPRESS = `
  const users = express.Router({ mergeParams: true });
  users.get("/orders/:order", (request, response) => response.json({ order: request.params.order }));
  const app = express();
  app.get("/", (request, response) => response.send("home"));
  app.get("/users/:id", (request, response) => response.json({ id: request.params.id }));
  app.use("/users/:id", users);
  app.get("/broken", () => { throw new Error("broken"); });
  app.use("/files", (request, response) => response.send("file"));
  const server = app;
`;
const FASTIFY = `
  const app = fastify();
  app.get("/users/:id", async (request) => ({ id: request.params.id }));
  app.get("/broken", async () => { throw new Error("broken"); });
  await app.ready();
  const server = app.server;
`;
const PLAIN = `
  const server = createServer((request, response) => {
    if (request.url.startsWith("/slow")) return void response.write("begun");
    if (request.url.startsWith("/events")) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      return void response.write("data: 1\\n\\n");
    }
    response.statusCode = request.url.startsWith("/nothing") ? 404 : 200;
    response.end("plain " + request.method);
  });
`;

async function ask(service: ChildService, ...paths: readonly string[]): Promise<readonly string[]> {
  const url = await printed(service, "serving ");
  const bodies: string[] = [];
  for (const path of paths) bodies.push(await (await fetch(url + path)).text());
  return bodies;
}

const calls = (samples: readonly Sample[], operation: string, labels: Readonly<Record<string, string>> = {}) =>
  sumOf(samples, CALLS, { operation, ...labels });

describe("HTTP requests without a change of code", { timeout: 60_000 }, () => {
  test.each([
    ["an ES module", "app.mjs", `import express from "express";`, REGISTERED],
    ["CommonJS", "app.cjs", `const express = require("express");`, REGISTERED],
    ["CommonJS by --require", "app.cjs", `const express = require("express");`, REGISTERED.with(1, "--require")],
  ])("Express as %s: routes, not addresses", async (_, name, imports, flags) => {
    const service = await startService({ files: { [name]: imports + EXPRESS + SERVE }, flags });
    const paths = [
      "/users/1",
      "/users/2?token=secret",
      "/users/7/orders/9",
      "/broken",
      "/files/a.css",
      "/nowhere",
      "/",
    ];
    const bodies = await ask(service, ...paths);
    expect(bodies.slice(0, 3)).toEqual(['{"id":"1"}', '{"id":"2"}', '{"order":"9"}']);
    const samples = await pageWith(service, (page) => calls(page, "get", { outcome: "success" }) === 1);
    const user = { component: "shop", ctx_method: "GET", ctx_route: "/users/:id", ctx_status_class: "2xx" };
    expect(calls(samples, "get_users_id", { ...user, outcome: "success" })).toBe(2);
    expect(sumOf(samples, "trimtab_operation_duration_seconds_count", { operation: "get_users_id" })).toBe(2);
    expect(calls(samples, "get_users_id_orders_order", { ctx_route: "/users/:id/orders/:order" })).toBe(1);
    expect(calls(samples, "get_broken", { ctx_status_class: "5xx", outcome: "failure" })).toBe(1);
    expect(sumOf(samples, "trimtab_operation_errors_total", { operation: "get_broken", error_type: "500" })).toBe(1);
    expect(calls(samples, "get_files_css", { ctx_route: "/files/*.css" })).toBe(1);
    expect(calls(samples, "get_not_found", { ctx_route: "__not_found__", ctx_status_class: "4xx" })).toBe(1);
    expect(JSON.stringify(samples)).not.toContain("secret");
    // The page itself is no work of the service.
    expect([...valuesOfLabel(samples, CALLS, "operation")].filter((each) => each?.includes("metrics"))).toEqual([]);
  });

  test("Fastify: routes as it tells them", async () => {
    const service = await startService({ files: { "app.mjs": `import fastify from "fastify";${FASTIFY}${SERVE}` } });
    expect(await ask(service, "/users/1", "/users/2", "/broken", "/nowhere")).toHaveLength(4);
    const samples = await pageWith(service, (page) => calls(page, "get_not_found") === 1);
    expect(calls(samples, "get_users_id", { ctx_route: "/users/:id", outcome: "success" })).toBe(2);
    expect(calls(samples, "get_broken", { outcome: "failure", ctx_status_class: "5xx" })).toBe(1);
  });

  test("Node alone: paths without their ids, and no more of them than allowed", async () => {
    const configuration = `{
      // JSON with comments
      "http": { "maximumPaths": 2, "ignore": ["/healthz"], "operations": [{ "route": "/items/:id", "operation": "show_item" }] },
    }`;
    const service = await startService({
      files: {
        "app.mjs": `import { createServer } from "node:http";${PLAIN}${SERVE}`,
        "trimtab.instrumentation.json": configuration,
      },
    });
    await ask(
      service,
      "/healthz",
      "/items/1",
      "/items/0190163d-8694-739b-aea5-966c26f8ad91",
      "/a",
      "/b",
      "/c",
      "/nothing",
    );
    const samples = await pageWith(service, (page) => calls(page, "get_not_found") === 1);
    expect(calls(samples, "show_item", { ctx_route: "/items/:id", outcome: "success" })).toBe(2);
    expect(calls(samples, "get_a")).toBe(1);
    expect(calls(samples, "get_other", { ctx_route: "__other__" })).toBe(2);
    expect([...valuesOfLabel(samples, CALLS, "ctx_route")]).not.toContain("/healthz");
    expect(service.stderr).toBe("");
  });

  test("a client that goes away is a failure, except where it listens to events", async () => {
    const service = await startService({
      files: { "app.mjs": `import { createServer } from "node:http";${PLAIN}${SERVE}` },
    });
    const { port } = new URL(await printed(service, "serving "));
    for (const path of ["/slow", "/events"]) {
      const socket = connect(Number(port), "127.0.0.1");
      socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
      await once(socket, "data");
      socket.destroy();
    }
    const samples = await pageWith(
      service,
      (page) => calls(page, "get_events") !== undefined && calls(page, "get_slow") !== undefined,
    );
    expect(calls(samples, "get_slow", { outcome: "failure" })).toBe(1);
    expect(sumOf(samples, "trimtab_operation_errors_total", { operation: "get_slow", error_type: "aborted" })).toBe(1);
    expect(calls(samples, "get_events", { outcome: "success" })).toBe(1);
  });

  test("nonsense for a configuration stops nothing, and is told", async () => {
    const app = `import { createServer } from "node:http";${PLAIN}${SERVE}`;
    const service = await startService({
      files: { "app.mjs": app, "trimtab.instrumentation.json": "{ http: garbage" },
    });
    expect(await ask(service, "/a")).toEqual(["plain GET"]);
    await pageWith(service, (page) => calls(page, "get_a", { outcome: "success" }) === 1);
    expect(service.stderr).toMatch(
      /^\[trimtab\] trimtab\.instrumentation\.json cannot be used, so none of its rules hold: .*\n$/,
    );
  });

  test("can be switched off", async () => {
    const service = await startService({
      files: { "app.mjs": `import { createServer } from "node:http";${PLAIN}${SERVE}` },
      environment: { TRIMTAB_HTTP_OPERATIONS: "off" },
    });
    await ask(service, "/a");
    const samples = await pageWith(service, (page) => page.length > 0);
    expect(calls(samples, "get_a")).toBeUndefined();
    service.process.stdin.end();
    expect(await service.ended).toEqual({ code: 0, signal: null });
  });
});
