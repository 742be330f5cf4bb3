/** `trimtab records` */
import { type Context, describeContext, type OperationRecord } from "@trimtab/conventions";
import type { WireRecordPage } from "../../http/wire/record-wire.ts";
import { type Command, EXIT, textOption } from "../command.ts";
import { contextOption } from "../context-option.ts";
import { controllerClient, controllerOptions } from "../controller-client.ts";
import { secondsText, timeText } from "../number-text.ts";
import { textTable } from "../text-table.ts";

/** Shows the last calls one by one. */
export const recordsCommand: Command = {
  name: "records",
  summary: "shows the last calls one by one, of the sample that services send",
  details: "A service sends a sample where TRIMTAB_RECORDS_RATIO is set, such as 0.05 for one call in twenty.",
  argument: "<component> [operation]",
  options: {
    ctx: {
      type: "string",
      value: "KEY=VALUE",
      description: "only calls of this context, one key each",
      isList: true,
    },
    limit: { type: "string", value: "N", description: "how many, 1 to 1000; else 100" },
    ...controllerOptions,
    json: { type: "boolean", description: "as JSON, for programs" },
  },
  positionals: { min: 1, max: 2 },
  async run(call, terminal) {
    const [component = "", operation] = call.positionals;
    const query = new URLSearchParams({ component });
    if (operation !== undefined) query.set("operation", operation);
    const context = contextOption(call);
    for (const [key, value] of Object.entries(context)) query.set(`ctx.${key}`, value);
    const limit = textOption(call, "limit");
    if (limit !== undefined) query.set("limit", limit);
    const client = await controllerClient(call.options, terminal.environment);
    const page = await client.require<WireRecordPage>(`/v1/records?${query.toString()}`);
    if (call.options["json"] === true) terminal.print(JSON.stringify(page, null, 2));
    else if (page.records.length === 0) terminal.print(nothing([component, operation], context));
    else terminal.print(textTable(tableOf(page.records, operation === undefined)).join("\n"));
    return EXIT.ok;
  },
};

function nothing(names: readonly (string | undefined)[], context: Context): string {
  const what = names.filter((name) => name !== undefined).join(" / ");
  const narrowed = Object.keys(context).length === 0 ? "" : ` for ${describeContext(context)}`;
  return `No call of ${what} is kept${narrowed}.\nServices send a sample where TRIMTAB_RECORDS_RATIO is set, such as 0.05.`;
}

function tableOf(records: readonly OperationRecord[], withOperation: boolean): string[][] {
  const named = withOperation ? ["operation"] : [];
  const head = ["ended", ...named, "outcome", "duration", "quality", "cost", "variant", "context"];
  return [
    head,
    ...records.map((record) => [
      timeText(record.at),
      ...(withOperation ? [record.operation] : []),
      record.errorType === undefined ? record.outcome : `${record.outcome} (${record.errorType})`,
      secondsText(record.durationMilliseconds === undefined ? undefined : record.durationMilliseconds / 1000),
      record.quality === undefined ? "-" : String(Number(record.quality.toFixed(3))),
      costText(record.cost),
      record.variant,
      Object.entries(record.context)
        .map(([key, value]) => `${key}=${value}`)
        .join(" ") || "-",
    ]),
  ];
}

function costText(cost: OperationRecord["cost"]): string {
  const amounts = Object.entries(cost ?? {}).map(([unit, amount]) => `${Number(amount.toPrecision(4))} ${unit}`);
  return amounts.length === 0 ? "-" : amounts.join(", ");
}
