/**
 * What a self-learning module throws: only these, only for its own work. An error of learning never escapes from the work; it is
 * logged and counted, and the work goes on with the parameters that it has.
 */
import { type Context, describeContext } from "@trimtab/conventions";

/** Where an error happened. */
export interface ErrorPlace {
  /** Which run of the module; the same id as in its result, its span and its logs. */
  readonly operationId?: string;
  readonly context?: Context;
  /** What was caught; kept as `cause`. */
  readonly cause?: unknown;
}

/** Anything that went wrong in a module. The message names the operation and the context. */
export class ModuleError extends Error {
  override readonly name: string = "ModuleError";
  readonly operationId: string | undefined;
  readonly context: Context;

  constructor(message: string, { operationId, context = {}, cause }: ErrorPlace = {}) {
    const place = [
      ...(operationId === undefined ? [] : [`operation ${operationId}`]),
      ...(Object.keys(context).length === 0 ? [] : [describeContext(context)]),
    ].join(", ");
    super(place === "" ? message : `${message} (${place})`, cause === undefined ? {} : { cause });
    this.operationId = operationId;
    this.context = context;
  }
}

/** The configuration does not fit; the module was not made. */
export class ModuleConfigurationError extends ModuleError {
  override readonly name: string = "ModuleConfigurationError";
}

/** The work itself failed; the failure was recorded, and `cause` is what it threw. */
export class ModuleProcessingError extends ModuleError {
  override readonly name: string = "ModuleProcessingError";
}

/** Learning failed; the parameters in force stay. Thrown only where learning was asked for, never by the work. */
export class ModuleAdaptationError extends ModuleError {
  override readonly name: string = "ModuleAdaptationError";
}

/** Metrics could not be recorded or read. Thrown only where they were asked for, never by the work. */
export class ModuleMetricsError extends ModuleError {
  override readonly name: string = "ModuleMetricsError";
}
