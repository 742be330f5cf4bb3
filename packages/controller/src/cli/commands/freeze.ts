/** `trimtab freeze`, `trimtab unfreeze`, `trimtab reset` */
import type { WireAct } from "../../http/wire/act-wire.ts";
import { actOptions, describeAct, operationMeant, operationPath, reasonOf } from "../act-command.ts";
import { type Command, EXIT, type OptionDescription } from "../command.ts";
import { controllerClient } from "../controller-client.ts";

function operationCommand(
  name: "freeze" | "unfreeze" | "reset",
  summary: string,
  details: string,
  options: Readonly<Record<string, OptionDescription>> = {},
): Command {
  return {
    name,
    summary,
    details,
    argument: "<component.operation>",
    options: { ...options, ...actOptions },
    positionals: { min: 0, max: 1 },
    async run(call, terminal) {
      const reason = reasonOf(call, name, terminal);
      const client = await controllerClient(call.options, terminal.environment);
      const path = operationPath(await operationMeant(client, call.positionals[0]));
      const verb = call.options["undo"] === true ? `${name}/undo` : name;
      terminal.print(describeAct(await client.send<WireAct>("POST", `/v1/operations/${path}/${verb}`, reason)));
      return EXIT.ok;
    },
  };
}

/** Keeps what is served as it is. */
export const freezeCommand: Command = operationCommand(
  "freeze",
  "keeps what is served exactly as it is, until you unfreeze it",
  "A breach of a limit is told and left to you. The name may be left out where there is one operation only.",
);

/** Ends a freeze. */
export const unfreezeCommand: Command = operationCommand("unfreeze", "ends a freeze", "Learning goes on where it was.");

/** Makes what was learnt count less. */
export const resetCommand: Command = operationCommand(
  "reset",
  "makes what was learnt count less; the values in force stay",
  "It can be undone for a week. Values that you had rejected may be tried again.",
  { undo: { type: "boolean", description: "bring back what was learnt before the last reset" } },
);
