/** Everything that one component says of its operations, in one object. */
import {
  type ContextInput,
  componentNameProblem,
  type ParameterSpace,
  type ParameterValues,
  type ResultHandle,
} from "@trimtab/conventions";
import { type FeedbackSubject, feedbackIn, type GivenFeedback } from "./feedback.ts";
import { instrumentation } from "./instance.ts";
import { type DefinedOperation, defineOperation, type OperationDefinition } from "./operation.ts";
import type { OperationHandle } from "./operation-handle.ts";
import { reportOwnFailure } from "./own-failure.ts";
import type { ServedParameters } from "./parameters/served-parameters.ts";
import { type ParameterOptions, parametersIn, type Widened } from "./parameters.ts";
import { type PerformanceSummary, performanceOf } from "./performance-summary.ts";
import {
  type ParameterPerformance,
  type RecordedOperation,
  recordIn,
  recordPerformanceIn,
} from "./record-operation.ts";
import { type StartedOperation, type StartOptions, startIn } from "./started-operation.ts";
import { type TrackOptions, trackIn, type WrapOptions, wrapIn } from "./track.ts";

/** What is known of a success that is over. */
export type RecordedSuccess = Omit<RecordedOperation, "outcome" | "error">;
/** What is known of a failure that is over, beside its error. */
export type RecordedFailure = Omit<RecordedOperation, "outcome" | "error">;

/** Tracks the operations of one component. Nothing in here throws by itself. */
export interface Tracker {
  readonly component: string;
  /** As `track(...)`. */
  track<Result>(
    operation: string,
    context: ContextInput | undefined,
    fn: (call: OperationHandle) => Result,
    options?: TrackOptions<Result>,
  ): Result;
  /** As `wrap(...)`. */
  wrap<Fn extends (...args: never[]) => unknown>(
    operation: string,
    fn: Fn,
    options?: WrapOptions<Parameters<Fn>, ReturnType<Fn>>,
  ): Fn;
  /**
   * Starts a call that ends by its `end()` or, with `using`, at the end of the block. An exception that leaves the block is not seen
   * by it: say `fail(error)`, put the work into its `run`, or start it with `{ disposedAs: "failure" }`.
   */
  start(operation: string, context?: ContextInput, options?: StartOptions): StartedOperation;
  /** Records a success that is over. */
  recordSuccess(operation: string, recorded?: RecordedSuccess): void;
  /** Records a failure that is over, with what went wrong: an error, or the name of its type. */
  recordFailure(operation: string, error: unknown, recorded?: RecordedFailure): void;
  /** As `recordParameterPerformance(...)`. */
  recordParameterPerformance(
    operation: string,
    context: ContextInput,
    parameters: ParameterValues,
    performance: ParameterPerformance,
  ): void;
  /** As `feedback(...)`, collected by this component. */
  feedback(about: ResultHandle | FeedbackSubject, given: GivenFeedback): boolean;
  /**
   * What the component did in the last `1h`, `24h` (the default), `7d`, `30d` or any other duration of one second to 30 days: from the
   * controller, whose token then needs the role `read`, and where that does not answer from what this process has seen.
   *
   * @throws {TypeError} (as a rejection) on a period that is none.
   */
  getPerformanceSummary(period?: string): Promise<PerformanceSummary>;
  /** As `parameters(...)`. */
  parameters<Base extends ParameterValues = ParameterValues>(
    operation: string,
    context?: ContextInput,
    options?: ParameterOptions<Base>,
  ): ServedParameters<Widened<Base>>;
  /** As `defineOperation(...)`, of this component. */
  defineOperation<
    const Keys extends readonly string[] = readonly [],
    const Space extends ParameterSpace = ParameterSpace,
  >(definition: Omit<OperationDefinition<Keys, Space>, "component">): DefinedOperation<Keys, Space>;
}

/**
 * A tracker of one component: of a whole service, or of one of several modules in a process. Each component has its own labels, its
 * own parameters, and its own poll of the controller.
 *
 * @throws {TypeError} on a name that is none; where the tracker is made, never in a call.
 */
export function createTracker(component: string): Tracker {
  const problem = componentNameProblem(typeof component === "string" ? component : "");
  if (problem !== undefined) throw new TypeError(problem);
  instrumentation().keepHistoryOf(component);
  return {
    component,
    track: (operation, context, fn, options) => trackIn(component, operation, context, fn, options),
    wrap: (operation, fn, options) => wrapIn(component, operation, fn, options),
    start: (operation, context, options) => startIn(component, operation, context, options),
    recordSuccess: (operation, recorded) => recordAs(component, operation, recorded, { outcome: "success" }),
    recordFailure: (operation, error, recorded) =>
      recordAs(component, operation, recorded, { outcome: "failure", error }),
    recordParameterPerformance: (operation, context, values, performance) =>
      recordPerformanceIn(component, operation, context, values, performance),
    feedback: (about, given) => feedbackIn(component, about, given),
    getPerformanceSummary: (period) => performanceOf(component, period),
    parameters: <Base extends ParameterValues>(
      operation: string,
      context: ContextInput | undefined,
      options: ParameterOptions<Base> | undefined,
    ) => parametersIn(component, operation, context, options) as ServedParameters<Widened<Base>>,
    defineOperation: (definition) => defineOperation({ ...definition, component }),
  };
}

function recordAs(
  component: string,
  operation: string,
  recorded: RecordedSuccess | undefined,
  told: Pick<RecordedOperation, "outcome" | "error">,
): void {
  try {
    recordIn(component, operation, { ...recorded, ...told });
  } catch (error) {
    reportOwnFailure("recording an operation", error); // a getter of what was passed threw
  }
}
