/** Real processes for tests: started on loopback, watched, and ended for certain. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** The repository's root. */
export const root: string = new URL("../../", import.meta.url).pathname;

/** A child process with what it has said so far. */
export interface RunningProcess {
  readonly name: string;
  readonly child: ChildProcess;
  /** Everything it wrote to stdout and stderr. */
  output(): string;
  /** Sends the signal and waits for the end; resolves with the exit code, or the signal's name. */
  end(signal: NodeJS.Signals): Promise<number | string>;
  /** The exit code or the signal's name, once it has ended. */
  readonly ended: Promise<number | string>;
  isRunning(): boolean;
  /** What it sent last over the channel to its parent; undefined before. */
  lastMessage(): unknown;
}

const running = new Set<RunningProcess>();
const folders = new Set<string>();

/** Starts a program; its working directory is the repository's root, and its environment that of the tests, unless told otherwise. */
export function start(
  name: string,
  command: string,
  args: readonly string[],
  { cwd = root, env = process.env }: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): RunningProcess {
  return watch(name, spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] }));
}

/** Starts a TypeScript program of this repository with the Node that runs the tests; it ends when the test's process is gone. */
export function startNode(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): RunningProcess {
  const options = { cwd: root, env: { ...process.env, NODE_OPTIONS: "", ...env } };
  const child = spawn(process.execPath, ["--conditions=source", ...args], {
    ...options,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  return watch(name, child);
}

function watch(name: string, child: ChildProcess): RunningProcess {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      text = (text + chunk).slice(-200_000);
    });
  }
  let message: unknown;
  child.on("message", (sent) => {
    message = sent;
  });
  let result: number | string | undefined;
  const ended = new Promise<number | string>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      result = code ?? signal ?? "unknown";
      resolve(result);
    });
  });
  ended.catch(() => undefined); // whoever waits for it sees it; nobody has to
  const started: RunningProcess = {
    name,
    child,
    ended,
    output: () => text,
    isRunning: () => result === undefined,
    lastMessage: () => message,
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
  running.add(started);
  return started;
}

/** Ends what is still running and removes the folders: for `afterEach`. */
export async function cleanUp(): Promise<void> {
  await Promise.all([...running].filter((each) => each.isRunning()).map((each) => each.end("SIGKILL")));
  running.clear();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  folders.clear();
}

/** A folder of its own for one test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "trimtab-test-"));
  folders.add(folder);
  return folder;
}

/** A port that nobody uses at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}

/**
 * Waits until `look` gives something, asking five times a second. Says what it waited for, and what the processes said, when
 * the time is over: the bound is generous, because it only ends what would never happen.
 */
export async function until<Result>(
  what: string,
  look: () => Promise<Result | undefined | false> | Result | undefined | false,
  { seconds = 60, watching = [] }: { seconds?: number; watching?: readonly RunningProcess[] } = {},
): Promise<Result> {
  const deadline = Date.now() + seconds * 1000;
  let failure: unknown;
  for (;;) {
    try {
      const result = await look();
      if (result !== undefined && result !== false) return result;
    } catch (error) {
      failure = error;
    }
    const dead = watching.find((each) => !each.isRunning());
    if (dead !== undefined || Date.now() > deadline) {
      const why = dead === undefined ? `not within ${seconds} s` : `${dead.name} has ended`;
      const said = watching.map((each) => `--- ${each.name}\n${each.output().slice(-3000)}`).join("\n");
      throw new Error(`waited for ${what}: ${why}\n${said}`, { cause: failure });
    }
    await delay(200);
  }
}

/** The JSON at an address; throws where the answer is no success. */
export async function getJson(url: string): Promise<any> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response.json();
}
