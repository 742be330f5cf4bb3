/** What code says of an operation, as the controller is told it. */
import type { ParameterSpace } from "@trimtab/conventions";
import type { TrackedOperation } from "./tracked-operation.ts";

/** An operation that code declares with its parameters. */
export interface DeclaredOperation {
  readonly component: string;
  readonly operation: string;
  readonly section: { readonly context: readonly string[]; readonly parameters: ParameterSpace };
}

/** What the controller is told; undefined where the code leaves the parameters to it. */
export function declaredOperation({ component, name, declaration }: TrackedOperation): DeclaredOperation | undefined {
  if (declaration?.parameters === undefined) return undefined;
  const { context, parameters } = declaration;
  return { component, operation: name, section: { context, parameters: withoutOwnLimits(parameters) } };
}

/** Where it is told. */
export function declarationPath(declared: DeclaredOperation | undefined): string {
  const { component = "", operation = "" } = declared ?? {};
  return `v1/operations/${encodeURIComponent(component)}/${encodeURIComponent(operation)}`;
}

/** How far one change may go is for the configuration to say. */
function withoutOwnLimits(space: ParameterSpace): ParameterSpace {
  return Object.fromEntries(
    Object.entries(space).map(([name, specification]) => {
      if (!("min" in specification)) return [name, specification];
      const { largestFactor: _factor, largestStep: _step, ...rest } = specification;
      return [name, rest];
    }),
  );
}
