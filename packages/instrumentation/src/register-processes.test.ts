/** Processes and threads that inherit `--import` from the one that was started with it. */
import { afterEach, describe, expect, test } from "vitest";
import { sumOf } from "./exposition.test.support.ts";
import { pageWith, printed, startService, stopServices } from "./zero-code/child-service.test.support.ts";

afterEach(stopServices);

describe("a service of several processes and threads", { timeout: 60_000 }, () => {
  test("shows one and the same process at each scrape: the workers of a cluster do not share its page", async () => {
    const service = await startService({
      files: {
        "app.mjs": `
          import cluster from "node:cluster";
          import { once } from "node:events";
          import { track } from ${JSON.stringify(new URL("./index.ts", import.meta.url).href)};
          track(cluster.isPrimary ? "of_primary" : "of_worker", {}, () => {});
          if (cluster.isPrimary) {
            cluster.setupPrimary({ silent: true });
            const worker = cluster.fork();
            let told = "";
            worker.process.stderr.on("data", (text) => (told += text));
            while (!told.includes("no metrics page")) await once(worker.process.stderr, "data");
            console.log("told " + told.replaceAll(/\\s+/g, " "));
            process.stdin.resume();
            process.stdin.on("end", () => process.exit());
          } else process.on("disconnect", () => process.exit());`,
      },
    });
    expect(await printed(service, "told ")).toMatch(/no metrics page .*; set OTEL_EXPORTER_PROMETHEUS_PORT to another/);
    const samples = await pageWith(service, () => true);
    expect(sumOf(samples, "trimtab_operation_calls_total", { operation: "of_primary" })).toBe(1);
    expect(sumOf(samples, "trimtab_operation_calls_total", { operation: "of_worker" })).toBeUndefined();
    expect(service.stderr).toBe("");
  });

  test("says once what is wrong with its rules, however many threads it has", async () => {
    const service = await startService({
      files: {
        "app.mjs": `
          import { Worker, isMainThread } from "node:worker_threads";
          if (isMainThread) new Worker(new URL(import.meta.url));`,
        "trimtab.instrumentation.json": `{ "htp": {}, "functions": [{ "module": "./no.mjs", "function": "run", "operation": "run" }] }`,
      },
    });
    expect(await service.ended).toEqual({ code: 0, signal: null });
    const lines = service.stderr.trim().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain("htp is unknown");
    expect(lines[1]).toContain("there is no file");
  });
});
