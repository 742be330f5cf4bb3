import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseResultHandle } from "@trimtab/conventions";
import { freePort, ProcessGroup } from "@trimtab/example-demonstration";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { standInEnvironment } from "./start-processes.ts";

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "llm-orchestrator-"));
const deaths = vi.fn<() => void>();
const group = new ProcessGroup({ exampleFolder: file(".."), logFolder: folder }, deaths);
let url: string;

beforeAll(async () => {
  const node = ["--conditions=source"];
  const standIn = group.start({ name: "models", args: [...node, file("stand-in/main.ts"), "--port", "0"] });
  const [models] = (await once(standIn, "message")) as [{ readonly url: string }];
  const service = group.start({
    name: "service",
    args: [...node, "--import", "@trimtab/instrumentation/register", file("service.ts")],
    environment: {
      ...standInEnvironment(models.url),
      PORT: "0",
      OTEL_SERVICE_NAME: "llm_orchestrator",
      OTEL_EXPORTER_PROMETHEUS_HOST: "127.0.0.1",
      OTEL_EXPORTER_PROMETHEUS_PORT: String(await freePort()),
      TRIMTAB_HTTP_OPERATIONS: "off",
    },
  });
  [{ url }] = (await once(service, "message")) as [{ readonly url: string }];
}, 60_000);
afterAll(async () => {
  await group.stop([]);
  rmSync(folder, { recursive: true });
});

const ask = (body: string): Promise<Response> => fetch(`${url}/songs`, { method: "POST", body });

test("gives a verse, what it cost, and a handle by which those who use it can say how good it was", async () => {
  const response = await ask(JSON.stringify({ genre: "rock", theme: "harbour", lines: 4 }));
  expect(response.status).toBe(200);
  const song = (await response.json()) as { readonly text: string; readonly costUsd: number; readonly handle: string };
  expect(song.text.split("\n").filter((line) => line !== "")).toHaveLength(4);
  expect(song.costUsd).toBeGreaterThan(0);
  expect(parseResultHandle(song.handle)).toMatchObject({
    origin: { component: "llm_orchestrator", operation: "generate_lyrics", context: { genre: "rock" } },
  });
  expect(deaths).not.toHaveBeenCalled();
}, 30_000);

test.each([
  ["{", /expected object/i],
  ['{"genre":"rock","theme":"harbour","lines":1}', /lines/],
  ['{"genre":"rock","theme":"harbour","lines":4,"model":"large"}', /model/],
])("%s is refused", async (body, problem) => {
  const response = await ask(body);
  expect(response.status).toBe(400);
  expect(((await response.json()) as { readonly problem: string }).problem).toMatch(problem);
});
