/**
 * One run of a program that starts other processes: what ends it, and that none of them is left when it has ended.
 */
import { constants } from "node:os";
import { type Death, isPortFree, ProcessGroup } from "./processes.ts";
import { StartError } from "./start-error.ts";
import { prepareStateFolder, type StateFolder } from "./state-folder.ts";

/** Why a run ends. */
export type Ending =
  | { readonly kind: "time" }
  | { readonly kind: "signal"; readonly signal: NodeJS.Signals }
  | { readonly kind: "death"; readonly death: Death };

/** Where a run takes place. */
export interface Stage {
  /** How a person starts the program, e.g. `npm start --`, for advice in errors. */
  readonly command: string;
  /** The controller's port; 0: any free one. */
  readonly port: number;
  readonly stateFolder: string;
  /** Forget what earlier runs have learnt. */
  readonly fresh: boolean;
  /** The folder of the example: its processes run there, and find its dependencies. */
  readonly exampleFolder: string;
  /** Whoever asks others ends before them. */
  readonly stopOrder: readonly string[];
}

/** How long the last questions may take: somebody who wants to go does not want to wait. */
const PATIENCE_MILLISECONDS = { time: 10_000, signal: 800, death: 800 } as const;

/** A run, from its start to the end of its last process. */
export class Run {
  readonly #output: NodeJS.WriteStream;
  readonly #ended = new AbortController();
  #ending: Ending | undefined;
  #group: ProcessGroup | undefined;

  /** @param output Where its lines go. */
  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
  }

  /** Aborted as soon as the end has come. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  get output(): NodeJS.WriteStream {
    return this.#output;
  }

  /** Why it ended; it was time where nothing else is known. */
  get ending(): Ending {
    return this.#ending ?? { kind: "time" };
  }

  /** For the last questions after the end. */
  lastPatience(): AbortSignal {
    return AbortSignal.timeout(PATIENCE_MILLISECONDS[this.ending.kind]);
  }

  /** Ends the run; the first reason counts. A second one does not wait for anybody. */
  end(ending: Ending): void {
    if (this.#ending !== undefined) {
      if (ending.kind === "signal") void this.#group?.kill();
      return;
    }
    this.#ending = ending;
    this.#ended.abort();
  }

  /**
   * Does the work: signals, a reader who has gone and the death of a process end it. No process is left when this resolves or throws.
   *
   * @throws {StartError} when it cannot begin. What fails while everything ends is no news.
   */
  async perform(
    { command, port, stateFolder, fresh, exampleFolder, stopOrder }: Stage,
    work: (state: StateFolder, group: ProcessGroup) => Promise<void>,
  ): Promise<void> {
    const release = this.#listen();
    try {
      if (port !== 0 && !(await isPortFree(port))) {
        throw new StartError(
          `Port ${port} on 127.0.0.1 is taken, perhaps by another example. End that one, or take another port: ${command} --port ${port < 65_535 ? port + 1 : 4700}`,
        );
      }
      const state = prepareStateFolder(stateFolder, { fresh, command });
      const group = new ProcessGroup({ exampleFolder, logFolder: state.logs }, (death) =>
        this.end({ kind: "death", death }),
      );
      this.#group = group;
      try {
        await work(state, group);
      } catch (error) {
        if (this.#ending === undefined) throw error;
      } finally {
        await group.stop(stopOrder);
        state.release();
      }
      if (this.ending.kind === "death") this.#tellDeath(this.ending.death);
    } finally {
      release();
    }
  }

  /** Writes lines. */
  say(...lines: readonly string[]): void {
    this.#output.write(`${lines.join("\n")}\n`);
  }

  #tellDeath({ name, how, logFile, lastLines }: Death): void {
    this.say("", `The ${name} ended unexpectedly (${how}), so the demonstration ends too. Its log is ${logFile}:`);
    this.say(...lastLines.map((line) => `  | ${line}`));
  }

  /** @returns What stops the listening. */
  #listen(): () => void {
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
    const onSignal = (signal: NodeJS.Signals): void => this.end({ kind: "signal", signal });
    for (const signal of signals) process.on(signal, onSignal);
    // Whoever reads along has gone, e.g. `npm start | head`.
    const onGone = (): void => this.end({ kind: "signal", signal: "SIGPIPE" });
    for (const stream of [process.stdout, process.stderr]) stream.on("error", onGone);
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.ppid !== parent) this.end({ kind: "signal", signal: "SIGTERM" });
    }, 500);
    return () => {
      clearInterval(watch);
      for (const signal of signals) process.off(signal, onSignal);
    };
  }
}

/** 128 plus the signal's number, 1 after a death; undefined where the time was over. */
export function exitCodeOf(ending: Ending): number | undefined {
  if (ending.kind === "signal") return 128 + constants.signals[ending.signal];
  return ending.kind === "death" ? 1 : undefined;
}
