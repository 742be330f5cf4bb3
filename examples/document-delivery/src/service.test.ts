import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Death, freePort, ProcessGroup } from "@trimtab/example-demonstration";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { loadDocuments } from "./documents.ts";
import type { LoadCounts } from "./load-counts.ts";
import type { ServiceReady } from "./service-ready.ts";

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

describe("the service as a process of its own", () => {
  const folder = mkdtempSync(join(tmpdir(), "document-delivery-"));
  const deaths = vi.fn<(death: Death) => void>();
  const group = new ProcessGroup({ exampleFolder: file(".."), logFolder: folder }, deaths);
  let ready: ServiceReady;
  let metricsPage: string;

  beforeAll(async () => {
    const metricsPort = await freePort();
    metricsPage = `http://127.0.0.1:${metricsPort}/metrics`;
    const service = group.start({
      name: "service",
      args: ["--conditions=source", "--import", "@trimtab/instrumentation/register", file("service.ts")],
      environment: {
        PORT: "0",
        OTEL_SERVICE_NAME: "document_delivery",
        OTEL_EXPORTER_PROMETHEUS_HOST: "127.0.0.1",
        OTEL_EXPORTER_PROMETHEUS_PORT: String(metricsPort),
        TRIMTAB_HTTP_OPERATIONS: "off",
      },
    });
    [ready] = (await once(service, "message")) as [ServiceReady];
  }, 60_000);
  afterAll(async () => {
    await group.stop([]);
    rmSync(folder, { recursive: true });
  });

  const readMetrics = async (): Promise<string> => (await fetch(metricsPage)).text();

  test("delivers a document compressed with the base values, and measures what it did", async () => {
    const response = await fetch(`${ready.url}/documents/json/0`); // fetch accepts gzip, and decodes it
    expect(response.headers.get("content-encoding")).toBe("gzip");
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("vary")).toBe("Accept-Encoding");
    const original = loadDocuments().json[0]?.body;
    expect(Buffer.from(await response.arrayBuffer()).equals(original ?? Buffer.alloc(0))).toBe(true);
    const page = await readMetrics();
    expect(page).toMatch(
      /^trimtab_operation_calls_total\{[^}]*ctx_content_type="json"[^}]*outcome="success"[^}]*\} 1$/m,
    );
    expect(page).toMatch(/^trimtab_operation_quality_ratio_sum\{[^}]*ctx_content_type="json"[^}]*\} 0\.\d+$/m);
    expect(page).toMatch(/^trimtab_operation_duration_seconds_count\{[^}]*ctx_content_type="json"[^}]*\} 1$/m);
  });

  test("a client that takes no compression gets the document as it is, and that saves nothing", async () => {
    const response = await fetch(`${ready.url}/documents/text/1`, { headers: { "Accept-Encoding": "identity" } });
    expect(response.headers.get("content-encoding")).toBeNull();
    expect((await response.arrayBuffer()).byteLength).toBe(Number(response.headers.get("content-length")));
    expect(await readMetrics()).toMatch(
      /^trimtab_operation_quality_ratio_sum\{[^}]*ctx_content_type="text"[^}]*\} 0$/m,
    );
  });

  test.each(["/documents/json/99", "/documents/json/-1", "/documents/video/0", "/documents/json/0/1", "/nothing"])(
    "there is no %s",
    async (path) => {
      expect((await fetch(ready.url + path)).status).toBe(404);
    },
  );

  test("health costs nothing and tracks nothing", async () => {
    const before = (await readMetrics()).match(/^trimtab_operation_calls_total.*/gm);
    expect(await (await fetch(`${ready.url}/healthz`)).text()).toBe("ok\n");
    expect((await readMetrics()).match(/^trimtab_operation_calls_total.*/gm)).toEqual(before);
  });

  test("the load gets real documents: what it decodes is the original, for every content type", async () => {
    const load = group.start({
      name: "load",
      args: ["--conditions=source", file("load.ts"), "--url", ready.url, "--rate", "40"],
    });
    let counts: LoadCounts | undefined;
    load.on("message", (message: LoadCounts) => (counts = message));
    await vi.waitFor(() => expect(counts?.verified).toBeGreaterThan(3), { timeout: 60_000, interval: 100 });
    expect(counts).toMatchObject({ failed: 0 });
    const page = await readMetrics();
    for (const type of ["json", "html", "javascript", "text", "binary"]) {
      expect(page).toMatch(
        new RegExp(
          `^trimtab_operation_calls_total\\{[^}]*ctx_content_type="${type}"[^}]*outcome="success"[^}]*\\} [1-9]`,
          "m",
        ),
      );
    }
    expect(deaths).not.toHaveBeenCalled();
  }, 70_000);
});
