/** Where a test records: in a scope of its own, beside others that run at the same time, or in the whole process. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { CallInterceptor } from "../call-interceptor.ts";
import { instrumentation } from "../instance.ts";
import { type FixedParameters, type OperationRecorder, Recording } from "./operation-recorder.ts";

/** A recorder of the whole process. */
export interface ProcessRecorder extends OperationRecorder {
  /** Calls are counted as metrics again. */
  stop(): void;
}

const scopes = new AsyncLocalStorage<Recording>();
let ofProcess: Recording | undefined;

/**
 * Records the calls of a function and of everything that it starts, whatever else runs at the same time. Nothing of them becomes a
 * metric. Gives what the function gives.
 */
export function recordOperations<Result>(run: (recorder: OperationRecorder) => Result): Result {
  install();
  const recording = new Recording();
  return scopes.run(recording, () => run(recording));
}

/**
 * Records every call of the process that runs in no scope of `recordOperations`, until `stop`: for `beforeEach` and `afterEach`,
 * where tests do not run at the same time.
 *
 * @throws {Error} where one is recording already.
 */
export function startRecording(): ProcessRecorder {
  if (ofProcess !== undefined) throw new Error("a recorder of the process is there already: stop it first");
  install();
  const recording = new Recording();
  ofProcess = recording;
  return Object.assign(recording, {
    stop: (): void => {
      if (ofProcess === recording) ofProcess = undefined;
    },
  });
}

/**
 * Fixes parameters for the recorder of this scope, or else of the process: `useParameters({ generate_lyrics: { temperature: 0.5 } })`.
 *
 * @throws {Error} where nothing is recording. @throws {TypeError} where an operation does not allow a value.
 */
export function useParameters(fixed: FixedParameters): void {
  const recording = current();
  if (recording === undefined) {
    throw new Error("parameters are fixed for a recorder: call this inside recordOperations, or after startRecording");
  }
  recording.useParameters(fixed);
}

function current(): Recording | undefined {
  return scopes.getStore() ?? ofProcess;
}

const interceptor: CallInterceptor = {
  choose: (operation, context, chosen, idOf) => current()?.choose(operation, context, chosen, idOf) ?? chosen,
  record(operation, context, variant, call) {
    const recording = current();
    recording?.take(operation, context, variant, call);
    return recording !== undefined;
  },
  recordLate(operation, context, variant, said) {
    const recording = current();
    recording?.takeLate(operation, context, variant, said);
    return recording !== undefined;
  },
};

function install(): void {
  const shared = instrumentation();
  if (shared.settings.disabled)
    throw new Error("tracking is disabled here (TRIMTAB_DISABLED): nothing can be recorded");
  shared.interceptor = interceptor;
}
