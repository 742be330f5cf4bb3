/** One run of an operation: its input read, its parameters chosen, the work tracked, the result scored, everything recorded. */
import {
  type Context,
  type ContextInput,
  canonicalContext,
  type Outcome,
  type ParameterSpace,
  type ParameterValues,
  parameterValuesProblems,
  variantId,
} from "@trimtab/conventions";
import {
  type DefinedOperation,
  defineOperation,
  errorTypeOf,
  type OperationHandle,
  type ServedParameters,
} from "@trimtab/instrumentation";
import { type ModuleSettings, problemsOf } from "./configuration.ts";
import { ModuleProcessingError } from "./errors.ts";
import type { AnyModuleOperation, MetadataValue, ModuleRun } from "./module-operation.ts";
import type { ModuleResult, ModuleStream, ProcessOptions } from "./module-result.ts";
import { hearRejection, messageOf, type OwnFailures } from "./own-failures.ts";
import type { MeasuredOperation, ModuleMetricsStore, ModuleParameterStore } from "./ports.ts";
import { resultId } from "./result-id.ts";
import { RunNotes } from "./run-notes.ts";
import { createRunStream } from "./run-stream.ts";

/** What a run needs of its module. */
export interface RunSurroundings {
  readonly component: string;
  readonly config: ModuleSettings;
  readonly metrics: ModuleMetricsStore;
  readonly parameters: ModuleParameterStore;
  readonly failures: OwnFailures;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly invoke: (
    operation: AnyModuleOperation,
    input: unknown,
    options: ProcessOptions | undefined,
  ) => Promise<ModuleResult>;
}

/** An operation that is ready to run. */
export interface OperationRunner {
  readonly name: string;
  readonly context: readonly string[];
  readonly space: ParameterSpace;
  process(input: unknown, options?: ProcessOptions): Promise<ModuleResult>;
  stream(input: unknown, options?: ProcessOptions): ModuleStream<unknown, ModuleResult>;
}

/** What is known of a run before its work begins. */
interface PreparedRun {
  readonly id: string;
  readonly input: { readonly value: unknown } | { readonly problem: unknown; readonly message: string };
  readonly context: Context;
  readonly answer: ServedParameters;
  readonly adaptationApplied: boolean;
  readonly startedAt: number;
  readonly notes: RunNotes;
  readonly options: ProcessOptions;
}

/** What the tracking of a call is told. */
interface CallOptions {
  readonly parameters: ServedParameters;
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
}

/** The label of a failure whose input did not fit. */
const INVALID_INPUT = "invalid_input";

/**
 * Makes an operation ready.
 *
 * @throws {TypeError} that names every problem of its names and parameters.
 */
