/** For tests: the command-line tool as a real process. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

/** What became of a run. */
export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** A run that may still be going on. */
export interface RunningCli {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  /** What it has written so far. */
  readonly written: () => { readonly out: string; readonly err: string };
  /** Resolves once the text stands in standard output or error; rejects when the process ends before. */
  until(text: string | RegExp): Promise<string>;
  readonly ended: Promise<CliResult>;
}

const CLI = fileURLToPath(new URL("./cli.ts", import.meta.url));
const ARGUMENTS = ["--conditions=source", "--disable-warning=ExperimentalWarning", CLI];

/** Starts the tool in a folder. Variables of ours in this process's environment are not handed on. */
export function startCli(
  args: readonly string[],
  options: { readonly cwd: string; readonly environment?: Readonly<Record<string, string>> },
): RunningCli {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(TRIMTAB|OTEL)_/.test(name) && name !== "FORCE_COLOR",
  );
  const child = spawn(process.execPath, [...ARGUMENTS, ...args], {
    cwd: options.cwd,
    env: { ...Object.fromEntries(inherited), ...options.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  const watchers = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    for (const watch of watchers) watch();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
    for (const watch of watchers) watch();
  });
  const ended = new Promise<CliResult>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal, out, err }));
  });
  return {
    process: child,
    written: () => ({ out, err }),
    until: (wanted) =>
      new Promise((resolve, reject) => {
        const watch = (): void => {
          const all = `${out}\n${err}`;
          const found =
            typeof wanted === "string" ? (all.includes(wanted) ? wanted : undefined) : wanted.exec(all)?.[0];
          if (found === undefined) return;
          watchers.delete(watch);
          resolve(found);
        };
        watchers.add(watch);
        watch();
        void ended.then(({ code }) =>
          reject(new Error(`trimtab ended with ${code} before it wrote ${String(wanted)}:\n${out}\n${err}`)),
        );
      }),
    ended,
  };
}

/** Runs the tool to its end. */
export function runCliProcess(
  args: readonly string[],
  options: { readonly cwd: string; readonly environment?: Readonly<Record<string, string>> },
): Promise<CliResult> {
  return startCli(args, options).ended;
}
