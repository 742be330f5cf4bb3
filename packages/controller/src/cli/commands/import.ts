/** `trimtab import` */
import { randomUUID } from "node:crypto";
import { type Context, variantInForce } from "@trimtab/conventions";
import type { ExportedOperation, HeldLease, ImportedOperation, OperationKey, SqlDatabase } from "@trimtab/engine";
import type { OperationPolicy } from "@trimtab/learning";
import type { StoreSettings } from "../../config/store-settings.ts";
import { differences } from "../../plan/differences.ts";
import { actOptions, reasonOf } from "../act-command.ts";
import { type Command, CommandFailure, EXIT, type Terminal } from "../command.ts";
import { configFileOf } from "../config-option.ts";
import { readExport, readExportHeader } from "../export-file.ts";
import { valuesText } from "../number-text.ts";
import { nameOfOperation } from "../operation-name.ts";
import { openStoreForReading, openStoreForWriting } from "../store-command.ts";

/** Puts what another controller had learnt into the store. */
export const importCommand: Command = {
  name: "import",
  summary: "puts what trimtab export has written into the store, whole or not at all",
  details: [
    "While no controller runs on this store. The next controller goes on from there: values in force, overrides, freezes, what was learnt.",
    "Operations that are there already are refused without --replace. Who imported, and why, stands in the audit.",
    "--dry-run checks the file and tells what would change, also while a controller runs; exit code 1 where it would be refused.",
  ].join("\n"),
  argument: "<file>",
  options: {
    config: { ...actOptions["config"], type: "string", description: "the configuration, which names the store" },
    replace: { type: "boolean", description: "operations that are there already give way to those of the file" },
    "dry-run": { type: "boolean", description: "changes nothing" },
    why: {
      ...actOptions["why"],
      type: "string",
      description: "why; it stands in the audit. Needed, but for --dry-run",
    },
    by: { ...actOptions["by"], type: "string", description: "who; else the name of the user that runs the command" },
  },
  positionals: { min: 1, max: 1 },
  async run(call, terminal) {
    const isDry = call.options["dry-run"] === true;
    const reason = isDry ? undefined : reasonOf(call, "import", terminal);
    const { loadConfig } = await import("../../config.ts");
    const [file = ""] = call.positionals;
    const config = loadConfig(configFileOf(call.options, terminal.environment), terminal.environment);
    const { exportedAt } = await readExportHeader(file);
    const operations: ExportedOperation[] = [];
    for await (const entry of readExport(file)) if (entry.kind === "operation") operations.push(entry);
    if (operations.length === 0) throw new CommandFailure(`${file} has no operation: there is nothing to import.`);
    const replaces = call.options["replace"] === true;
    if (reason === undefined)
      return tell({ operations, store: config.store, policies: config.policies, replaces }, terminal);
    const done = await importInto(config.store, { file, exportedAt, replaces, ...reason });
    terminal.print(done.map((each) => `${nameOfOperation(each)}: ${describe(each)}`).join("\n"));
    return EXIT.ok;
  },
};

/** Longer than any import: a controller that starts meanwhile waits for its end. */
const LEASE_MILLISECONDS = 60_000;

async function importInto(
  settings: StoreSettings,
  given: {
    readonly file: string;
    readonly exportedAt: number;
    readonly replaces: boolean;
    readonly by?: string;
    readonly why: string;
  },
): Promise<readonly ImportedOperation[]> {
  const engine = await import("@trimtab/engine");
  const { file, exportedAt, replaces, by, why } = given;
  const database = await openStoreForWriting(settings);
  try {
    const leases = engine.createLeaseStore(database);
    const lease = settings.kind === "postgres" ? await takeLead(leases) : undefined;
    try {
      return await engine.importOperations(database, readExport(file), {
        origin: { who: by ?? "unnamed", why, at: Date.now() },
        actId: () => `act-${randomUUID()}`,
        exportedAt,
        replaces,
        policyHash: engine.policyHash,
        ...(lease === undefined ? {} : { lease: () => lease }),
      });
    } catch (error) {
      if (error instanceof engine.OperationsPresentError) throw present(error.operations);
      if (error instanceof engine.IllegalRecordError || error instanceof engine.LeaseLostError)
        throw new CommandFailure(`Nothing was imported: ${error.message}.`);
      throw error;
    } finally {
      if (lease !== undefined) await leases.releaseLease(lease);
    }
  } finally {
    await database.destroy();
  }
}

async function takeLead(leases: import("@trimtab/engine").LeaseStore): Promise<HeldLease> {
  const { LEADER_LEASE } = await import("@trimtab/engine");
  const lease = await leases.takeLease(
    LEADER_LEASE,
    `trimtab import ${process.pid}-${randomUUID().slice(0, 8)}`,
    LEASE_MILLISECONDS,
  );
  if (lease !== undefined) return lease;
  const holder = (await leases.readLease(LEADER_LEASE))?.holder ?? "another process";
  throw new CommandFailure(
    `Nothing was imported: ${holder} leads on this store.\nStop every controller that uses it first; after a crash wait for its lease to end (controller.store.lease).`,
  );
}