export function createOperationRunner(
  name: string,
  definition: AnyModuleOperation,
  space: ParameterSpace,
  surroundings: RunSurroundings,
): OperationRunner {
  const { component, config, metrics, parameters: parameterStore, failures, now } = surroundings;
  const readers: readonly (readonly [string, (input: unknown) => ContextInput[string]])[] = Object.entries(
    (definition.context ?? {}) as Record<string, (input: unknown) => ContextInput[string]>,
  );
  const keys = readers.map(([key]) => key);
  const base = Object.fromEntries(Object.entries(space).map(([parameter, { base: value }]) => [parameter, value]));
  const baseVariant = variantId(base, "baseline");
  const tracked: DefinedOperation<readonly string[], ParameterSpace> = defineOperation({
    component,
    name,
    context: keys,
    ...(Object.keys(space).length === 0 ? {} : { parameters: space }),
  });

  const readInput = async (input: unknown): Promise<PreparedRun["input"]> => {
    try {
      const read = await definition.input.safeParseAsync(input);
      if (read.success) return { value: read.data };
      return { problem: read.error, message: problemsOf(read.error, input).join("; ") };
    } catch (error) {
      return { problem: error, message: messageOf(error) }; // a check or transformation of the schema threw
    }
  };
  const contextOf = (input: unknown): Context => {
    const found: Record<string, ContextInput[string]> = {};
    for (const [key, read] of readers) {
      failures.guard(`reading the context key "${key}" of ${name}`, () => {
        Object.assign(found, canonicalContext({ [key]: read(input) }, [key]));
      });
    }
    return canonicalContext(found, keys);
  };
  const baseAnswer = (): ServedParameters => ({
    values: { ...base },
    variant: baseVariant,
    revision: undefined,
    source: "base",
  });
  const overridden = (id: string, context: Context, values: ParameterValues): ServedParameters => {
    const all = { ...base, ...values };
    const [problem] = parameterValuesProblems(space, all);
    if (problem !== undefined) {
      const message = `the parameters of "${name}" cannot be set so: ${problem.path.join(".")} ${problem.message}`;
      throw new ModuleProcessingError(message, { operationId: id, context });
    }
    const variant = isSame(all, base) ? baseVariant : variantId(all);
    return { values: all, variant, revision: undefined, source: "override" };
  };
  const answerFor = (id: string, context: Context, { parameters, key }: ProcessOptions): ServedParameters => {
    if (parameters !== undefined) return overridden(id, context, withoutAbsent(parameters));
    if (!config.enableAdaptation) return baseAnswer();
    const answer = failures.guard(`choosing the parameters of ${name}`, () => {
      const given = parameterStore.parametersFor(name, context, key);
      if (given !== undefined) refuseUnfit(given, space);
      return given;
    });
    return answer ?? baseAnswer();
  };
  const prepare = async (given: unknown, options: ProcessOptions): Promise<PreparedRun> => {
    const startedAt = performance.now();
    const id = globalThis.crypto.randomUUID();
    const input = await readInput(given);
    const context = "value" in input ? contextOf(input.value) : {};
    const answer = answerFor(id, context, options);
    const adaptationApplied = !isSame(answer.values, base);
    return { id, input, context, answer, adaptationApplied, startedAt, notes: new RunNotes(options.metadata), options };
  };
  const trackOptions = ({ id, answer, options }: PreparedRun): CallOptions => ({
    parameters: answer,
    metadata: { "operation.id": id, ...options.metadata },
  });

  /** The work itself, chunk by chunk, with its score at the end. What it throws comes out as it is. */
  async function* work(prepared: PreparedRun, call: OperationHandle): AsyncGenerator<unknown, unknown, void> {
    const { input, context, answer, notes } = prepared;
    notes.attach(call);
    if ("problem" in input) throw new InvalidInputError(input.message, { cause: input.problem });
    const run = runOf(prepared, call);
    const returned: unknown = definition.process(input.value, run);
    const data: unknown = isAsyncGenerator(returned) ? yield* returned : await returned;
    if (notes.quality === undefined && notes.outcome !== "failure" && definition.quality !== undefined) {
      const about = { input: input.value, config, context, parameters: answer.values };
      const score = await failures.guardAsync(`scoring a result of ${name}`, () => definition.quality?.(data, about));
      if (score !== undefined) run.quality(score as number);
    }
    return data;
  }
  const runOf = ({ id, context, answer, adaptationApplied, notes, options }: PreparedRun, call: OperationHandle) => {
    const run: ModuleRun = {
      id,
      operation: name,
      config,
      context,
      parameters: answer.values,
      variant: answer.variant,
      adaptationApplied,
      get signal() {
        return options.signal ?? NEVER;
      },
      quality: (score) => notes.score(score),
      partial: () => notes.partial(),
      fail: (reason) => notes.fail(reason),
      cost: (amount, unit) => notes.cost(amount, unit),
      tokens: (used) => notes.tokens(used),
      engagement: (type, amount) => call.engagement(type, amount),
      attribute: (key, value) => call.attribute(key, value),
      metadata: (key: string, value: MetadataValue) => notes.note(key, value),
      result: () => call.result(),
      invoke: (operation, input, more) =>
        surroundings.invoke(operation, input, withSignal(options.signal, more as ProcessOptions | undefined)) as never,
    };
    return run;
  };

  /** The run is over: what was measured of it goes to whoever keeps it, and nothing that they throw comes out. */
  const record = (prepared: PreparedRun, outcome: Outcome, durationMilliseconds: number, error?: unknown): void => {
    const { id, input, context, answer, adaptationApplied, notes } = prepared;
    const { quality, costs, metadata } = notes;
    const failed = error ?? notes.failure;
    const errorType = outcome === "failure" ? (typeof failed === "string" ? failed : errorTypeOf(failed)) : undefined;
    const done: MeasuredOperation = {
      id,
      operation: name,
      at: new Date(now()),
      context,
      outcome,
      durationMilliseconds,
      ...(quality === undefined ? {} : { quality }),
      ...(costs === undefined ? {} : { costs: Object.fromEntries(costs) }),
      ...(errorType === undefined ? {} : { errorType }),
      ...(error === undefined ? {} : { error: messageOf(error) }),
      variant: answer.variant,
      parameters: answer.values,
      adaptationApplied,
      ...(config.metricsCollectionLevel === "comprehensive" ? { metadata: Object.fromEntries(metadata) } : {}),
    };
    failures.guard(`recording a run of ${name}`, () => metrics.record(done));
    // What did not fit says nothing about parameters.
    if ("value" in input) failures.guard(`learning of a run of ${name}`, () => parameterStore.observe?.(done));
  };
  const succeed = (prepared: PreparedRun, data: unknown): ModuleResult => {
    const { id, context, answer, adaptationApplied, startedAt, notes } = prepared;
    const executionTimeMilliseconds = performance.now() - startedAt;
    const outcome = notes.outcome ?? "success";
    record(prepared, outcome, executionTimeMilliseconds);
    const handle = notes.handle();
    return {
      id: resultId(id, handle),
      createdAt: new Date(now()),
      data,
      metadata: Object.fromEntries(notes.metadata),
      executionTimeMilliseconds,
      quality: notes.quality,
      adaptationApplied,
      outcome,
      context,
      parameters: { ...answer.values },
      variant: answer.variant,
      handle,
    };
  };
  const fail = (prepared: PreparedRun, error: unknown): ModuleProcessingError => {
    const { id, context, startedAt } = prepared;
    record(prepared, "failure", performance.now() - startedAt, error);
    const isInvalid = error instanceof InvalidInputError;
    const message = isInvalid
      ? `the input of "${name}" does not fit: ${error.message}`
      : `"${name}" failed: ${messageOf(error)}`;
    return new ModuleProcessingError(message, { operationId: id, context, cause: isInvalid ? error.cause : error });
  };

  async function* streamed(given: unknown, options: ProcessOptions): AsyncGenerator<unknown, ModuleResult, void> {
    const prepared = await prepare(given, options);
    let isOver = false;
    try {
      const chunks = tracked.track(prepared.context, (call) => work(prepared, call), {
        ...trackOptions(prepared),
        stream: true,
      });
      const data = yield* chunks;
      isOver = true;
      return succeed(prepared, data);
    } catch (error) {
      isOver = true;
      throw fail(prepared, error);
    } finally {
      // Read no further: no failure of the work, and nothing to score.
      if (!isOver) record(prepared, prepared.notes.outcome ?? "success", performance.now() - prepared.startedAt);
    }
  }

  return {
    name,
    context: keys,
    space,
    async process(given, options = {}) {
      const prepared = await prepare(given, options);
      let data: unknown;
      try {
        data = await tracked.track(prepared.context, (call) => readToEnd(work(prepared, call)), trackOptions(prepared));
      } catch (error) {
        throw fail(prepared, error);
      }
      return succeed(prepared, data);
    },
    stream: (given, options = {}) => createRunStream(streamed(given, options)),
  };
}

