/** `trimtab export` */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { OperationKey } from "@trimtab/engine";
import { didYouMean } from "../../nearest.ts";
import { type Command, CommandFailure, EXIT, textOption, UsageError } from "../command.ts";
import { configFileOf, configOption } from "../config-option.ts";
import { ExportLines } from "../export-file.ts";
import { nameOfOperation, operationNamed } from "../operation-name.ts";
import { openStoreForReading } from "../store-command.ts";

/** Writes what was learnt and set to a file that another store takes. */
export const exportCommand: Command = {
  name: "export",
  summary: "writes what was learnt and set to a file that another store takes",
  details: [
    "Values in force, overrides, freezes, everything learnt, adaptations, the audit and trends; as JSON Lines, also while the controller runs.",
    "Not in it: the evidence of single cycles, feedback, records and outcomes. A copy of everything is what trimtab backup makes.",
  ].join("\n"),
  options: {
    ...configOption,
    out: { type: "string", value: "FILE | -", description: "where to; - prints it" },
    operation: {
      type: "string",
      value: "C.O",
      description: "only this operation; may stand several times",
      isList: true,
    },
    force: { type: "boolean", description: "overwrite the file" },
  },
  positionals: { min: 0, max: 0 },
  async run(call, terminal) {
    const out = textOption(call, "out");
    if (out === undefined)
      throw new UsageError("--out is missing; write --out trimtab-export.jsonl, or --out - to print it");
    if (out !== "-" && existsSync(out) && call.options["force"] !== true)
      throw new CommandFailure(`${out} is there already; --force overwrites it, --out names another file.`);
    if (out !== "-" && !existsSync(dirname(resolve(out))))
      throw new CommandFailure(`The folder ${dirname(resolve(out))} is not there; make it first.`);
    const { createSqlStore, exportOperations } = await import("@trimtab/engine");
    const { loadConfig } = await import("../../config.ts");
    const { VERSION } = await import("../../version.ts");
    const { store } = loadConfig(configFileOf(call.options, terminal.environment), terminal.environment);
    const database = await openStoreForReading(store);
    if (database === undefined) throw new CommandFailure("The store is not there yet: no controller has used it.");
    try {
      const wanted = wantedOf(textOption(call, "operation"), await createSqlStore(database).listOperations());
      const counts = { operation: 0, adaptation: 0, act: 0, trend: 0 };
      const lines = new ExportLines();
      const write = out === "-" ? (text: string) => terminal.print(text.trimEnd()) : undefined;
      const file = write === undefined ? new UnfinishedFile(out) : undefined;
      try {
        const put = write ?? ((text: string) => file?.write(text));
        put(lines.header({ exportedAt: Date.now(), program: VERSION }));
        await exportOperations(database, wanted, (entry) => {
          counts[entry.kind]++;
          put(lines.entry(entry));
        });
        put(lines.end());
        file?.finish();
      } finally {
        file?.remove();
      }
      if (file !== undefined)
        terminal.print(
          `${resolve(out)}: ${counts.operation} ${counts.operation === 1 ? "operation" : "operations"}, ${counts.adaptation} adaptations, ${counts.act} acts, ${counts.trend} spans of trends`,
        );
    } finally {
      await database.destroy();
    }
    return EXIT.ok;
  },
};

function wantedOf(written: string | undefined, known: readonly OperationKey[]): (key: OperationKey) => boolean {
  if (written === undefined) return () => true;
  const chosen = written.split("\n").map((name) => {
    const found = operationNamed(known, name);
    if (found !== undefined) return found;
    const names = known.map(nameOfOperation);
    throw new UsageError(
      `The store has no operation "${name}"${didYouMean(name, names)}${names.length === 0 ? "" : `\nIt has ${names.join(", ")}.`}`,
    );
  });
  return (key) => chosen.some((each) => each.component === key.component && each.operation === key.operation);
}

/** A file that has its name only when it is whole and on disk. */
class UnfinishedFile {
  private readonly target: string;
  private readonly unfinished: string;
  private descriptor: number | undefined;

  constructor(target: string) {
    this.target = resolve(target);
    this.unfinished = join(dirname(this.target), `.${process.pid}-unfinished-export`);
    this.descriptor = openSync(this.unfinished, "w");
  }

  write(text: string): void {
    if (this.descriptor !== undefined) writeSync(this.descriptor, text);
  }

  finish(): void {
    if (this.descriptor === undefined) return;
    fsyncSync(this.descriptor);
    closeSync(this.descriptor);
    this.descriptor = undefined;
    renameSync(this.unfinished, this.target);
  }

  remove(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    rmSync(this.unfinished, { force: true });
  }
}
