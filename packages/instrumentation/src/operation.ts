/** Declares an operation in code: its context keys, its parameters, and what counts as success; with types that follow. */
import {
  type BooleanParameter,
  type ChoiceParameter,
  type ContextInput,
  componentNameProblem,
  contextKeyProblem,
  type Outcome,
  operationNameProblem,
  type ParameterSpace,
  parameterSpaceProblems,
} from "@trimtab/conventions";
import { instrumentation } from "./instance.ts";
import type { OperationHandle } from "./operation-handle.ts";
import { warn } from "./own-failure.ts";
import type { ServedParameters } from "./parameters/served-parameters.ts";
import { parametersIn } from "./parameters.ts";
import {
  type ParameterPerformance,
  type RecordedOperation,
  recordIn,
  recordPerformanceIn,
} from "./record-operation.ts";
import { type TrackOptions, trackIn, type WrapOptions, wrapIn } from "./track.ts";

const MAXIMUM_BOUNDARIES = 100;

/** The values that a space allows: a number, a boolean, or one of the choices by name. */
export type ValuesOf<Space extends ParameterSpace> = {
  readonly [Name in keyof Space]: Space[Name] extends ChoiceParameter
    ? Space[Name]["choices"][number]
    : Space[Name] extends BooleanParameter
      ? boolean
      : number;
};

/** A context with the declared keys; others are allowed, and go to the span only. */
export type ContextOf<Keys extends readonly string[]> = ContextInput & {
  readonly [Key in Keys[number]]?: ContextInput[string];
};

/** What code says of an operation. */
export interface OperationDefinition<Keys extends readonly string[], Space extends ParameterSpace> {
  /** Letters, digits and `_ . -`. */
  readonly name: string;
  /** Whose operation it is. Default: the component of the process. */
  readonly component?: string;
  /** The keys that become metric labels, in the order that decides between equally specific allocations. Default: none. */
  readonly context?: Keys;
  /** Left out, the controller's parameters are taken as they are; given, a document with others is not applied. */
  readonly parameters?: Space;
  /**
   * Upper bounds of the duration buckets in seconds, ascending, at most 100: finer around a limit that matters. Default: those of all
   * operations, 1 ms to 10 min. They hold on our metrics page and through `metricProducer()`; a MeterProvider of the service's own
   * has one list for all.
   */
  readonly durationBoundaries?: readonly number[];
  /** Is this result a success? For more than two outcomes use `outcome`. */
  readonly isSuccess?: (result: never) => boolean;
  /** What a result means; undefined means success. */
  readonly outcome?: (result: never) => Outcome | undefined;
}

/** An operation that was declared in code. */
export interface DefinedOperation<Keys extends readonly string[], Space extends ParameterSpace> {
  readonly name: string;
  /** As `track(name, ...)`. */
  track<Result>(
    context: ContextOf<Keys>,
    fn: (call: OperationHandle<ValuesOf<Space>>) => Result,
    options?: TrackOptions<Result>,
  ): Result;
  /** As `wrap(name, ...)`. */
  wrap<Fn extends (...args: never[]) => unknown>(fn: Fn, options?: WrapOptions<Parameters<Fn>, ReturnType<Fn>>): Fn;
  /** As `parameters(name, ...)`. */
  parameters(context?: ContextOf<Keys>, options?: { readonly key?: string }): ServedParameters<ValuesOf<Space>>;
  /** As `recordOperation(name, ...)`. */
  record(recorded: RecordedOperation & { readonly context?: ContextOf<Keys> }): void;
  /** As `recordParameterPerformance(name, ...)`. */
  recordPerformance(context: ContextOf<Keys>, values: ValuesOf<Space>, performance: ParameterPerformance): void;
}

/**
 * Declares an operation. Two declarations of one name are one operation; the later one holds.
 *
 * @throws {TypeError} that names every problem of the definition. It is thrown where the operation is declared, when the service
 * first starts, and never in a call.
 */
