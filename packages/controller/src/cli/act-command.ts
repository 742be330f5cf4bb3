/** What the commands by which a person acts have in common: who and why, the operation, the request, and what is said afterwards. */
import { userInfo } from "node:os";
import type { OperationKey } from "@trimtab/engine";
import type { WireAct } from "../http/wire/act-wire.ts";
import { didYouMean } from "../nearest.ts";
import { type CommandCall, type OptionDescription, type Terminal, textOption, UsageError } from "./command.ts";
import { type ControllerClient, controllerOptions } from "./controller-client.ts";
import { nameOfOperation, operationNamed } from "./operation-name.ts";

/** Options of every command by which a person acts. */
export const actOptions: Readonly<Record<string, OptionDescription>> = {
  why: { type: "string", value: "TEXT", description: "why; it stands in the audit and in the decision. Needed" },
  by: { type: "string", value: "NAME", description: "who; else the name of the user that runs the command" },
  ...controllerOptions,
};

/** Who acts, and why. @throws {UsageError} without a reason. */
export function reasonOf(call: CommandCall, name: string, { environment }: Terminal): { by?: string; why: string } {
  const why = textOption(call, "why");
  if (why === undefined || why === "")
    throw new UsageError(`trimtab ${name} needs a reason: --why TEXT; it stands in the audit.`);
  const by = textOption(call, "by") ?? (environment["USER"] || environment["LOGNAME"] || systemUser());
  return { ...(by === undefined || by === "" ? {} : { by }), why };
}

/** Who runs the command, where the environment does not say; undefined where the system does not know either. */
function systemUser(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

/** The configured operation that is meant. @throws {UsageError} where there is none of that name. */
export async function operationMeant(client: ControllerClient, name: string | undefined): Promise<OperationKey> {
  const { operations } = await client.require<{ operations: readonly OperationKey[] }>("/v1/operations");
  const meant = operationNamed(operations, name);
  if (meant !== undefined) return meant;
  const names = operations.map((each) => nameOfOperation(each));
  throw new UsageError(
    name === undefined
      ? `There are several operations; name one of ${names.join(", ")}.`
      : `There is no operation "${name}"${didYouMean(name, names)}`,
  );
}

/** The end of an address that names an operation. */
export function operationPath({ component, operation }: OperationKey): string {
  return `${encodeURIComponent(component)}/${encodeURIComponent(operation)}`;
}

/** What came of an act, in a sentence. */
export function describeAct({ outcome }: WireAct): string {
  if (outcome === undefined)
    return 'Kept. The operation decides on it when its turn comes; "trimtab status" shows what is in force.';
  return `Done in cycle ${outcome.cycle}. ${outcome.reason.sentence}`;
}
