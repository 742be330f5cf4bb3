import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Death, freePort, isPortFree, lastLines, ProcessGroup } from "./processes.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "demonstration-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const parent = new URL("parent.ts", import.meta.url).href;
const forever = "setInterval(() => {}, 1000); process.send('up');";

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("a process that ends by itself is told with its exit code and the end of its log", async () => {
  const deaths: Death[] = [];
  const group = new ProcessGroup({ exampleFolder: folder, logFolder: folder }, (death) => deaths.push(death));
  group.start({ name: "short", args: ["-e", "console.log('one\\ntwo'); process.exit(3)"] });
  await vi.waitFor(() => expect(deaths).toHaveLength(1), { timeout: 10_000 });
  expect(deaths[0]).toEqual({
    name: "short",
    how: "exit code 3",
    logFile: join(folder, "short.log"),
    lastLines: ["one", "two"],
  });
});

test("stopping ends all of them, also one that does not want to, and is no death", async () => {
  const onDeath = vi.fn<(death: Death) => void>();
  const group = new ProcessGroup({ exampleFolder: folder, logFolder: folder }, onDeath);
  const children = [
    group.start({ name: "willing", args: ["-e", forever] }),
    group.start({ name: "stubborn", args: ["-e", `process.on("SIGTERM", () => {}); ${forever}`] }),
  ];
  await Promise.all(children.map((child) => once(child, "message")));
  await group.stop(["stubborn", "willing"]);
  expect(children.map(({ signalCode }) => signalCode)).toEqual(["SIGTERM", "SIGKILL"]);
  expect(onDeath).not.toHaveBeenCalled();
});

test("one that crashes by order is no death, and runs again under its name with the same log", async () => {
  const onDeath = vi.fn<(death: Death) => void>();
  const group = new ProcessGroup({ exampleFolder: folder, logFolder: folder }, onDeath);
  const said = (word: string): string => `console.log("${word}"); ${forever}`;
  const first = group.start({ name: "service", args: ["-e", said("first")] });
  await once(first, "message");
  await group.crash("service");
  expect(first.signalCode).toBe("SIGKILL");
  const second = group.start({ name: "service", args: ["-e", said("second")] });
  await once(second, "message");
  await vi.waitFor(() => expect(lastLines(group.logFile("service"), 2)).toEqual(["first", "second"]));
  await group.stop([]);
  expect(second.signalCode).toBe("SIGTERM");
  expect(onDeath).not.toHaveBeenCalled();
});

test("settings of the person's own services do not reach the processes", async () => {
  vi.stubEnv("TRIMTAB_CONTROLLER_URL", "http://example.test");
  vi.stubEnv("OTEL_SERVICE_NAME", "another");
  const group = new ProcessGroup({ exampleFolder: folder, logFolder: folder }, () => {});
  const child = group.start({
    name: "environment",
    args: ["-e", "process.send([process.env.TRIMTAB_CONTROLLER_URL, process.env.OTEL_SERVICE_NAME])"],
    environment: { OTEL_SERVICE_NAME: "document_delivery" },
  });
  const [message] = await once(child, "message");
  expect(message).toEqual([null, "document_delivery"]);
  await group.stop([]);
  vi.unstubAllEnvs();
});

test("nothing is left over when the one who started them is killed", async () => {
  const program = `
    import { ProcessGroup } from ${JSON.stringify(new URL("processes.ts", import.meta.url).href)};
    const group = new ProcessGroup({ exampleFolder: ${JSON.stringify(folder)}, logFolder: ${JSON.stringify(folder)} }, () => {});
    const node = group.start({ name: "node", args: ["--import", ${JSON.stringify(parent)}, "-e", "setInterval(() => {}, 1000); process.send(process.pid)"] });
    const guarded = group.start({ name: "guarded", args: [${JSON.stringify(fileURLToPath(new URL("guard.ts", import.meta.url)))}, process.execPath, "-e", "console.log(process.pid); setInterval(() => {}, 1000)"] });
    const { readFileSync } = await import("node:fs");
    const pids = [await new Promise((resolve) => node.once("message", resolve)), guarded.pid];
    while (pids.length < 3) {
      const log = readFileSync(group.logFile("guarded"), "utf8");
      if (log.endsWith("\\n")) pids.push(Number(log));
      else await new Promise((resolve) => setTimeout(resolve, 20));
    }
    console.log(JSON.stringify(pids));
  `;
  const file = join(folder, "starter.mjs");
  writeFileSync(file, program);
  const starter = spawn(process.execPath, ["--conditions=source", file], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(starter.stdout, "data");
  const pids = JSON.parse(String(line)) as number[];
  expect(pids.every(isAlive)).toBe(true);
  starter.kill("SIGKILL");
  await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 10_000 });
}, 30_000);

test("a port is free until somebody listens on it", async () => {
  const port = await freePort();
  expect(await isPortFree(port)).toBe(true);
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  expect(await isPortFree(port)).toBe(false);
  server.close();
});