export function defineOperation<
  const Keys extends readonly string[] = readonly [],
  const Space extends ParameterSpace = ParameterSpace,
>(definition: OperationDefinition<Keys, Space>): DefinedOperation<Keys, Space> {
  const problems = problemsOf(definition);
  if (problems.length > 0) {
    throw new TypeError(
      `operation "${definition.name}" cannot be defined:\n${problems.map((text) => `  ${text}`).join("\n")}`,
    );
  }
  const { name, component, context = [], parameters: space, durationBoundaries } = definition;
  const shared = instrumentation();
  const operation = shared.component(component).operation(name);
  if (operation.declaration !== undefined && !isSameDeclaration(operation.declaration, context, space)) {
    warn(`operation "${name}" is defined twice, and differently; the later definition holds`);
  }
  const outcome = outcomeOf(definition);
  const boundariesBefore = operation.durationBoundaries;
  operation.declare({
    name,
    context,
    parameters: space,
    ...(outcome === undefined ? {} : { outcome }),
    ...(durationBoundaries === undefined ? {} : { durationBoundaries: [...durationBoundaries] }),
  });
  shared.tellOf(operation);
  if (String(boundariesBefore) !== String(durationBoundaries)) shared.metrics.restart(operation);
  return {
    name,
    track: (given, fn, options) => trackIn(component, name, given, fn as (call: OperationHandle) => never, options),
    wrap: (fn, options) => wrapIn(component, name, fn, options),
    parameters: (given, options) =>
      parametersIn(component, name, given, options) as ServedParameters as ServedParameters<ValuesOf<Space>>,
    record: (recorded) => recordIn(component, name, recorded),
    recordPerformance: (given, values, performance) => recordPerformanceIn(component, name, given, values, performance),
  };
}

function problemsOf(definition: OperationDefinition<readonly string[], ParameterSpace>): string[] {
  const { name, component, context = [], parameters: space = {} } = definition;
  const componentProblem = component === undefined ? undefined : componentNameProblem(component);
  const problems = [componentProblem, operationNameProblem(name), ...context.map(contextKeyProblem)].filter(
    (text) => text !== undefined,
  );
  const twice = context.find((key, index) => context.indexOf(key) !== index);
  if (twice !== undefined) problems.push(`the context key "${twice}" stands there twice`);
  for (const { path, message } of parameterSpaceProblems(space))
    problems.push(`parameters.${path.join(".")} ${message}`);
  problems.push(...boundaryProblems(definition.durationBoundaries ?? []));
  if (definition.isSuccess !== undefined && definition.outcome !== undefined) {
    problems.push("isSuccess and outcome cannot both be given");
  }
  return problems;
}

function boundaryProblems(boundaries: readonly number[]): string[] {
  const problems: string[] = [];
  if (boundaries.length > MAXIMUM_BOUNDARIES) {
    problems.push(
      `durationBoundaries has ${boundaries.length} bounds; ${MAXIMUM_BOUNDARIES} at most, each is a series`,
    );
  }
  boundaries.forEach((bound, at) => {
    const below = at === 0 ? 0 : (boundaries[at - 1] ?? 0);
    if (!(Number.isFinite(bound) && bound > below)) {
      problems.push(`durationBoundaries.${at} is ${bound}: bounds are seconds, finite, above zero and ascending`);
    }
  });
  return problems;
}

function outcomeOf({
  isSuccess,
  outcome,
}: OperationDefinition<readonly string[], ParameterSpace>): ((result: never) => Outcome | undefined) | undefined {
  return isSuccess === undefined ? outcome : (result) => (isSuccess(result) ? "success" : "failure");
}

function isSameDeclaration(
  known: { readonly context: readonly string[]; readonly parameters: ParameterSpace | undefined },
  context: readonly string[],
  space: ParameterSpace | undefined,
): boolean {
  return JSON.stringify([known.context, known.parameters]) === JSON.stringify([context, space]);
}
