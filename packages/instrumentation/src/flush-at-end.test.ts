/** The ends of real processes whose collector and controller take every request and answer none. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { flushAtEnd } from "./flush-at-end.ts";

const TRACKED = `
  import { track } from "@trimtab/instrumentation";
  await track("work", {}, () => Promise.resolve());
`;
const READY = "process.stdin.resume(); console.log('ready');";

interface Child {
  readonly process: ChildProcessWithoutNullStreams;
  stdout: string;
  stderr: string;
  readonly ended: Promise<{ readonly code: unknown; readonly signal: unknown }>;
}

let silent: Server;
let asked: string[];
const children: Child[] = [];

beforeAll(async () => {
  asked = [];
  silent = createServer((request) => {
    asked.push(request.url ?? "");
    request.resume();
  });
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
});

afterAll(async () => {
  for (const child of children) child.process.kill("SIGKILL");
  silent.closeAllConnections();
  silent.close();
  await once(silent, "close");
});

/** A service whose telemetry and parameters both come from the server that is silent. */
function start(code: string): Child {
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(OTEL|TRIMTAB|NODE|VITEST)/.test(name)),
  );
  const register = ["--conditions=source", "--import", "@trimtab/instrumentation/register"];
  const child = spawn(process.execPath, [...register, "--input-type=module", "--eval", TRACKED + code], {
    cwd: join(import.meta.dirname, ".."),
    env: {
      ...inherited,
      OTEL_METRICS_EXPORTER: "otlp",
      OTEL_TRACES_EXPORTER: "otlp",
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_TIMEOUT: "3600000",
      TRIMTAB_CONTROLLER_URL: `${url}/controller/`,
      TRIMTAB_REQUEST_TIMEOUT: "1h",
    },
  });
  const ended = once(child, "close").then(([exitCode, signal]) => ({
    code: exitCode as unknown,
    signal: signal as unknown,
  }));
  const started: Child = { process: child, stdout: "", stderr: "", ended };
  child.stdout.on("data", (text) => (started.stdout += text));
  child.stderr.on("data", (text) => (started.stderr += text));
  children.push(started);
  return started;
}

const ready = (child: Child): Promise<unknown> =>
  vi.waitUntil(() => child.stdout.includes("ready"), { timeout: 60_000, interval: 10 });

describe("with a collector and a controller that never answer", { timeout: 90_000, concurrent: true }, () => {
  test.each(["SIGTERM", "SIGINT"] as const)("%s ends the process by that signal", async (signal) => {
    const child = start(READY);
    await ready(child);
    child.process.kill(signal);
    expect(await child.ended).toEqual({ code: null, signal });
    expect(child.stderr).not.toContain("Error:");
  });

  test("a handler of the service's own decides, and calls that it still tracks harm nobody, up to the very end", async () => {
    const child = start(`
      process.on("SIGTERM", () => {
        track("last words", {}, () => console.log("tidied up"));
        process.stdin.destroy();
      });
      process.on("exit", () => track("after the end", {}, (call) => { call.quality(1); console.log("still tracked"); }));
      ${READY}`);
    await ready(child);
    child.process.kill("SIGTERM");
    expect(await child.ended).toEqual({ code: 0, signal: null });
    expect(child.stdout).toContain("tidied up\nstill tracked\n");
    expect(child.stderr).not.toContain("Error");
  });

  test("a listener that leaves the end to others where there are any ends the process as it does without us", async () => {
    const child = start(`
      process.on("SIGTERM", function leave() { // as the package signal-exit does
        if (process.listenerCount("SIGTERM") > 1) return;
        process.removeListener("SIGTERM", leave);
        process.kill(process.pid, "SIGTERM");
      });
      ${READY}`);
    await ready(child);
    child.process.kill("SIGTERM");
    expect(await child.ended).toEqual({ code: null, signal: "SIGTERM" });
  });

  test("the end of its work ends the process, with the code that it set", async () => {
    const child = start("process.exitCode = 3;");
    expect(await child.ended).toEqual({ code: 3, signal: null });
  });

  test("process.exit ends it at once", async () => {
    const child = start("process.exit(4);");
    expect(await child.ended).toEqual({ code: 4, signal: null });
  });

  test.each([
    ["an error that nobody caught", "setTimeout(() => { throw new RangeError('broken'); }, 1);"],
    ["a rejection that nobody caught", "void Promise.reject(new RangeError('broken'));"],
    ["an error that a tracked call passed on", "track('fails', {}, () => { throw new RangeError('broken'); });"],
  ])("%s ends it as ever: code 1, and the error on stderr", async (_, code) => {
    const child = start(`${code} setInterval(() => {}, 1000);`);
    expect(await child.ended).toEqual({ code: 1, signal: null });
    expect(child.stderr).toContain("RangeError: broken");
  });
});

test("a second signal waits for nothing", async () => {
  const added = vi.spyOn(process, "prependListener").mockReturnThis();
  const kill = vi.spyOn(process, "kill").mockReturnValue(true);
  vi.spyOn(process, "listenerCount").mockReturnValue(1);
  try {
    flushAtEnd(
      () => new Promise(() => {}),
      () => {},
    );
    const onSignal = added.mock.calls.find(([name]) => String(name) === "SIGTERM")?.[1] as () => void;
    onSignal();
    await Promise.resolve();
    expect(kill).not.toHaveBeenCalled();
    onSignal();
    expect(kill).toHaveBeenCalledWith(process.pid, "SIGTERM");
  } finally {
    vi.restoreAllMocks();
  }
});

test("the collector and the controller were asked, and have not answered", () => {
  expect(new Set(asked)).toEqual(
    new Set(["/v1/metrics", "/v1/traces", "/controller/v1/allocations?component=unknown_service"]),
  );
});
