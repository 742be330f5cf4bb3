/** `fetch` of a real service, with time-outs and retries that it never wrote. */
import { afterEach, describe, expect, test } from "vitest";
import { sumOf } from "../../exposition.test.support.ts";
import { pageWith, printed, startService, stopServices } from "../child-service.test.support.ts";
import { serve, serveController, stopServers } from "./loopback.test.support.ts";

afterEach(async () => {
  stopServices();
  await stopServers();
});

const CALLS = "trimtab_operation_calls_total";
const APP = `
  process.stdin.once("data", async () => {
    const out = [];
    const ask = (path, init) => fetch(process.env.BACKEND_URL + path, init)
      .then(async (response) => [response.status, await response.text()], (error) => [error.name])
      .then((answer) => out.push([path, ...answer]));
    await ask("/flaky");
    await ask("/hangs-once");
    await ask("/hangs");
    await ask("/slow-body");
    await ask("/flaky-post", { method: "POST", body: "x" });
    await ask("/hangs-for-caller", { signal: AbortSignal.timeout(20) });
    await ask("/broken");
    const made = new Request("http://elsewhere.invalid/", { method: "PUT", headers: { "x-word": "kept" }, body: "text" });
    await ask("/as-options", made);
    console.log("out " + JSON.stringify([fetch.name, ...out]));
  });
  console.log("ready");
`;

describe("fetch without a change of code", { timeout: 60_000 }, () => {
  test("has adapted time-outs and retries; those of the caller stay", async () => {
    const asked: Record<string, number> = {};
    const backend = await serve((request, _, response) => {
      const path = request.url ?? "";
      const times = (asked[path] = (asked[path] ?? 0) + 1);
      if (path.startsWith("/flaky") && times < 3) return void response.writeHead(503).end("busy");
      if (path === "/hangs" || path === "/hangs-for-caller" || (path === "/hangs-once" && times === 1))
        return undefined;
      if (path === "/broken") return void response.writeHead(500).end("broken");
      if (path === "/as-options") return void response.end([request.method, request.headers["x-word"]].join(" "));
      if (path === "/slow-body") {
        response.write("head ");
        return void setTimeout(() => response.end("and body"), 700); // longer than the time-out, which ends with the head
      }
      return void response.end("fine");
    });
    const rules = {
      clients: [
        {
          client: "fetch",
          operation: "ask_backend",
          match: { url: `${backend}/*` },
          context: { method: "method" },
          apply: ["timeout_milliseconds", "retries"],
        },
      ],
    };
    const controller = await serveController("ask_backend", ["method"], {
      timeout_milliseconds: { space: { type: "integer", base: 500, min: 100, max: 1000 }, value: 500 },
      retries: { space: { type: "integer", base: 0, min: 0, max: 3 }, value: 2 },
    });
    const service = await startService({
      files: { "app.mjs": APP, "trimtab.instrumentation.json": JSON.stringify(rules) },
      environment: { BACKEND_URL: backend, TRIMTAB_CONTROLLER_URL: controller },
    });
    await pageWith(service, (page) => sumOf(page, "trimtab_parameters_age_seconds") !== undefined);
    await printed(service, "ready");
    service.process.stdin.write("go\n");
    expect(JSON.parse(await printed(service, "out "))).toEqual([
      "fetch",
      ["/flaky", 200, "fine"],
      ["/hangs-once", 200, "fine"],
      ["/hangs", "TimeoutError"],
      ["/slow-body", 200, "head and body"],
      ["/flaky-post", 503, "busy"],
      ["/hangs-for-caller", "TimeoutError"],
      ["/broken", 500, "broken"],
      ["/as-options", 200, "PUT kept"],
    ]);
    expect(asked).toMatchObject({ "/flaky": 3, "/hangs": 3, "/flaky-post": 1, "/hangs-for-caller": 1, "/broken": 3 });
    const samples = await pageWith(
      service,
      (page) => sumOf(page, CALLS, { operation: "ask_backend", outcome: "success" }) === 4,
    );
    const get = { operation: "ask_backend", variant: "v-served", ctx_method: "GET" };
    expect(sumOf(samples, CALLS, { ...get, outcome: "failure" })).toBe(3);
    expect(
      sumOf(samples, "trimtab_operation_errors_total", { operation: "ask_backend", error_type: "TimeoutError" }),
    ).toBe(2);
    expect(sumOf(samples, "trimtab_operation_errors_total", { operation: "ask_backend", error_type: "503" })).toBe(1);
  });
});
