/** `trimtab backup` */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isInMemory } from "../../config/store-settings.ts";
import { type Command, CommandFailure, EXIT, textOption, UsageError } from "../command.ts";
import { configFileOf, configOption } from "../config-option.ts";

/** Copies the store while the controller runs. */
export const backupCommand: Command = {
  name: "backup",
  summary: "copies the store to a file, also while the controller runs, and checks the copy",
  details: [
    "The copy is the store as it is at one moment; what was acknowledged before is in it.",
    "To restore it: stop the controller, put the copy in the store's place (without the files -wal and -shm beside it), start it.",
    "A PostgreSQL is copied by its own pg_dump; the command says how.",
  ].join("\n"),
  options: {
    ...configOption,
    out: { type: "string", value: "FILE", description: "where to" },
    force: { type: "boolean", description: "overwrite the file" },
  },
  positionals: { min: 0, max: 0 },
  async run({ options, positionals }, { print, environment }) {
    const { backUpSqlite, describePostgres, StoreOpenError } = await import("@trimtab/engine");
    const { loadConfig } = await import("../../config.ts");
    const out = textOption({ options, positionals }, "out");
    if (out === undefined) throw new UsageError("--out is missing; write --out trimtab-backup.db");
    const { store } = loadConfig(configFileOf(options, environment), environment);
    if (store.kind === "postgres") {
      throw new UsageError(
        [
          `The store is ${describePostgres(store.url)}; PostgreSQL's own tool copies it, also while controllers run:`,
          `  pg_dump --format=custom --file=${out} --dbname="$STORE_URL"`,
          `and pg_restore --clean --if-exists --dbname="$STORE_URL" ${out} brings it back while none runs.`,
        ].join("\n"),
      );
    }
    if (isInMemory(store))
      throw new CommandFailure(
        "The store of this configuration is in memory: nothing of it can be copied from outside.",
      );
    if (existsSync(out) && options["force"] !== true)
      throw new CommandFailure(`${out} is there already; --force overwrites it, --out names another file.`);
    if (!existsSync(dirname(resolve(out))))
      throw new CommandFailure(`The folder ${dirname(resolve(out))} is not there; make it first.`);
    try {
      const { file, bytes, operations, adaptations } = await backUpSqlite(store.path, out);
      print(
        `${file}: ${(bytes / 1024 / 1024).toFixed(1)} MiB, checked; ${operations} ${operations === 1 ? "operation" : "operations"}, ${adaptations} ${adaptations === 1 ? "adaptation" : "adaptations"}`,
      );
    } catch (error) {
      if (error instanceof StoreOpenError) throw new CommandFailure(error.message);
      throw new CommandFailure(`No backup was made: ${error instanceof Error ? error.message : String(error)}`);
    }
    return EXIT.ok;
  },
};
