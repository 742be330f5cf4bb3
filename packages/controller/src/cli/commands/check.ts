/** `trimtab check` */

import type { OperationPolicy } from "@trimtab/learning";
import { rehearsalSubject } from "@trimtab/simulator/cli";
import type { Config } from "../../config.ts";
import { type AdoptionAdvice, adoptionAdvice } from "../adoption.ts";
import { type Command, CommandFailure, EXIT, type Terminal, textOption } from "../command.ts";
import { configFileOf } from "../config-option.ts";
import { controllerClient, controllerOptions } from "../controller-client.ts";
import { nameOfOperation } from "../operation-name.ts";
import { askRecorded, type RecordedOperations } from "../recorded-evidence.ts";
import { type ReadRehearsal, readRehearsal } from "../rehearsal-evidence.ts";

/** Validates a configuration, says in plain words what it means, and which step is next for each operation. */
export const checkCommand: Command = {
  name: "check",
  summary: "validates the configuration, says what it means and which step is next",
  details: [
    "Exit code 2 where it has problems; all of them are listed. Advice on the next step changes no exit code.",
    "A step is recommended on evidence: what the running controller has recorded, and rehearsals that",
    "trimtab simulate --operation COMPONENT.OPERATION --json wrote. Where no controller answers, that is said.",
  ].join("\n"),
  options: {
    ...controllerOptions,
    rehearsal: {
      type: "string",
      value: "FILE",
      description: "a rehearsal of one of the operations; may stand several times",
      isList: true,
    },
    offline: { type: "boolean", description: "asks no controller" },
  },
  positionals: { min: 0, max: 0 },
  async run(call, terminal) {
    const { loadConfig } = await import("../../config.ts");
    const { loadStrategyModules } = await import("../../config/strategy-modules.ts");
    const { describeController, describePolicy } = await import("../config-description.ts");
    const { describeConstraint } = await import("@trimtab/learning");
    const config = await loadStrategyModules(
      loadConfig(configFileOf(call.options, terminal.environment), terminal.environment),
    );
    const files = (textOption(call, "rehearsal") ?? "").split("\n").filter((file) => file !== "");
    const rehearsals = files.map(readRehearsal);
    const recorded = await askController(config, call.options, terminal.environment);
    const judged = config.policies.map((policy) => ({ policy, advice: adviceOn(policy, recorded, rehearsals) }));
    terminal.print(
      [
        ...describeController(config),
        ...("operations" in recorded ? [] : [recorded.why]),
        ...judged.flatMap(({ policy, advice }) => [
          "",
          ...describePolicy(policy, config, describeConstraint),
          ...(advice === undefined ? [] : describeAdvice(advice, terminal)),
        ]),
        ...warningLine(judged.filter(({ advice }) => advice?.kind === "warning").map(({ policy }) => policy)),
      ].join("\n"),
    );
    return EXIT.ok;
  },
};

/** What the controller knows, or why it was not asked. */
type Recorded = { readonly operations: RecordedOperations } | { readonly why: string };

async function askController(
  config: Config,
  options: Parameters<Command["run"]>[0]["options"],
  environment: NodeJS.ProcessEnv,
): Promise<Recorded> {
  if (options["offline"] === true) return { why: "No controller was asked for evidence (--offline)." };
  // Where nothing can be tuned no step is next, so that nobody is asked in vain.
  if (config.policies.every(({ parameters }) => Object.keys(parameters).length === 0)) return { operations: new Map() };
  const client = await controllerClient(options, environment);
  try {
    return { operations: await askRecorded(client, config.intervalMilliseconds) };
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    const [what = "", remedy = ""] = error.message.split("\n");
    return { why: `What was recorded could not be asked for: ${what}${remedy === "" ? "" : ` ${remedy}`}` };
  }
}

function adviceOn(
  policy: OperationPolicy,
  recorded: Recorded,
  rehearsals: readonly ReadRehearsal[],
): AdoptionAdvice | undefined {
  const wasAsked = "operations" in recorded;
  return adoptionAdvice(policy, {
    wasAsked,
    recorded: wasAsked ? recorded.operations.get(`${policy.component}/${policy.operation}`) : undefined,
    rehearsals: rehearsals.filter(({ report }) => report.operation === nameOfOperation(policy)),
    subject: rehearsalSubject(policy),
  });
}

function describeAdvice({ kind, sentence, remedy }: AdoptionAdvice, { paint }: Terminal): string[] {
  const color = { next: "green", founded: "green", stay: "bold", warning: "yellow" } as const;
  const marked = kind === "warning" ? `Warning: ${sentence}` : sentence;
  return [`  ${paint(color[kind], marked)}`, ...(remedy === undefined ? [] : [`    ${paint("dim", `-> ${remedy}`)}`])];
}

function warningLine(policies: readonly OperationPolicy[]): string[] {
  if (policies.length === 0) return [];
  const names = policies.map(nameOfOperation).join(", ");
  return [
    "",
    `${policies.length === 1 ? "1 warning" : `${policies.length} warnings`}: ${names}. The file is good all the same.`,
  ];
}
