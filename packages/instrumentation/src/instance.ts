/**
 * The one instance of this package in a process. It lives on `globalThis`, so that two copies of the package (two versions in one
 * dependency tree, or one as ES module and one as CommonJS) count into the same series and poll once.
 */
import type { Context } from "@opentelemetry/api";
import { type ContextInput, OTHER_CONTEXT_VALUE } from "@trimtab/conventions";
import { CallContext } from "./call-context.ts";
import type { CallInterceptor } from "./call-interceptor.ts";
import { CallSpans, type SpanSettings } from "./call-spans.ts";
import { type Collected, collectedAt } from "./collection-level.ts";
import type { ContextBudget, FoundContext } from "./context-tree.ts";
import { declaredOperation } from "./declared-operation.ts";
import { Deliveries } from "./deliveries.ts";
import type { DeliveryTarget } from "./delivery-queue.ts";
import { labelValue } from "./label-values.ts";
import { CallMetrics, type MetricSettings } from "./metrics/call-metrics.ts";
import type { OwnReadings } from "./metrics/own-readings.ts";
import { ResourceMeter } from "./metrics/resource-use.ts";
import type { CallOptions } from "./operation-handle.ts";
import { type InstrumentationOptions, type Settings, settingsFrom } from "./options.ts";
import { describeError, reportOwnFailure, warn, warnOnce } from "./own-failure.ts";
import { monotonicNow, type ParameterClient } from "./parameters/parameter-client.ts";
import { RecordSampler } from "./record-sampler.ts";
import { optionsFromEnvironment } from "./register-options.ts";
import { TrackedCall } from "./tracked-call.ts";
import { type SharedParts, TrackedComponent } from "./tracked-component.ts";
import type { TrackedOperation } from "./tracked-operation.ts";

const KEY = Symbol.for("trimtab.instrumentation");
/** Of the instance's form: a copy that knows another one keeps its own instance. */
const FORM = 1;
/** Components are named by the application; more of them than this are one. */
const MAXIMUM_COMPONENTS = 100;

