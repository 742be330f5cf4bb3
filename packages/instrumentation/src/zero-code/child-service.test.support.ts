/** A service in a folder and a process of its own, started with `register`, and read over HTTP as Prometheus would. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseExposition, type Sample } from "../exposition.test.support.ts";

const packageFolder = join(import.meta.dirname, "..", "..");
const register = join(packageFolder, "src", "register.ts");

/** A service that runs. */
export interface ChildService {
  readonly process: ChildProcessWithoutNullStreams;
  readonly folder: string;
  readonly port: number;
  stdout: string;
  stderr: string;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

/** How a service is started. */
export interface ChildServiceOptions {
  /** Paths and texts; the first one is the program. */
  readonly files: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** Before the program. Default: `--import` of register. */
  readonly flags?: readonly string[];
}

/** `--import` of our register. */
export const REGISTERED: readonly string[] = ["--conditions=source", "--import", register];

/** Makes `const url` of a server, prints it, and ends it with the standard input. */
export const SERVE = `
  const listening = server.listen(0, "127.0.0.1", () => {
    console.log("serving http://127.0.0.1:" + listening.address().port);
  });
  process.stdin.resume();
  process.stdin.on("end", () => { listening.closeAllConnections(); listening.close(); });
`;

const LONGEST_WAIT_MILLISECONDS = 30_000;
const children: ChildService[] = [];

/** Ends all that were started; for after each test. */
export function stopServices(): void {
  for (const child of children.splice(0)) {
    child.process.kill("SIGKILL");
    rmSync(child.folder, { recursive: true, force: true });
  }
}

/** Writes the files and starts the first one. It finds the packages that this package has. */
export async function startService({ files, environment, flags }: ChildServiceOptions): Promise<ChildService> {
  const folder = mkdtempSync(join(tmpdir(), "trimtab-zero-code-"));
  symlinkSync(join(packageFolder, "node_modules"), join(folder, "node_modules"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const port = await freePort();
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(OTEL|TRIMTAB|NODE|VITEST)/.test(name)),
  );
  const program = Object.keys(files)[0] ?? "";
  const child = spawn(process.execPath, [...(flags ?? REGISTERED), join(folder, program)], {
    cwd: folder,
    env: { ...inherited, OTEL_EXPORTER_PROMETHEUS_PORT: String(port), OTEL_SERVICE_NAME: "shop", ...environment },
  });
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal }));
  const service: ChildService = { process: child, folder, port, stdout: "", stderr: "", ended };
  child.stdout.on("data", (text) => (service.stdout += text));
  child.stderr.on("data", (text) => (service.stderr += text));
  children.push(service);
  return service;
}

/** Waits until the service has printed this, and gives what stands after it on the line. */
export function printed(service: ChildService, text: string): Promise<string> {
  return until(`"${text}" is printed`, () => {
    if (service.process.exitCode !== null) throw new Error(`the service ended: ${service.stdout}${service.stderr}`);
    const lines = service.stdout.split("\n").slice(0, -1);
    return Promise.resolve(
      lines
        .find((each) => each.startsWith(text))
        ?.slice(text.length)
        .trim(),
    );
  });
}

/** What the metrics page says, once it says this. */
export function pageWith(
  service: ChildService,
  has: (samples: readonly Sample[]) => boolean,
): Promise<readonly Sample[]> {
  return until("the page says it", async () => {
    const page = await fetch(`http://localhost:${service.port}/metrics`).then(
      (response) => response.text(),
      () => undefined, // the service does not wait for its page, so the page may come a moment after the service
    );
    const samples = page === undefined ? [] : parseExposition(page);
    return has(samples) ? samples : undefined;
  });
}

async function until<Value>(what: string, ask: () => Promise<Value | undefined>): Promise<Value> {
  const giveUpAt = Date.now() + LONGEST_WAIT_MILLISECONDS;
  for (;;) {
    const value = await ask();
    if (value !== undefined) return value;
    if (Date.now() > giveUpAt) throw new Error(`waited in vain until ${what}`);
    await setTimeout(10);
  }
}

/** Below the ports that the system gives to those who ask for any: nobody else gets it in between. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    const server = createServer();
    try {
      server.listen(port, "localhost");
      await once(server, "listening");
      server.close();
      await once(server, "close");
      return port;
    } catch {
      // taken: another one
    }
  }
}
