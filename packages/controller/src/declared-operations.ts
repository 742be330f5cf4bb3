/** What services declare, beside what the file says: the file is the authority where both exist. Pure. */
import {
  isSameParameterSpace,
  type ParameterSpace,
  type ParameterSpecification,
  type Problem,
} from "@trimtab/conventions";
import type { Declaration, OperationKey } from "@trimtab/engine";
import type { OperationPolicy } from "@trimtab/learning";
import { stringify } from "yaml";
import { type DeclarationSection, declarationSchema } from "./config/declaration-schema.ts";
import { operationProblems, toPolicies } from "./config/operation-policies.ts";
import { schemaProblems } from "./config/schema-problems.ts";
import type { Config } from "./config.ts";

/** @returns What is wrong with a declaration; paths begin in its section. */
export function declarationProblems({ component, operation }: OperationKey, section: unknown): Problem[] {
  const structural = schemaProblems(declarationSchema, section);
  if (structural.length > 0) return structural;
  return operationProblems(component, operation, { ...(section as DeclarationSection), mode: "observe" });
}

/** The operation as it would be if only the service had a say: observed. The declaration is sound. */
function policyOf({ component, operation, section }: Declaration): OperationPolicy | undefined {
  const written = { ...(section as unknown as DeclarationSection), mode: "observe" } as const;
  return toPolicies({ components: { [component]: { operations: { [operation]: written } } } })[0];
}

/** The configuration with the operations that services have registered by now and the file lacks; what was added before goes. */
export function withRegistered(config: Config, declarations: readonly Declaration[]): Config {
  const { registered: before = [], ...rest } = config;
  const policies = config.policies.filter((policy) => !isIn(before, policy));
  if (!config.allowsRegistration) return { ...rest, policies };
  const registered = declarations
    .filter((declaration) => !isIn(policies, declaration))
    .filter((declaration) => declarationProblems(declaration, declaration.section).length === 0)
    .flatMap((declaration) => policyOf(declaration) ?? []);
  return {
    ...rest,
    policies: [...policies, ...registered],
    registered: registered.map(({ component, operation }) => ({ component, operation })),
  };
}

/** Is an operation of this name in the list? */
export function isIn(keys: readonly OperationKey[], { component, operation }: OperationKey): boolean {
  return keys.some((key) => key.component === component && key.operation === operation);
}

/** How the parameters and context keys of the file differ from what the service declares; empty where they are the same. */
export function declarationDifferences(policy: OperationPolicy, declaration: Declaration): Problem[] {
  const declared = policyOf(declaration);
  if (declared === undefined) return [];
  const differences: Problem[] = [];
  if (JSON.stringify(policy.context) !== JSON.stringify(declared.context)) {
    differences.push({
      path: ["context"],
      message: `is [${policy.context.join(", ")}] in the configuration and [${declared.context.join(", ")}] in the service`,
    });
  }
  const names = new Set([...Object.keys(policy.parameters), ...Object.keys(declared.parameters)]);
  for (const name of names) {
    const message = parameterDifference(name, policy.parameters, declared.parameters);
    if (message !== undefined) differences.push({ path: ["parameters", name], message });
  }
  return differences;
}

function parameterDifference(name: string, ours: ParameterSpace, theirs: ParameterSpace): string | undefined {
  const [one, other] = [ours[name], theirs[name]];
  if (one === undefined) return "is in the service and not in the configuration";
  if (other === undefined) return "is in the configuration and not in the service";
  if (isSameParameterSpace({ [name]: one }, { [name]: other })) return undefined;
  return `is "${asText(one)}" in the configuration and "${asText(other)}" in the service`;
}

/** As a person would say it: `integer from 1 to 9 in steps of 2, base 3`. */
function asText(specification: ParameterSpecification): string {
  if (specification.type === "boolean") return `boolean, base ${specification.base}`;
  if (specification.type === "choice") return `one of ${specification.choices.join(", ")}, base ${specification.base}`;
  const { type, min, max, step, scale, base, largestStep } = specification;
  return [
    `${type} from ${min} to ${max}${step === undefined ? "" : ` in steps of ${step}`}${scale === "log" ? " by factors" : ""}`,
    `base ${base}`,
    ...(largestStep === undefined ? [] : [`largest step ${largestStep}`]),
  ].join(", ");
}

/** The operations that a service declares, too, and whether it does so otherwise than the configuration. */
export function declaredStates(
  policies: readonly OperationPolicy[],
  declarations: readonly Declaration[],
): readonly (OperationKey & { readonly differs: boolean })[] {
  return policies.flatMap((policy) => {
    const shown = shownDeclaration(policy, declarations);
    const { component, operation } = policy;
    return shown === undefined ? [] : [{ component, operation, differs: shown.differences.length > 0 }];
  });
}

/** The section for trimtab.yaml that makes a declaration the file's own. */
export function declarationSnippet(declarations: readonly Declaration[]): string {
  const components: Record<string, { operations: Record<string, unknown> }> = {};
  for (const { component, operation, section } of declarations) {
    const own = (components[component] ??= { operations: {} });
    own.operations[operation] = { ...section, mode: "observe" };
  }
  return stringify({ components }, { lineWidth: 0 });
}

/** A declaration as it is shown beside what the file says. */
export interface ShownDeclaration {
  readonly declaredAt: number;
  readonly context: readonly string[];
  readonly parameters: ParameterSpace;
  /** As the service wrote it. */
  readonly section: Declaration["section"];
  readonly differences: readonly Problem[];
}

/** What a service declared of a configured operation; undefined where it declared nothing. */
export function shownDeclaration(
  policy: OperationPolicy,
  declarations: readonly Declaration[],
): ShownDeclaration | undefined {
  const own = declarations.find(
    ({ component, operation }) => component === policy.component && operation === policy.operation,
  );
  const declared = own === undefined ? undefined : policyOf(own);
  if (own === undefined || declared === undefined) return undefined;
  const { context, parameters } = declared;
  const { declaredAt, section } = own;
  return { declaredAt, context, parameters, section, differences: declarationDifferences(policy, own) };
}