/** Everything that the public functions share. */
export class Instrumentation implements SharedParts {
  readonly form: number = FORM;
  readonly metrics: CallMetrics;
  readonly spans: CallSpans;
  readonly budget: ContextBudget;
  readonly now: () => number;
  /** Of a test that is running. */
  interceptor: CallInterceptor | undefined;
  /** The component of every call that names no other. */
  readonly main: TrackedComponent;
  readonly deliveries: Deliveries = new Deliveries(() => this.#target());
  readonly #others = new Map<string, TrackedComponent>();
  readonly #remembered = new Set<string>();
  /** What the controller was told of operations. */
  readonly #told = new Map<TrackedOperation, string>();
  readonly #calls = new CallContext<TrackedCall>();
  #options: InstrumentationOptions;
  #settings: Settings;
  #collected: Collected;
  #isConnected = false;
  readonly #meter = new ResourceMeter();
  readonly #sampler: RecordSampler;
  #qualityRefused = 0;
  #labelsCollapsed = 0;

  /** @param now Milliseconds on a monotonic clock. */
  constructor(options: InstrumentationOptions, now: () => number = monotonicNow) {
    this.#options = options;
    this.#settings = settingsFrom(options);
    this.#collected = collectedAt(this.#settings.collectionLevel, this.#settings.spans);
    this.budget = { used: 0, maximum: this.#settings.maximumContexts };
    this.now = now;
    this.spans = new CallSpans(this.#spanSettings(), now, Math.random);
    this.#sampler = new RecordSampler((record) => this.deliveries.addRecord(record), now, Math.random);
    this.#sampler.ratio = this.#settings.recordsRatio;
    this.metrics = new CallMetrics(this.#metricSettings(), {
      sampler: this.#sampler,
      ownReadings: () => this.#ownReadings(),
      onCollapsed: () => this.#collapseLabels(),
      now,
      shared: this,
    });
    this.main = new TrackedComponent(this.#settings.component, this);
  }

  get resources(): ResourceMeter | undefined {
    return this.#collected.resources ? this.#meter : undefined;
  }

  /** Are records of single calls wanted, so that it is worth keeping what only they carry? */
  get takesRecords(): boolean {
    return this.#sampler.ratio > 0;
  }

  get settings(): Settings {
    return this.#settings;
  }

  /** Of the main component. */
  get parameters(): ParameterClient {
    return this.main.parameters;
  }

  /** Applies options on top of those that are there, and starts, moves or ends the connections to the controller. */
  configure(options: InstrumentationOptions): void {
    const before = this.#settings;
    this.#options = { ...this.#options, ...options };
    const settings = settingsFrom(this.#options);
    this.#settings = settings;
    this.#collected = collectedAt(settings.collectionLevel, settings.spans);
    this.budget.maximum = settings.maximumContexts;
    this.#sampler.ratio = settings.recordsRatio;
    this.spans.configure(this.#spanSettings());
    if (settings.component !== before.component) {
      this.main.rename(settings.component);
      if (this.#remembered.has(settings.component)) this.main.keepHistory();
      this.#others.get(settings.component)?.disconnect(); // whoever asks for it by name gets the main one now
      this.#others.delete(settings.component);
    }
    this.metrics.configure(this.#metricSettings());
    this.#isConnected = true;
    for (const component of this.#components()) component.connect(settings);
    if (settings.controllerUrl !== before.controllerUrl) this.#told.clear();
    for (const component of this.#components()) for (const operation of component.operations()) this.tellOf(operation);
    this.deliveries.wake();
  }

  /** Code has declared an operation: the controller is told, where that is wanted, of each declaration once. */
  tellOf(operation: TrackedOperation): void {
    const { registerOperations, disabled } = this.#settings;
    const declared = registerOperations && !disabled ? declaredOperation(operation) : undefined;
    if (declared === undefined) return;
    const text = JSON.stringify(declared);
    if (this.#told.get(operation) === text) return;
    this.#told.set(operation, text);
    this.deliveries.declarations.add(declared);
  }

  /** Ends the connections to the controller. Calls go on being tracked, with the parameters that are there. */
  disconnect(): void {
    this.#isConnected = false;
    for (const component of this.#components()) component.disconnect();
  }

  /** Remembers what the operations of a component do, whoever is called so from now on. */
  keepHistoryOf(name: string): void {
    this.#remembered.add(name);
    this.component(name).keepHistory();
  }

  /** The component of this name; the same object for the same name. Without a name the main one. */
  component(name?: string): TrackedComponent {
    if (name === undefined || name === this.main.name) return this.main;
    const known = this.#others.get(name);
    if (known !== undefined) return known;
    const label = labelValue(String(name)) || OTHER_CONTEXT_VALUE;
    if (label !== name) return this.component(label);
    if (this.#others.size >= MAXIMUM_COMPONENTS && label !== OTHER_CONTEXT_VALUE) {
      warnOnce(
        "too many components",
        `more than ${MAXIMUM_COMPONENTS} components: "${label}" counts as ${OTHER_CONTEXT_VALUE}`,
      );
      return this.component(OTHER_CONTEXT_VALUE);
    }
    const made = new TrackedComponent(label, this);
    this.#others.set(label, made);
    if (this.#isConnected) made.connect(this.#settings);
    return made;
  }

  /** The operation of this name of the main component; the same object for the same name. */
  operation(name: string): TrackedOperation {
    return this.main.operation(name);
  }

  /** The innermost call that is still running here. */
  currentCall(active?: Context): TrackedCall | undefined {
    const call = this.#calls.current(active);
    return call === undefined || !call.isEnded ? call : undefined;
  }

  /** Begins a call; undefined where nothing is tracked. Never throws. */
  begin(
    name: string,
    input: ContextInput | undefined,
    options: CallOptions | undefined,
    component: TrackedComponent = this.main,
  ): TrackedCall | undefined {
    if (this.#settings.disabled) return undefined;
    try {
      const operation = component.operation(name);
      const given = input ?? {};
      const found = findContext(operation, given);
      const { active } = this.#calls;
      const outer = this.currentCall(active);
      const decision = this.spans.decide(outer?.spanDecision, active);
      const span = decision === "span" ? this.spans.start(operation, given) : undefined;
      const call = new TrackedCall(component, operation, found, span, decision, outer);
      if (options) call.begin(options);
      return call;
    } catch (error) {
      reportOwnFailure("beginning a call", error);
      return undefined;
    }
  }

  /** Runs the function of a call inside it. Whatever the function throws comes out as it is. */
  run<Result>(call: TrackedCall, invoke: (call: TrackedCall) => Result): Result {
    return this.#calls.run(call, invoke);
  }

  refuseQuality(): void {
    this.#qualityRefused++;
  }

  #target(): DeliveryTarget | undefined {
    const { controllerUrl, token, requestTimeoutMilliseconds, disabled } = this.#settings;
    return controllerUrl === undefined || disabled ? undefined : { controllerUrl, token, requestTimeoutMilliseconds };
  }

  #components(): TrackedComponent[] {
    return [this.main, ...this.#others.values()];
  }

  #collapseLabels(): void {
    this.#labelsCollapsed++;
    warnOnce(
      "labels collapsed",
      `this process has seen more than ${this.budget.maximum} contexts, or too many variants that no document names: the labels ` +
        "of further ones are __other__. Is a context key an id? Pass it as metadata, or raise maximumContexts",
    );
  }

  #metricSettings(): MetricSettings {
    const { component, durationBoundariesSeconds, maximumContexts, meterProvider } = this.#settings;
    return { component, durationBoundariesSeconds, maximumContexts, meterProvider, collected: this.#collected };
  }

  #spanSettings(): SpanSettings {
    const { spansRatio, tracerProvider } = this.#settings;
    return { ratio: this.#collected.spans ? spansRatio : 0, tracerProvider };
  }

  #ownReadings(): OwnReadings {
    const clients = this.#components().map(({ parameters }) => parameters);
    const ages = clients.flatMap(({ ageSeconds }) => ageSeconds ?? []);
    return {
      startTimeSeconds: performance.timeOrigin / 1000,
      served: sumByName(clients.map(({ served }) => served)),
      refused: sumByName(clients.map(({ refused }) => refused)),
      qualityRefused: this.#qualityRefused,
      labelsCollapsed: this.#labelsCollapsed,
      feedback: { ...this.deliveries.feedback.delivered },
      records: { ...this.deliveries.records.delivered },
      parametersAgeSeconds: ages.length === 0 ? undefined : Math.max(...ages),
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

function sumByName(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const record of records) {
    for (const [name, value] of Object.entries(record)) sums[name] = (sums[name] ?? 0) + value;
  }
  return sums;
}
