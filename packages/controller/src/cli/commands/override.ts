/** `trimtab override`, `trimtab release` */
import { type Context, type ParameterSpace, type ParameterValue, parseDuration } from "@trimtab/conventions";
import type { WireAct } from "../../http/wire/act-wire.ts";
import type { WireOperation } from "../../http/wire/operation-wire.ts";
import { didYouMean } from "../../nearest.ts";
import { actOptions, describeAct, operationMeant, operationPath, reasonOf } from "../act-command.ts";
import { type Command, type CommandCall, EXIT, type OptionDescription, textOption, UsageError } from "../command.ts";
import { controllerClient } from "../controller-client.ts";

const context: OptionDescription = {
  type: "string",
  value: "KEY=VALUE",
  description: "the context, one key each; without it every context",
  isList: true,
};

/** Serves values that a person sets. */
export const overrideCommand: Command = {
  name: "override",
  summary: "serves values that you set, to all but the holdout, whatever is learnt",
  details:
    "It holds for the context and every context below it; parameters that are not named keep what is in force.\nExample: trimtab override shop.checkout level=7 --context genre=rock --for 2h --why campaign",
  argument: "<component.operation> <parameter=value ...>",
  options: {
    context,
    until: {
      type: "string",
      value: "TIME",
      description: "when it ends, such as 2026-12-24T18:00:00Z; else at the release",
    },
    for: { type: "string", value: "DURATION", description: "how long it lasts, such as 2h" },
    ...actOptions,
  },
  positionals: { min: 2, max: 100 },
  async run(call, terminal) {
    const reason = reasonOf(call, "override", terminal);
    const until = endOf(call);
    const query = contextQuery(call);
    const client = await controllerClient(call.options, terminal.environment);
    const [name, ...assignments] = call.positionals;
    const path = operationPath(await operationMeant(client, name));
    const { specification } = await client.require<WireOperation>(`/v1/operations/${path}`);
    const values = valuesOf(assignments, specification.parameters);
    const body = { values, ...(until === undefined ? {} : { until }), ...reason };
    terminal.print(describeAct(await client.send<WireAct>("PUT", `/v1/overrides/${path}${query}`, body)));
    return EXIT.ok;
  },
};

/** Ends an override. */
export const releaseCommand: Command = {
  name: "release",
  summary: "ends an override; what was in force before is served again",
  argument: "<component.operation>",
  options: { context, ...actOptions },
  positionals: { min: 0, max: 1 },
  async run(call, terminal) {
    const reason = reasonOf(call, "release", terminal);
    const query = contextQuery(call, reason);
    const client = await controllerClient(call.options, terminal.environment);
    const path = operationPath(await operationMeant(client, call.positionals[0]));
    terminal.print(describeAct(await client.send<WireAct>("DELETE", `/v1/overrides/${path}${query}`)));
    return EXIT.ok;
  },
};

function contextQuery(call: CommandCall, more: Readonly<Record<string, string>> = {}): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(contextOf(call))) parameters.set(`ctx.${key}`, value);
  for (const [name, value] of Object.entries(more)) parameters.set(name, value);
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}

function contextOf(call: CommandCall): Context {
  const given = textOption(call, "context");
  return Object.fromEntries(given === undefined ? [] : given.split("\n").map((text) => pair(text, "a context")));
}

function valuesOf(assignments: readonly string[], space: ParameterSpace): Record<string, ParameterValue> {
  const entries = assignments.map((assignment): [string, ParameterValue] => {
    const [name, text] = pair(assignment, "a parameter");
    const specification = Object.hasOwn(space, name) ? space[name] : undefined;
    if (specification === undefined)
      throw new UsageError(`There is no parameter "${name}"${didYouMean(name, Object.keys(space))}`);
    switch (specification.type) {
      case "number":
      case "integer": {
        const value = Number(text);
        if (text.trim() === "" || !Number.isFinite(value)) throw new UsageError(`"${text}" is no number for ${name}.`);
        return [name, value];
      }
      case "boolean":
        if (text !== "true" && text !== "false") throw new UsageError(`${name} is true or false, not "${text}".`);
        return [name, text === "true"];
      case "choice":
        return [name, text];
    }
  });
  return Object.fromEntries(entries);
}

function pair(text: string, what: string): [string, string] {
  const equals = text.indexOf("=");
  if (equals < 1) throw new UsageError(`"${text}" is not ${what} with its value; write name=value.`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

function endOf(call: CommandCall): string | undefined {
  const [until, lasting] = [textOption(call, "until"), textOption(call, "for")];
  if (until !== undefined && lasting !== undefined)
    throw new UsageError("--until and --for both tell the end; write one.");
  if (lasting !== undefined) {
    const milliseconds = parseDuration(lasting);
    if (milliseconds === undefined) throw new UsageError(`"${lasting}" is no duration; write 30m, 2h or 7d.`);
    return new Date(Date.now() + milliseconds).toISOString();
  }
  if (until === undefined) return undefined;
  const time = Date.parse(until);
  if (Number.isNaN(time)) throw new UsageError(`"${until}" is no time; write it as 2026-12-24T18:00:00Z.`);
  return new Date(time).toISOString();
}
