/** `trimtab replay` */
import type { Json } from "@trimtab/conventions";
import type { CycleDifference, OperationKey, ReplayReport, Store } from "@trimtab/engine";
import type { OperationPolicy, StrategyChoice, StrategyDefinition, StrategyDefinitions } from "@trimtab/learning";
import { isInMemory } from "../../config/store-settings.ts";
import type { Config } from "../../config.ts";
import { type Command, CommandFailure, EXIT, type Terminal, textOption, UsageError } from "../command.ts";
import { configFileOf, configOption } from "../config-option.ts";

/** Decides recorded cycles again and compares. */
export const replayCommand: Command = {
  name: "replay",
  summary: "decides recorded cycles again and tells whether each comes out the same, bit for bit",
  details: [
    "Reads the store of the configuration, also while the controller runs; writes nothing.",
    "Exit code 1 where a decision does not come out as it was recorded; the earliest is shown with the first place that differs.",
  ].join("\n"),
  argument: "<decision id | component/operation>",
  options: {
    ...configOption,
    from: {
      type: "string",
      value: "CYCLE",
      description: "of component/operation: the first cycle, else the first that is kept",
    },
    to: {
      type: "string",
      value: "CYCLE",
      description: "of component/operation: the last cycle, else the last that is kept",
    },
    json: { type: "boolean", description: "as JSON, for programs" },
  },
  positionals: { min: 1, max: 1 },
  async run(call, terminal) {
    const { options, positionals } = call;
    const { createSqlStore, openPostgresForReading, openSqliteForReading, StoreOpenError } = await import(
      "@trimtab/engine"
    );
    const { loadConfig } = await import("../../config.ts");
    const { loadStrategyModules } = await import("../../config/strategy-modules.ts");
    const config = await loadStrategyModules(
      loadConfig(configFileOf(options, terminal.environment), terminal.environment),
    );
    const place = config.store;
    if (isInMemory(place))
      throw new CommandFailure("The store of this configuration is in memory: nothing of it can be read from outside.");
    let store: Store;
    try {
      store = createSqlStore(
        await (place.kind === "sqlite" ? openSqliteForReading(place.path) : openPostgresForReading(place.url)),
      );
    } catch (error) {
      throw error instanceof StoreOpenError ? new CommandFailure(error.message) : error;
    }
    try {
      const wanted = await rangeOf(positionals[0] ?? "", store, config, {
        from: cycleOption(textOption(call, "from"), "from"),
        to: cycleOption(textOption(call, "to"), "to"),
      });
      const report = await replay(store, wanted, config, terminal);
      terminal.print(options["json"] === true ? JSON.stringify(report, null, 2) : describe(report));
      return report.difference === undefined && report.unreplayable.length === 0 && report.replayed > 0
        ? EXIT.ok
        : EXIT.failed;
    } finally {
      await store.close();
    }
  },
};

/** What to replay. */
interface Wanted extends OperationKey {
  readonly from?: number;
  readonly to?: number;
}

interface Bounds {
  readonly from: number | undefined;
  readonly to: number | undefined;
}

async function rangeOf(argument: string, store: Store, { policies }: Config, { from, to }: Bounds): Promise<Wanted> {
  const slash = argument.indexOf("/");
  if (slash > 0) {
    const operation = { component: argument.slice(0, slash), operation: argument.slice(slash + 1) };
    if ((await store.loadOperation(operation)) === undefined)
      throw new CommandFailure(`The store has no cycle of ${argument}. Known: ${policies.map(nameOf).join(", ")}.`);
    return { ...operation, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  }
  if (from !== undefined || to !== undefined)
    throw new UsageError("--from and --to go with component/operation; a decision is one cycle.");
  const { findCycle } = await import("@trimtab/engine");
  for (const { component, operation } of policies) {
    const cycle = await findCycle(store, { component, operation }, argument);
    if (cycle !== undefined) return { component, operation, from: cycle, to: cycle };
  }
  throw new CommandFailure(
    `No recorded decision has the id "${argument}". Old ones are dropped after controller.store.keepDecisions; "trimtab status" and GET /v1/decisions tell ids.`,
  );
}

function cycleOption(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const cycle = Number(text);
  if (Number.isSafeInteger(cycle) && cycle >= 1) return cycle;
  throw new UsageError(`--${name} ${text} is no number of a cycle; cycles are counted from 1.`);
}

async function replay(
  store: Store,
  wanted: Wanted,
  { policies, ownStrategies }: Config,
  { complain }: Terminal,
): Promise<ReplayReport> {
  const { replayCycles } = await import("@trimtab/engine");
  let told = 0;
  return replayCycles(store, {
    ...wanted,
    strategiesFor: (recorded: OperationPolicy): StrategyDefinitions => {
      const loaded = new Set(policies.flatMap(digestsOf));
      const definitions = strategiesOf(recorded).flatMap(({ kind, module }): [string, StrategyDefinition][] => {
        const definition =
          module !== undefined && loaded.has(module.digest) ? ownStrategies?.definitions[kind] : undefined;
        return definition === undefined ? [] : [[kind, definition]];
      });
      return Object.fromEntries(definitions);
    },
    onProgress(replayed) {
      if (replayed < told + 1_000) return;
      told = replayed;
      complain(`${replayed} cycles`);
    },
  });
}

/** The operation's own strategy, and that of an experiment's treatment. */
function strategiesOf({ strategy, experiment }: OperationPolicy): readonly StrategyChoice[] {
  return experiment === undefined ? [strategy] : [strategy, experiment.treatment];
}

function digestsOf(policy: OperationPolicy): readonly string[] {
  return strategiesOf(policy).flatMap(({ module }) => module?.digest ?? []);
}

function describe({ component, operation, first, last, replayed, difference, unreplayable }: ReplayReport): string {
  const range = first === last ? `cycle ${first}` : `${replayed} cycles, ${first} to ${last}`;
  const lines =
    replayed === 0
      ? [`${component}/${operation}: nothing was replayed.`]
      : [`${component}/${operation}: ${range} decided again.`];
  lines.push(...unreplayable.map((reason) => `Not replayed: ${reason}.`));
  if (difference !== undefined) lines.push(...describeDifference(difference));
  else if (replayed > 0) lines.push("Every decision comes out as it was recorded, bit for bit.");
  return lines.join("\n");
}

function describeDifference({ cycle, decision, part, difference }: CycleDifference): string[] {
  const { path, recorded, replayed } = difference;
  return [
    `Cycle ${cycle} (decision ${decision}) does not come out as it was recorded. First difference: ${part}${path === "" ? "" : `, ${path}`}`,
    `  recorded  ${textOf(recorded)}`,
    `  replayed  ${textOf(replayed)}`,
    "A cycle that another version of Trimtab recorded may come out otherwise; --from CYCLE begins behind it.",
  ];
}

const LONGEST_TEXT = 300;

function textOf(value: Json | undefined): string {
  if (value === undefined) return "(absent)";
  const text = JSON.stringify(value);
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
}

function nameOf({ component, operation }: OperationKey): string {
  return `${component}/${operation}`;
}