/** The input did not fit; its name is the label of the failure. */
class InvalidInputError extends Error {
  override readonly name = INVALID_INPUT;
}

const NEVER: AbortSignal = new AbortController().signal;

/** Whoever does not wait for a run does not wait for what it asks of others either. */
function withSignal(signal: AbortSignal | undefined, options: ProcessOptions | undefined): ProcessOptions | undefined {
  return signal === undefined ? options : { signal, ...options };
}

/** @throws {TypeError} where what a store gave is nothing that the work can be given. */
function refuseUnfit(given: unknown, space: ParameterSpace): void {
  hearRejection(given, () => {});
  const { values, variant } = given as Partial<ServedParameters>;
  if (typeof values !== "object" || values === null || typeof variant !== "string")
    throw new TypeError("the store gave no values with a variant; parametersFor returns them at once, or undefined");
  // The code of an operation without parameters says nothing of any.
  const [problem] = Object.keys(space).length === 0 ? [] : parameterValuesProblems(space, values);
  if (problem !== undefined)
    throw new TypeError(`the store gave values that do not fit: ${problem.path.join(".")} ${problem.message}`);
}

async function readToEnd(chunks: AsyncGenerator<unknown, unknown, void>): Promise<unknown> {
  for (;;) {
    const step = await chunks.next();
    if (step.done === true) return step.value;
  }
}

function isAsyncGenerator(value: unknown): value is AsyncGenerator<unknown, unknown, void> {
  return (
    typeof value === "object" &&
    value !== null &&
    Symbol.asyncIterator in value &&
    typeof (value as { next?: unknown }).next === "function" &&
    Object.prototype.toString.call(value) === "[object AsyncGenerator]"
  );
}

function isSame(left: ParameterValues, right: ParameterValues): boolean {
  const names = Object.keys(right);
  return names.length === Object.keys(left).length && names.every((name) => left[name] === right[name]);
}

function withoutAbsent(values: Readonly<Record<string, unknown>>): ParameterValues {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as ParameterValues;
}
