/** Declares a self-learning module: its configuration, and one operation or several. */
import { componentNameProblem, type ParameterSpace } from "@trimtab/conventions";
import type { z } from "zod";
import { type ConfigInput, SETTING_NAMES } from "./configuration.ts";
import { createModule } from "./create-module.ts";
import type { ModuleDependencies } from "./dependencies.ts";
import { ModuleConfigurationError } from "./errors.ts";
import type { ModuleOf, SelfLearningModule, SingleOperationModule } from "./module.ts";
import type { AnyModuleOperation, ConfigOf, ModuleOperationDefinition } from "./module-operation.ts";

/** A module with one operation, all in one declaration. */
export interface SingleOperationDeclaration<
  Name extends string,
  ConfigSchema extends z.ZodObject,
  InputSchema extends z.ZodType,
  Keys extends string,
  Space extends ParameterSpace,
  Returned,
> extends ModuleOperationDefinition<ConfigSchema, InputSchema, Keys, Space, Returned> {
  /** The component, as it stands in labels: letters, digits and `_ . -`. */
  readonly name: string;
  /** The operation's name in labels. Default `process`. */
  readonly operation?: Name;
  /** Only in a module of several operations, which has nothing else beside name and config. */
  readonly operations?: never;
}

/** A module with several operations of one component. */
export interface ModuleDeclaration<
  ConfigSchema extends z.ZodObject,
  Operations extends Readonly<Record<string, AnyModuleOperation>>,
> {
  /** The component, as it stands in labels: letters, digits and `_ . -`. */
  readonly name: string;
  /** The configuration's own keys; unknown ones are refused. Default: none but the three of every module. */
  readonly config?: ConfigSchema;
  /** By their names in labels. */
  readonly operations: Operations;
}

/** What `create` takes: the configuration may be left out where nothing in it is required. */
type CreateArguments<ConfigSchema extends z.ZodObject> =
  Record<never, never> extends ConfigInput<ConfigSchema>
    ? [config?: ConfigInput<ConfigSchema>, dependencies?: ModuleDependencies]
    : [config: ConfigInput<ConfigSchema>, dependencies?: ModuleDependencies];

/** A module that was declared. */
export interface DefinedModule<ConfigSchema extends z.ZodObject, Module> {
  readonly name: string;
  /**
   * Makes the module. It waits for nothing: until learning is loaded base values serve.
   *
   * @throws {ModuleConfigurationError} that names every problem of the configuration.
   */
  create(...given: CreateArguments<ConfigSchema>): Module;
}

/**
 * Declares a module with one operation.
 *
 * @throws {ModuleConfigurationError} on what can never work, whatever the configuration: a name, a key, a parameter.
 */
export function defineModule<
  InputSchema extends z.ZodType,
  Returned,
  ConfigSchema extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Keys extends string = never,
  const Space extends ParameterSpace = Record<never, never>,
  Name extends string = "process",
>(
  declaration: SingleOperationDeclaration<Name, ConfigSchema, InputSchema, Keys, Space, Returned>,
): DefinedModule<
  ConfigSchema,
  SingleOperationModule<
    ConfigOf<ConfigSchema>,
    Name,
    ModuleOperationDefinition<ConfigSchema, InputSchema, Keys, Space, Returned>
  >
>;
/**
 * Declares a module with several operations.
 *
 * @throws {ModuleConfigurationError} on what can never work, whatever the configuration: a name, a key, a parameter.
 */
export function defineModule<
  Operations extends Readonly<Record<string, AnyModuleOperation>>,
  ConfigSchema extends z.ZodObject = z.ZodObject<Record<never, never>>,
>(
  declaration: ModuleDeclaration<ConfigSchema, Operations>,
): DefinedModule<ConfigSchema, ModuleOf<ConfigOf<ConfigSchema>, Operations>>;
/** Either form, as it runs. */
export function defineModule(
  declaration: ModuleDeclaration<z.ZodObject, Readonly<Record<string, AnyModuleOperation>>> | AnySingleDeclaration,
): DefinedModule<z.ZodObject, SelfLearningModule> {
  const { name, config } = declaration;
  const operations = operationsOf(declaration);
  const problems = declarationProblems(name, config, operations);
  if (problems.length > 0) {
    const lines = problems.map((text) => `  ${text}`).join("\n");
    throw new ModuleConfigurationError(`module "${name}" cannot be defined:\n${lines}`);
  }
  return {
    name,
    create: (given?: unknown, dependencies: ModuleDependencies = {}) =>
      createModule({ name, config, operations, single: singleOperation(declaration) }, given, dependencies),
  };
}

type AnySingleDeclaration = AnyModuleOperation & {
  readonly name: string;
  readonly operation?: string;
  readonly operations?: undefined;
};

const DEFAULT_OPERATION = "process";

function singleOperation(declaration: {
  readonly operations?: unknown;
  readonly operation?: string;
}): string | undefined {
  return declaration.operations === undefined ? (declaration.operation ?? DEFAULT_OPERATION) : undefined;
}

function operationsOf(
  declaration: ModuleDeclaration<z.ZodObject, Readonly<Record<string, AnyModuleOperation>>> | AnySingleDeclaration,
): ReadonlyMap<string, AnyModuleOperation> {
  if (declaration.operations !== undefined) return new Map(Object.entries(declaration.operations));
  return new Map([[declaration.operation ?? DEFAULT_OPERATION, declaration]]);
}

function declarationProblems(
  name: string,
  config: z.ZodObject | undefined,
  operations: ReadonlyMap<string, AnyModuleOperation>,
): string[] {
  const problem = componentNameProblem(name);
  const problems = problem === undefined ? [] : [problem];
  for (const key of Object.keys(config?.shape ?? {})) {
    if (SETTING_NAMES.includes(key))
      problems.push(`config.${key} is a setting that every module has; call yours otherwise`);
  }
  if (operations.size === 0) problems.push("it has no operation; give it at least one");
  for (const [operation, definition] of operations) {
    if (definition.config !== undefined && definition.config !== config)
      problems.push(`operations.${operation}.config is another schema than the module's; give both the same`);
  }
  return problems;
}
