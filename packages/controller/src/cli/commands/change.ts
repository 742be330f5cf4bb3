/** `trimtab approve`, `trimtab reject`, `trimtab rollback` */
import type { WireAct } from "../../http/wire/act-wire.ts";
import { actOptions, describeAct, reasonOf } from "../act-command.ts";
import { type Command, EXIT } from "../command.ts";
import { controllerClient } from "../controller-client.ts";

function changeCommand(name: "approve" | "reject" | "rollback", summary: string, details: string): Command {
  return {
    name,
    summary,
    details,
    argument: "<adaptation id | change id>",
    options: actOptions,
    positionals: { min: 1, max: 1 },
    async run(call, terminal) {
      const reason = reasonOf(call, name, terminal);
      const client = await controllerClient(call.options, terminal.environment);
      const id = encodeURIComponent(call.positionals[0] ?? "");
      terminal.print(describeAct(await client.send<WireAct>("POST", `/v1/adaptations/${id}/${name}`, reason)));
      return EXIT.ok;
    },
  };
}

/** Puts a suggested change into force. */
export const approveCommand: Command = changeCommand(
  "approve",
  "puts a suggested change into force",
  "Parameters that change together are approved together. trimtab status lists what waits.",
);

/** Turns a suggested change down. */
export const rejectCommand: Command = changeCommand(
  "reject",
  "turns a suggested change down",
  "The very same values are neither tried nor suggested again in that context.",
);

/** Takes an applied change back. */
export const rollbackCommand: Command = changeCommand(
  "rollback",
  "takes a change back to the values before it",
  "The values that were left are not tried again in that context.",
);
