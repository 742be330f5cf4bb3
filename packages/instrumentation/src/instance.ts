/**
 * The one instance of this package in a process. It lives on `globalThis`, so that two copies of the package (two versions in one
 * dependency tree, or one as ES module and one as CommonJS) count into the same series and poll once.
 */
import { type ContextInput, OTHER_CONTEXT_VALUE } from "@trimtab/conventions";
import { CallContext } from "./call-context.ts";
import { CallSpans, type SpanSettings } from "./call-spans.ts";
import { type Collected, collectedAt } from "./collection-level.ts";
import type { ContextBudget, FoundContext } from "./context-tree.ts";
import { ControllerConnection } from "./controller-connection.ts";
import { labelValue } from "./label-values.ts";
import { CallMetrics, type MetricSettings } from "./metrics/call-metrics.ts";
import type { OwnReadings } from "./metrics/own-readings.ts";
import { ResourceMeter } from "./metrics/resource-use.ts";
import type { CallOptions } from "./operation-handle.ts";
import { type InstrumentationOptions, type Settings, settingsFrom } from "./options.ts";
import { describeError, reportOwnFailure, warn, warnOnce } from "./own-failure.ts";
import { keepDocument, readKeptDocument } from "./parameters/kept-document.ts";
import { type Confirmation, ParameterClient } from "./parameters/parameter-client.ts";
import { optionsFromEnvironment } from "./register-options.ts";
import { type CallSurroundings, TrackedCall } from "./tracked-call.ts";
import { TrackedOperation } from "./tracked-operation.ts";

const KEY = Symbol.for("trimtab.instrumentation");
/** Of the instance's form: a copy that knows another one keeps its own instance. */
const FORM = 1;
/** Names come from the application; more of them than this are one operation. */
const MAXIMUM_OPERATIONS = 1000;

/** Everything that the public functions share. */
export class Instrumentation implements CallSurroundings {
  readonly form: number = FORM;
  readonly metrics: CallMetrics;
  readonly parameters: ParameterClient;
  readonly spans: CallSpans;
  readonly #calls = new CallContext<TrackedCall>();
  readonly #operations = new Map<string, TrackedOperation>();
  readonly #budget: ContextBudget;
  readonly #now: () => number;
  #options: InstrumentationOptions;
  #settings: Settings;
  #collected: Collected;
  #connection: ControllerConnection | undefined;
  readonly #meter = new ResourceMeter();
  #qualityRefused = 0;
  #labelsCollapsed = 0;

