/** `trimtab simulate`: the simulator's command, with a configuration's own operation. */
import { simulateCommand as inSimulator, runRehearsal } from "@trimtab/simulator/cli";
import { type Command, type CommandCall, CommandFailure, type Terminal, textOption, UsageError } from "../command.ts";
import { configFileOf } from "../config-option.ts";
import { nameOfOperation, operationNamed } from "../operation-name.ts";
import { simulateFrom } from "./simulate-from.ts";

/** Lets strategies learn where the truth is known. */
export const simulateCommand: Command = {
  ...inSimulator,
  details: [
    "An environment is a built-in one (--list), all of them (all), or a module file of your own.",
    "With --operation, one of the configuration is rehearsed instead: how long learning takes at its traffic, and what it risks.",
    "With --from, recorded evidence is replayed with another strategy: what would it have served, and what can be said of the difference.",
    "docs/simulator.md tells how to read what comes out. Exit code 1 where a run fails or --require is not reached.",
  ].join("\n"),
  options: {
    ...inSimulator.options,
    from: {
      type: "string",
      value: "URL | FILE",
      description: "replays what a controller has recorded, from its address or its store, with --strategy",
    },
    since: { type: "string", value: "24h | TIME", description: "with --from: only cycles since then; by default all" },
    operation: {
      type: "string",
      value: "C.O",
      description: "rehearses this operation of the configuration in invented services; with --from, which one",
    },
    config: { type: "string", value: "FILE", description: "the configuration; else TRIMTAB_CONFIG, else trimtab.yaml" },
    calls: { type: "string", value: "N", description: "with --operation: calls per cycle, of all contexts (200)" },
    contexts: { type: "string", value: "N", description: "with --operation: how many contexts there are (4)" },
    gain: {
      type: "string",
      value: "U",
      description: "with --operation: utility that the best setting wins, 0 to 1 (0.05)",
    },
  },
  async run(call, terminal) {
    const isReplay = call.options["from"] !== undefined;
    const isRehearsal = !isReplay && (call.options["operation"] !== undefined || call.options["config"] !== undefined);
    refuseUseless(call, isReplay ? "replay" : isRehearsal ? "rehearsal" : "environments");
    if (isReplay) return simulateFrom(call, terminal);
    return isRehearsal ? rehearse(call, terminal) : inSimulator.run(call, terminal);
  },
};

/** What each way of the command can use beside `--strategy`, `--option` and `--json`; all else would be ignored silently. */
const USES = {
  replay: ["from", "since", "operation"],
  rehearsal: [
    "operation",
    "config",
    "calls",
    "contexts",
    "gain",
    "learner",
    "seeds",
    "first-seed",
    "cycles",
    "workers",
  ],
  environments: Object.keys(inSimulator.options),
} as const;
const WAYS = {
  replay: "a replay (--from)",
  rehearsal: "a rehearsal (--operation)",
  environments: "runs in environments; --from replays, --operation rehearses",
} as const;

function refuseUseless({ options }: CommandCall, way: keyof typeof USES): void {
  const usable: readonly string[] = [...USES[way], "strategy", "option", "json"];
  const useless = Object.keys(options).find((name) => options[name] !== undefined && !usable.includes(name));
  if (useless !== undefined) throw new UsageError(`--${useless} is nothing for ${WAYS[way]}.`);
}

async function rehearse({ options, positionals }: CommandCall, terminal: Terminal): Promise<number> {
  if (positionals.length > 0)
    throw new UsageError(`--operation rehearses one operation; "${positionals[0]}" is an environment of another run.`);
  const { loadConfig } = await import("../../config.ts");
  const { loadStrategyModules } = await import("../../config/strategy-modules.ts");
  const file = configFileOf(options, terminal.environment);
  const config = await loadStrategyModules(loadConfig(file, terminal.environment));
  const wanted = textOption({ options, positionals }, "operation");
  const policy = operationNamed(config.policies, wanted);
  if (policy === undefined) {
    const known = config.policies.map(nameOfOperation).join(", ");
    throw new CommandFailure(
      wanted === undefined
        ? `${file} has several operations; choose one with --operation: ${known}.`
        : `${file} has no operation "${wanted}". It has ${known}.`,
    );
  }
  const url = config.ownStrategies?.urls[policy.strategy.kind];
  const { fileURLToPath } = await import("node:url");
  return runRehearsal(
    {
      policy,
      cycleSeconds: config.intervalMilliseconds / 1000,
      ...(policy.strategy.module === undefined || url === undefined ? {} : { strategyFile: fileURLToPath(url) }),
    },
    options,
    terminal,
  );
}
