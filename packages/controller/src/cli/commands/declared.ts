/** `trimtab declared` */
import type { Declaration } from "@trimtab/engine";
import type { WireOperation, WireOperationSummary } from "../../http/wire/operation-wire.ts";
import { type Command, EXIT } from "../command.ts";
import { controllerClient, controllerOptions } from "../controller-client.ts";

/** Shows what services declare by themselves, as lines for the file. */
export const declaredCommand: Command = {
  name: "declared",
  summary: "prints the operations that services registered, as lines for trimtab.yaml",
  details:
    "Where a service declares an operation otherwise than the file has it, each difference is told. Exit code 1 where there is one.",
  options: controllerOptions,
  positionals: { min: 0, max: 0 },
  async run({ options }, terminal) {
    const client = await controllerClient(options, terminal.environment);
    const { operations } = await client.require<{ operations: readonly WireOperationSummary[] }>("/v1/operations");
    const differing: string[] = [];
    const registered: WireOperation[] = [];
    for (const { component, operation } of operations) {
      const path = `${encodeURIComponent(component)}/${encodeURIComponent(operation)}`;
      const whole = await client.require<WireOperation>(`/v1/operations/${path}`);
      if (whole.source === "registered") registered.push(whole);
      for (const difference of whole.declared?.differences ?? [])
        differing.push(`${component} / ${operation}: ${difference.path} ${difference.message}`);
    }
    if (registered.length === 0) terminal.print("# No service has registered an operation that the file lacks.");
    else {
      const { declarationSnippet } = await import("../../declared-operations.ts");
      const declarations = registered.map(({ component, operation, declared }) => {
        const section = (declared?.section ?? {}) as Declaration["section"];
        return { component, operation, section, declaredAt: 0 };
      });
      terminal.print(declarationSnippet(declarations).trimEnd());
    }
    for (const difference of differing) terminal.complain(difference);
    return differing.length === 0 ? EXIT.ok : EXIT.failed;
  },
};