function present(operations: readonly OperationKey[]): CommandFailure {
  const names = operations.map(nameOfOperation).join(", ");
  return new CommandFailure(
    `Nothing was imported: the store has ${names} already.\n--replace lets what is there give way; --dry-run shows what would change; trimtab export --operation exports only others.`,
  );
}

interface Planned {
  readonly operations: readonly ExportedOperation[];
  readonly store: StoreSettings;
  readonly policies: readonly OperationPolicy[];
  readonly replaces: boolean;
}

/** Tells what would change. */
async function tell({ operations, store, policies, replaces }: Planned, { print, paint }: Terminal): Promise<number> {
  const database = await openStoreForReading(store);
  let refused = 0;
  try {
    const blocks: string[] = [];
    for (const operation of operations) {
      const before = await inForceNow(database, operation);
      if (before !== undefined && !replaces) refused++;
      const state =
        before === undefined ? "new" : replaces ? "gives way" : "is there already: refused without --replace";
      blocks.push(
        [
          `${paint("bold", nameOfOperation(operation))}   ${state}`,
          ...changesOf(before ?? new Map(), inForceOf(operation.decision)),
          ...setByPeople(operation),
          ...fitOf(
            operation.policy,
            policies.find((each) => nameOfOperation(each) === nameOfOperation(operation)),
          ),
        ].join("\n"),
      );
    }
    print(
      [
        ...blocks,
        refused === 0
          ? "Nothing was changed."
          : `Nothing was changed; ${refused === 1 ? "1 operation" : `${refused} operations`} would be refused.`,
      ].join("\n\n"),
    );
  } finally {
    await database?.destroy();
  }
  return refused === 0 ? EXIT.ok : EXIT.failed;
}

type InForce = ReadonlyMap<string, string>;

async function inForceNow(database: SqlDatabase | undefined, key: OperationKey): Promise<InForce | undefined> {
  if (database === undefined) return undefined;
  const { createSqlStore } = await import("@trimtab/engine");
  const served = await createSqlStore(database).loadServed(key);
  return served === undefined ? undefined : inForceOf(served.decision);
}

function inForceOf({ allocations }: ExportedOperation["decision"]): InForce {
  return new Map(
    allocations.map(({ context, variants }) => [
      contextName(context),
      valuesText(variantInForce(variants)?.parameters ?? {}),
    ]),
  );
}

function contextName(context: Context): string {
  const keys = Object.entries(context).map(([key, value]) => `${key}=${value}`);
  return keys.length === 0 ? "every context" : keys.join(",");
}

const MOST_LISTED = 20;

function changesOf(before: InForce, after: InForce): string[] {
  const lines = [...new Set([...before.keys(), ...after.keys()])].flatMap((context) => {
    const [from, to] = [before.get(context), after.get(context)];
    if (from === to) return [];
    if (from === undefined) return [`  + ${context}: ${to}`];
    return [to === undefined ? `  - ${context}: ${from}` : `  ~ ${context}: ${from} -> ${to}`];
  });
  if (lines.length === 0) return ["  the same values in force"];
  const more = lines.length - MOST_LISTED;
  return more > 0 ? [...lines.slice(0, MOST_LISTED), `  and ${more} more contexts`] : lines;
}

function setByPeople({ decision: { people } }: ExportedOperation): string[] {
  return [
    ...(people?.frozen === undefined ? [] : [`  frozen by ${people.frozen.who}: ${people.frozen.why}`]),
    ...(people?.overrides ?? []).map(
      ({ who, why, values, context }) =>
        `  override of ${contextName(context)}: ${valuesText(values)} by ${who}: ${why}`,
    ),
  ];
}

function fitOf(exported: OperationPolicy, configured: OperationPolicy | undefined): string[] {
  if (configured === undefined) return ["  The configuration does not have it: it waits in the store until it does."];
  const differs = (...keys: readonly (keyof OperationPolicy)[]): boolean =>
    keys.some((each) => differences(exported[each], configured[each]).length > 0);
  if (differs("parameters", "context"))
    return [
      "  The configuration has other parameters or context keys: the base values are served and learning starts again.",
    ];
  return differs("objective", "constraints", "strategy")
    ? ["  The configuration has another aim, limit or strategy: values in force stay, every comparison starts again."]
    : [];
}

function describe({ replaced, cycle, adaptations, acts, trends }: ImportedOperation): string {
  return `${replaced ? "replaced" : "imported"}, ${adaptations} adaptations, ${acts} acts, ${trends} spans of trends; its next cycle is ${cycle + 1}`;
}
