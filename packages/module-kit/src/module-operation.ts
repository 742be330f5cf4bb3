/** What code says of one operation of a module: its input, its context, its parameters, the work, and how good a result is. */
import type { Context, ContextInput, ParameterSpace, ParameterValues } from "@trimtab/conventions";
import type { OperationHandle, ValuesOf } from "@trimtab/instrumentation";
import type { Constraint, Objective, StrategyChoice } from "@trimtab/learning";
import type { z } from "zod";
import type { ModuleSettings } from "./configuration.ts";
import type { ModuleResult, ProcessOptions } from "./module-result.ts";

/** The data of what a work gives. */
type DataOf<Returned> =
  Returned extends AsyncGenerator<infer _Chunk, infer Data, infer _Next> ? Data : Awaited<Returned>;

/** The chunks of what a work gives; never where it is no generator. */
type ChunkOf<Returned> = Returned extends AsyncGenerator<infer Chunk, infer _Data, infer _Next> ? Chunk : never;

/** The configuration as a work sees it. */
export type ConfigOf<ConfigSchema extends z.ZodObject> = z.output<ConfigSchema> & ModuleSettings;

/** The keys of the context, each read from the input. */
type ContextReaders<Input, Keys extends string> = {
  readonly [Key in Keys]: (input: Input) => ContextInput[string];
};

/** One run of an operation: what it is to use, and the way to say how it goes. Nothing in here throws. */
export interface ModuleRun<Config = unknown, Values extends ParameterValues = ParameterValues>
  extends OperationHandle<Values> {
  /** Names this run: the same in its result, its errors, its span and its records. */
  readonly id: string;
  readonly config: Config;
  /** In canonical form. */
  readonly context: Context;
  /** Are the parameters others than the base values? */
  readonly adaptationApplied: boolean;
  /** Aborted when whoever asked does not wait any more. */
  readonly signal: AbortSignal;
  /** Stands in the result's metadata, on the span and the record; never a metric label. */
  metadata(key: string, value: MetadataValue): void;
  /**
   * Another operation of the same module, as a call of its own with parameters of its own. It has the signal of this run where the
   * options bring no other one.
   *
   * @throws {ModuleProcessingError} where that work fails; {RangeError} where the operation is none of this module.
   */
  invoke<Definition extends AnyModuleOperation>(
    operation: Definition,
    input: InputOf<Definition>,
    options?: ProcessOptions<ValuesOfOperation<Definition>>,
  ): Promise<ResultOf<Definition>>;
}

/** What metadata may hold. */
export type MetadataValue = string | number | boolean | readonly string[] | readonly number[] | readonly boolean[];

/** What a result is judged by. */
export interface QualityQuestion<Input, Config, Values extends ParameterValues> {
  readonly input: Input;
  readonly config: Config;
  readonly context: Context;
  readonly parameters: Values;
}

/** What an operation learns for where it learns in this process; with a controller its configuration says so. */
export interface LearningDeclaration {
  /** What "better" means; the weights sum to 1. Default: quality 0.7 and success 0.3 where `quality` is declared, else success alone. */
  readonly objective?: Objective;
  /** Limits on outcomes. Default: none. */
  readonly constraints?: readonly Constraint[];
  /** Default: `response-surface` without options. */
  readonly strategy?: Pick<StrategyChoice, "kind"> & Partial<Pick<StrategyChoice, "options">>;
  /** The share of the calls, 0 to 0.5, that keeps the base values for ever. Default 0.05. */
  readonly holdout?: number;
}

/** What code says of one operation. */
export interface ModuleOperationDefinition<
  ConfigSchema extends z.ZodObject = z.ZodObject,
  InputSchema extends z.ZodType = z.ZodType,
  Keys extends string = never,
  Space extends ParameterSpace = ParameterSpace,
  Returned = unknown,
> extends LearningDeclaration {
  /** The schema of the module's configuration: gives `run.config` its type. The module has to have the same one. */
  readonly config?: ConfigSchema;
  /** What does not fit is refused with a ModuleProcessingError, and recorded as a failure of type `invalid_input`. */
  readonly input: InputSchema;
  /** The keys by which the best values may differ, each with few values: they become metric labels. Default: none. */
  readonly context?: ContextReaders<z.output<InputSchema>, Keys>;
  /** Default: none; the operation is then only measured. */
  readonly parameters?: Space;
  /** Base values that the configuration says, over those of the parameters. */
  readonly baseValues?: (config: ConfigOf<ConfigSchema>) => Partial<ValuesOf<Space>>;
  /** The work. Core logic alone: the same input and parameters give the same result, as far as the world allows. */
  readonly process: (input: z.output<InputSchema>, run: ModuleRun<ConfigOf<ConfigSchema>, ValuesOf<Space>>) => Returned;
  /** How good the data are, 0 to 1; undefined where nobody can tell. What `run.quality(…)` said goes before it. */
  readonly quality?: (
    data: DataOf<Returned>,
    about: QualityQuestion<z.output<InputSchema>, ConfigOf<ConfigSchema>, ValuesOf<Space>>,
  ) => number | undefined | Promise<number | undefined>;
}

// biome-ignore lint/suspicious/noExplicitAny: the place where every definition fits; its types come back through `InputOf` and `ResultOf`.
/** Any operation, whatever its types. */
export type AnyModuleOperation = ModuleOperationDefinition<any, any, any, any, any>;

/** What an operation takes, before its schema has read it. */
export type InputOf<Definition extends AnyModuleOperation> = z.input<Definition["input"]>;

/** The values of an operation's parameters. */
export type ValuesOfOperation<Definition extends AnyModuleOperation> =
  Definition extends ModuleOperationDefinition<infer _Config, infer _Input, infer _Keys, infer Space, infer _Returned>
    ? ValuesOf<Space>
    : ParameterValues;

/** What an operation gives. */
export type ResultOf<Definition extends AnyModuleOperation> = ModuleResult<
  DataOf<ReturnType<Definition["process"]>>,
  ValuesOfOperation<Definition>
>;

/** The chunks of an operation that streams. */
export type ChunksOf<Definition extends AnyModuleOperation> = ChunkOf<ReturnType<Definition["process"]>>;

/** Declares one of several operations of a module; gives back what it got, with its types. */
export function defineModuleOperation<
  InputSchema extends z.ZodType,
  Returned,
  ConfigSchema extends z.ZodObject = z.ZodObject,
  Keys extends string = never,
  const Space extends ParameterSpace = Record<never, never>,
>(
  definition: ModuleOperationDefinition<ConfigSchema, InputSchema, Keys, Space, Returned>,
): ModuleOperationDefinition<ConfigSchema, InputSchema, Keys, Space, Returned> {
  return definition;
}
