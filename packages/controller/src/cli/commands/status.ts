/** `trimtab status` */
import { describeContext } from "@trimtab/conventions";
import type { WireOperation, WireOperationContext, WireOperationSummary } from "../../http/wire/operation-wire.ts";
import { type Command, EXIT, type Terminal } from "../command.ts";
import { type ControllerClient, controllerClient, controllerOptions } from "../controller-client.ts";
import { percentText, signedText, timeText, valuesText } from "../number-text.ts";
import { textTable } from "../text-table.ts";

/** Shows what is served per operation and context, and what it brings. */
export const statusCommand: Command = {
  name: "status",
  summary: "shows per operation and context what is served and what it brings",
  details:
    "Lift is the utility of what is served against the holdout, with an interval that holds however often it is read.",
  options: { ...controllerOptions, json: { type: "boolean", description: "as JSON, for programs" } },
  positionals: { min: 0, max: 0 },
  async run({ options }, terminal) {
    const client = await controllerClient(options, terminal.environment);
    const operations = await readOperations(client);
    terminal.print(options["json"] === true ? JSON.stringify({ operations }, null, 2) : describe(operations, terminal));
    return EXIT.ok;
  },
};

async function readOperations(client: ControllerClient): Promise<WireOperation[]> {
  const { operations } = await client.require<{ operations: readonly WireOperationSummary[] }>("/v1/operations");
  const read: WireOperation[] = [];
  for (const { component, operation } of operations) {
    read.push(
      await client.require<WireOperation>(
        `/v1/operations/${encodeURIComponent(component)}/${encodeURIComponent(operation)}`,
      ),
    );
  }
  return read;
}

function describe(operations: readonly WireOperation[], { paint }: Terminal): string {
  const blocks = operations.map(({ component, operation, mode, strategy, cycles, states, experiment, ...set }) => {
    const heading = paint("bold", `${component} / ${operation}`);
    const rows = [["context", "in force", "shares", "lift", "last adaptation"], ...states.map(rowOf)];
    const [head = "", ...rest] = textTable(rows);
    return [
      `${heading}   mode ${mode}, strategy ${strategy}, ${cycles} cycles`,
      `  ${paint("dim", head)}`,
      ...rest.map((line) => `  ${line}`),
      ...describePeople(set).map((line) => `  ${paint("yellow", line)}`),
      ...describeExperiment(experiment).map((line) => `  ${line}`),
    ].join("\n");
  });
  return blocks.join("\n\n");
}

/** What people have set, what waits for them, and which reset is due. */
function describePeople({ people, awaiting }: Pick<WireOperation, "people" | "awaiting">): string[] {
  const { frozen, alsoFrozenBy = [], overrides = [], resetDueAt, resetUndoUntil } = people ?? {};
  return [
    ...(frozen === undefined ? [] : [`frozen by ${frozen.by} since ${timeText(frozen.at)}: ${frozen.why}`]),
    ...alsoFrozenBy.map(({ by, at, why }) => `frozen, too, by ${by} since ${timeText(at)}: ${why}`),
    ...overrides.map(
      ({ context, values, until, by, why }) =>
        `override of ${describeContext(context)}: ${valuesText(values)}${until === undefined ? "" : ` until ${timeText(until)}`} by ${by}: ${why}`,
    ),
    ...awaiting.map(
      ({ id, context, parameter, oldValue, newValue, confidence }) =>
        `awaiting approval in ${describeContext(context)}: ${parameter} ${oldValue} -> ${newValue}, confidence ${confidence.toFixed(2)} (${id})`,
    ),
    ...(resetDueAt === undefined ? [] : [`reset due ${timeText(resetDueAt)}`]),
    ...(resetUndoUntil === undefined ? [] : [`the last reset can be undone until ${timeText(resetUndoUntil)}`]),
  ];
}

/** What is compared, on which calls, and what came of it so far. */
function describeExperiment(experiment: WireOperation["experiment"]): string[] {
  if (experiment === undefined) return [];
  const { name, startedAt, arms, verdict } = experiment;
  const parties = arms.map(({ arm, strategy, share }) => `${arm} ${strategy} on ${percentText(share)}`).join(", ");
  return [
    `experiment ${name} since ${timeText(startedAt)}: ${parties} of the calls outside of the holdout`,
    verdict.sentence,
  ];
}

function rowOf({ context, parameters, variants, lift, lastAdaptation, lastDecision }: WireOperationContext): string[] {
  return [
    describeContext(context),
    valuesText(parameters),
    variants.map(({ role, share }) => `${role} ${percentText(share)}`).join(", "),
    lift === undefined ? "-" : `${signedText(lift.estimate)} (${signedText(lift.lower)} to ${signedText(lift.upper)})`,
    lastAdaptation === undefined
      ? `none${lastDecision === undefined ? "" : `; last decision: ${lastDecision.kind}, ${lastDecision.reason.code}`}`
      : `${timeText(lastAdaptation.at)} ${lastAdaptation.parameter} ${lastAdaptation.oldValue} -> ${lastAdaptation.newValue} (${lastAdaptation.status}${lastAdaptation.experiment === undefined ? "" : ` in the ${lastAdaptation.experiment.arm}`})`,
  ];
}
