/** Where a demonstration keeps what has been learnt, and its logs. */
import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

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
}

/** Makes the folder; `fresh` first removes what an earlier run has put there, and nothing else. */
export function prepareStateFolder(folder: string, fresh: boolean): StateFolder {
  const path = resolve(folder);
  const state: StateFolder = {
    path,
    logs: join(path, "logs"),
    store: join(path, "trimtab.db"),
    controllerConfiguration: join(path, "trimtab.yaml"),
    parameters: join(path, "parameters"),
    prometheusConfiguration: join(path, "prometheus.yml"),
    prometheusData: join(path, "prometheus"),
  };
  if (fresh) {
    const files = ["", "-wal", "-shm", "-journal"].map((ending) => state.store + ending);
    for (const file of [...files, state.parameters, state.prometheusData])
      rmSync(file, { recursive: true, force: true });
  }
  for (const made of [state.path, state.logs, state.parameters]) mkdirSync(made, { recursive: true });
  return state;
}
