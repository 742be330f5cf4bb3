/** What a module gives back, and what may be said of a run before it begins. */
import type { Context, Outcome, ParameterValues, ResultHandle, VariantId } from "@trimtab/conventions";

/** The result of one run. */
export interface ModuleResult<Data = unknown, Values extends ParameterValues = ParameterValues> {
  /**
   * Names the result for feedback, from any process and days later: it begins with the run's id and carries where the result came from
   * (component, operation, context, variant, time). To everybody else it is opaque.
   */
  readonly id: string;
  /** An instant; as JSON it is UTC. */
  readonly createdAt: Date;
  readonly data: Data;
  /** What the work said by `run.metadata(…)`. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly executionTimeMilliseconds: number;
  /** 0 to 1; undefined where nobody scored it. */
  readonly quality: number | undefined;
  /** Were the parameters others than the base values? */
  readonly adaptationApplied: boolean;
  readonly outcome: Outcome;
  readonly context: Context;
  readonly parameters: Values;
  readonly variant: VariantId;
  /** For `feedback(…)` of @trimtab/instrumentation. */
  readonly handle: ResultHandle;
}

/** What may be said of a run before it begins. */
export interface ProcessOptions<Values extends ParameterValues = ParameterValues> {
  /** Runs with the same key get the same variant: a user, a session. Default: by chance. */
  readonly key?: string;
  /** Passed on to the work as `run.signal`. */
  readonly signal?: AbortSignal;
  /** Stands in the result's metadata, on the span and the record. */
  readonly metadata?: Readonly<Record<string, string | number | boolean>>;
  /** Values for this one run, over the base values: for a test, or to look for a bug. The run counts for the variant that they are. */
  readonly parameters?: Partial<Values>;
}

/** The chunks of a run, and its result once they were read to the end. */
export interface ModuleStream<Chunk, Result> extends AsyncIterable<Chunk> {
  /**
   * The result. Where nobody reads the chunks they are read for it; where the reader stops early it rejects.
   */
  readonly result: Promise<Result>;
}
