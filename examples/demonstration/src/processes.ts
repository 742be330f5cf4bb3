/**
 * The processes of the demonstration: started with a log each, watched, and ended together.
 *
 * Each is a process group of its own, so that Ctrl-C in the terminal reaches the demonstration alone and it decides the order; and
 * each has a channel to us whose breaking ends it (see parent.ts), so that none is left over even when we are killed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What to start. */
export interface Command {
  /** Also the name of its log. */
  readonly name: string;
  /** Arguments of Node: options, the program, its arguments. */
  readonly args: readonly string[];
  /** Where it runs, where that is not the example's folder: packages that an `--import` names are looked for from there. */
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A process ended that should not have. */
export interface Death {
  readonly name: string;
  /** `exit code 1` or the signal. */
  readonly how: string;
  readonly logFile: string;
  readonly lastLines: readonly string[];
}

/** Given to Node as `--import`, it ends a program with the demonstration that started it. */
export const PARENT: string = new URL("parent.ts", import.meta.url).href;

/** The program that runs one that is not Node: `<guard> <program> [arguments]`. */
export const GUARD: string = fileURLToPath(new URL("guard.ts", import.meta.url));

/** Time between asking a process to end and ending it. */
const PATIENCE_MILLISECONDS = 1500;

/** The processes that belong together: when one ends by itself, `onDeath` is told. */
export class ProcessGroup {
  readonly #exampleFolder: string;
  readonly #logFolder: string;
  readonly #onDeath: (death: Death) => void;
  readonly #running = new Map<string, { readonly child: ChildProcess; readonly ended: Promise<void> }>();
  /** Every name that was ever started: the second log goes on where the first one ended. */
  readonly #started = new Set<string>();
  #stopping = false;

  /** @param folders Where the processes run and find their dependencies, and where their logs go. */
  constructor(
    { exampleFolder, logFolder }: { readonly exampleFolder: string; readonly logFolder: string },
    onDeath: (death: Death) => void,
  ) {
    this.#exampleFolder = exampleFolder;
    this.#logFolder = logFolder;
    this.#onDeath = onDeath;
  }

  /** Starts a program on this process's own Node, with the same options. What it writes goes to `<name>.log`. */
  start({ name, args, folder, environment = {} }: Command): ChildProcess {
    const logFile = this.logFile(name);
    const log = openSync(logFile, this.#started.has(name) ? "a" : "w");
    this.#started.add(name);
    const child = spawn(process.execPath, [...process.execArgv, ...args], {
      cwd: folder ?? this.#exampleFolder,
      env: { ...withoutOurVariables(process.env), ...environment },
      stdio: ["ignore", log, log, "ipc"],
      detached: true,
    });
    closeSync(log);
    const ended = new Promise<void>((resolve) => {
      const end = (how: string): void => {
        if (this.#running.get(name)?.child !== child) return;
        this.#running.delete(name);
        resolve();
        if (!this.#stopping) this.#onDeath({ name, how, logFile, lastLines: lastLines(logFile, 15) });
      };
      child.once("exit", (code, signal) => end(signal ?? `exit code ${code}`));
      child.once("error", (error) => end(error.message));
    });
    child.on("error", () => {}); // a message to a process that has just ended
    this.#running.set(name, { child, ended });
    return child;
  }

  /** Ends one at once, as a crash would, and tells nobody: it may be started again under the same name. */
  async crash(name: string): Promise<void> {
    const running = this.#running.get(name);
    if (running === undefined) return;
    this.#running.delete(name);
    const ended = new Promise((resolve) => running.child.once("exit", resolve));
    running.child.kill("SIGKILL");
    await ended;
  }

  logFile(name: string): string {
    return join(this.#logFolder, `${name}.log`);
  }

  /** Ends them one group after the other, in this order; whatever is left is ended at last. At most about two seconds. */
  async stop(order: readonly string[]): Promise<void> {
    this.#stopping = true;
    const deadline = Date.now() + PATIENCE_MILLISECONDS;
    for (const name of [...order, ...this.#running.keys()]) {
      const running = this.#running.get(name);
      if (running === undefined) continue;
      running.child.kill("SIGTERM");
      await within(Math.max(100, deadline - Date.now()), running.ended);
    }
    await this.kill();
  }

  /** Ends all of them at once. */
  async kill(): Promise<void> {
    this.#stopping = true;
    const rest = [...this.#running.values()];
    for (const { child } of rest) child.kill("SIGKILL");
    await within(500, Promise.all(rest.map(({ ended }) => ended)));
  }
}

/** A port that is free on 127.0.0.1 at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Can a server listen there? */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** The last lines of a log that say something. */
export function lastLines(file: string, count: number): string[] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line.trim() !== "")
      .slice(-count);
  } catch {
    return [];
  }
}

/** Settings for other services and controllers of this person must not reach into the demonstration. */
function withoutOurVariables(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(TRIMTAB|OTEL)_|^PORT$/.test(name)));
}

async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise((resolve) => (timer = setTimeout(resolve, milliseconds)))]);
  clearTimeout(timer);
}