  /** @param now Milliseconds on a monotonic clock. */
  constructor(options: InstrumentationOptions, now: () => number = () => performance.now()) {
    this.#options = options;
    this.#now = now;
    this.#settings = settingsFrom(options);
    this.#collected = collectedAt(this.#settings.collectionLevel, this.#settings.spans);
    this.#budget = { used: 0, maximum: this.#settings.maximumContexts };
    this.spans = new CallSpans(this.#spanSettings(), now, Math.random);
    this.parameters = new ParameterClient(this.#settings.component, now, Math.random);
    this.metrics = new CallMetrics(this.#metricSettings(), {
      ownReadings: () => this.#ownReadings(),
      onCollapsed: () => this.#collapseLabels(),
      now,
    });
  }

  get resources(): ResourceMeter | undefined {
    return this.#collected.resources ? this.#meter : undefined;
  }

  get settings(): Settings {
    return this.#settings;
  }

  /** Applies options on top of those that are there, and starts, moves or ends the connection to the controller. */
  configure(options: InstrumentationOptions): void {
    const before = this.#settings;
    this.#options = { ...this.#options, ...options };
    const settings = settingsFrom(this.#options);
    this.#settings = settings;
    this.#collected = collectedAt(settings.collectionLevel, settings.spans);
    this.#budget.maximum = settings.maximumContexts;
    this.spans.configure(this.#spanSettings());
    if (settings.component !== before.component) this.parameters.clear(settings.component, this.#operations.values());
    this.metrics.configure(this.#metricSettings());
    this.#connect();
  }

  /** Ends the connection to the controller. Calls go on being tracked, with the parameters that are there. */
  disconnect(): void {
    this.#connection?.stop();
    this.#connection = undefined;
  }

  /** The operation of this name; the same object for the same name. */
  operation(name: string): TrackedOperation {
    const known = this.#operations.get(name);
    if (known !== undefined) return known;
    const label = labelValue(String(name));
    const alike = this.#operations.get(label); // names that are cut to the same label are one operation
    if (alike !== undefined) return alike;
    const isFull = this.#operations.size >= MAXIMUM_OPERATIONS && label !== OTHER_CONTEXT_VALUE;
    if (isFull) {
      warnOnce(
        "too many operations",
        `more than ${MAXIMUM_OPERATIONS} operations: "${label}" counts as ${OTHER_CONTEXT_VALUE}`,
      );
      return this.operation(OTHER_CONTEXT_VALUE);
    }
    const operation = new TrackedOperation(label, this.#budget, this.#now);
    this.#operations.set(label, operation);
    this.parameters.publishTo(operation);
    return operation;
  }

  /** The innermost call that is still running here. */
  currentCall(): TrackedCall | undefined {
    const call = this.#calls.current();
    return call === undefined || !call.isEnded ? call : undefined;
  }

  /** Begins a call; undefined where nothing is tracked. Never throws. */
  begin(name: string, input: ContextInput | undefined, options: CallOptions | undefined): TrackedCall | undefined {
    if (this.#settings.disabled) return undefined;
    try {
      const operation = this.operation(name);
      const given = input ?? {};
      const found = findContext(operation, given);
      const outer = this.currentCall();
      const decision = this.spans.decide(outer?.spanDecision);
      const span = decision === "span" ? this.spans.start(operation.name, given) : undefined;
      const call = new TrackedCall(this, operation, found, span, decision, outer);
      if (options) call.begin(options);
      return call;
    } catch (error) {
      reportOwnFailure("beginning a call", error);
      return undefined;
    }
  }

  /** Runs the function of a call inside it. Whatever the function throws comes out as it is. */
  run<Result>(call: TrackedCall, invoke: () => Result): Result {
    return this.#calls.run(call, invoke);
  }

  refuseQuality(): void {
    this.#qualityRefused++;
  }

  #collapseLabels(): void {
    this.#labelsCollapsed++;
    warnOnce(
      "labels collapsed",
      `this process has seen more than ${this.#budget.maximum} contexts, or too many variants that no document names: the labels ` +
        "of further ones are __other__. Is a context key an id? Pass it as metadata, or raise maximumContexts",
    );
  }

  #connect(): void {
    const { controllerUrl, disabled, component, token, pollIntervalMilliseconds, requestTimeoutMilliseconds } =
      this.#settings;
    this.disconnect();
    const { cacheDirectory } = this.#settings;
    let etag: string | undefined;
    if (cacheDirectory !== undefined && !disabled && this.parameters.document === undefined) {
      const kept = readKeptDocument(cacheDirectory, component);
      if (kept !== undefined) {
        const problem = this.parameters.apply(kept.document, this.#operations.values(), undefined);
        if (problem === undefined) etag = kept.etag;
        else warn(`what was kept in ${cacheDirectory} cannot be used: ${problem}`);
      }
    }
    if (controllerUrl === undefined || disabled) return;
    const settings = { controllerUrl, component, token, pollIntervalMilliseconds, requestTimeoutMilliseconds };
    const events = {
      onDocument: (document: unknown, newEtag: string | undefined, confirmation: Confirmation): string | undefined => {
        const problem = this.parameters.apply(document, this.#operations.values(), confirmation);
        if (problem !== undefined) return problem;
        this.metrics.refresh();
        if (cacheDirectory !== undefined) void keepDocument(cacheDirectory, component, { etag: newEtag, document });
        return undefined;
      },
      onUnchanged: (confirmation: Confirmation): void => {
        this.parameters.confirm(confirmation);
        this.metrics.refresh();
      },
    };
    this.#connection = new ControllerConnection(settings, events, etag);
    this.#connection.start();
  }

  #metricSettings(): MetricSettings {
    const { component, durationBoundariesSeconds, maximumContexts, meterProvider } = this.#settings;
    return { component, durationBoundariesSeconds, maximumContexts, meterProvider, collected: this.#collected };
  }

  #spanSettings(): SpanSettings {
    const { component, spansRatio, tracerProvider } = this.#settings;
    return { component, ratio: this.#collected.spans ? spansRatio : 0, tracerProvider };
  }

  #ownReadings(): OwnReadings {
    return {
      startTimeSeconds: performance.timeOrigin / 1000,
      served: this.parameters.served,
      refused: this.parameters.refused,
      qualityRefused: this.#qualityRefused,
      labelsCollapsed: this.#labelsCollapsed,
      parametersAgeSeconds: this.parameters.ageSeconds,
    };
  }
}

/** The instance of this process; made at the first question, from the environment. It polls nothing before `configure`. */
export function instrumentation(): Instrumentation {
  instance ??= findOrMake();
  return instance;
}

let instance: Instrumentation | undefined;

function findOrMake(): Instrumentation {
  const shared = globalThis as { [KEY]?: Instrumentation };
  const existing = shared[KEY];
  if (existing?.form === FORM) return existing;
  const { options, warnings } = optionsFromEnvironment(process.env);
  for (const warning of warnings) warn(warning);
  const made = new Instrumentation(options);
  if (existing === undefined) shared[KEY] = made;
  else
    warn(
      "another version of @trimtab/instrumentation is in this process; calls that go through this one are counted apart",
    );
  return made;
}

/** A context that cannot be read is none: the call is tracked all the same. */
function findContext(operation: TrackedOperation, input: ContextInput): FoundContext {
  try {
    return operation.contexts.find(input);
  } catch (error) {
    warnOnce(
      `context:${operation.name}`,
      `the context of operation "${operation.name}" cannot be read: ${describeError(error)}`,
    );
    return operation.contexts.find({});
  }
}
