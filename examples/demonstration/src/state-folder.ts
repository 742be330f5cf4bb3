/** Where a demonstration keeps what has been learnt, and its logs. */
import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StartError } from "./start-error.ts";

/** The places in a state folder. */
export interface StateFolder {
  readonly path: string;
  readonly logs: string;
  /** The controller's database; with its journal it is the file and what begins with its name. */
  readonly store: string;
  readonly controllerConfiguration: string;
  /** The service's last known good parameters. */
  readonly parameters: string;
  readonly prometheusConfiguration: string;
  readonly prometheusData: string;
  /** Lets another run have the folder; the end of the process does the same. */
  readonly release: () => void;
}

/**
 * Makes the folder and keeps it for this run; `fresh` first removes what an earlier run has put there, and nothing else.
 *
 * @param options `command` is how a person starts the program, for the advice in the error.
 * @throws {StartError} when another run has it. Nothing of that run is touched.
 */
export function prepareStateFolder(
  folder: string,
  { fresh, command }: { readonly fresh: boolean; readonly command: string },
): StateFolder {
  const path = resolve(folder);
  mkdirSync(path, { recursive: true });
  const release = keep(path, command);
  const state: StateFolder = {
    path,
    logs: join(path, "logs"),
    store: join(path, "trimtab.db"),
    controllerConfiguration: join(path, "trimtab.yaml"),
    parameters: join(path, "parameters"),
    prometheusConfiguration: join(path, "prometheus.yml"),
    prometheusData: join(path, "prometheus"),
    release,
  };
  if (fresh) {
    const files = ["", "-wal", "-shm", "-journal"].map((ending) => state.store + ending);
    for (const file of [...files, state.parameters, state.prometheusData])
      rmSync(file, { recursive: true, force: true });
  }
  for (const made of [state.logs, state.parameters]) mkdirSync(made, { recursive: true });
  return state;
}

/**
 * A transaction that stays open on a small file: the kernel ends it with the process, however that ends. Two runs in one folder
 * would write over each other's logs and configuration, and two Prometheus servers would share one database.
 */
function keep(path: string, command: string): () => void {
  const file = new DatabaseSync(join(path, "in-use"), { timeout: 0 });
  try {
    file.exec("PRAGMA synchronous = OFF; BEGIN EXCLUSIVE");
  } catch (error) {
    file.close();
    if (!(error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY)) throw error;
    throw new StartError(
      `Another run keeps its state in ${path}. End that one, or give this one a folder of its own: ${command} --state <folder>`,
    );
  }
  return () => {
    if (file.isOpen) file.close();
  };
}

const SQLITE_BUSY = 5;
