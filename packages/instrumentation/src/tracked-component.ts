/** One component of this process: its operations, its parameters, and the connection that brings them. */
import { OTHER_CONTEXT_VALUE } from "@trimtab/conventions";
import type { Interceptable } from "./call-interceptor.ts";
import type { CallSpans } from "./call-spans.ts";
import type { CallSurroundings } from "./call-surroundings.ts";
import type { ContextBudget } from "./context-tree.ts";
import { ControllerConnection } from "./controller-connection.ts";
import { labelValue } from "./label-values.ts";
import type { CallMetrics } from "./metrics/call-metrics.ts";
import type { ResourceMeter } from "./metrics/resource-use.ts";
import type { Settings } from "./options.ts";
import { warn, warnOnce } from "./own-failure.ts";
import { keepDocument, readKeptDocument } from "./parameters/kept-document.ts";
import { type Confirmation, ParameterClient } from "./parameters/parameter-client.ts";
import { OperationHistory } from "./performance-history.ts";
import { TrackedOperation } from "./tracked-operation.ts";

/** Names come from the application; more of them than this are one operation. */
const MAXIMUM_OPERATIONS = 1000;

/** Of a component. Each takes 70 KiB after a month. */
const MAXIMUM_REMEMBERED_OPERATIONS = 100;

/** What all components of a process share. */
export interface SharedParts extends Interceptable {
  readonly metrics: CallMetrics;
  readonly spans: CallSpans;
  readonly resources: ResourceMeter | undefined;
  /** Of contexts that become labels. */
  readonly budget: ContextBudget;
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
  readonly takesRecords: boolean;
  refuseQuality(): void;
}

/** A component, and what its calls need. */
export class TrackedComponent implements CallSurroundings {
  readonly metrics: CallMetrics;
  readonly spans: CallSpans;
  readonly parameters: ParameterClient;
  readonly #shared: SharedParts;
  readonly #operations = new Map<string, TrackedOperation>();
  #connection: ControllerConnection | undefined;
  #keepsHistory = false;
  #remembered = 0;

  constructor(name: string, shared: SharedParts) {
    this.#shared = shared;
    this.metrics = shared.metrics;
    this.spans = shared.spans;
    this.parameters = new ParameterClient(name, shared.now, Math.random, shared);
  }

  get name(): string {
    return this.parameters.component;
  }

  get resources(): ResourceMeter | undefined {
    return this.#shared.resources;
  }

  get takesRecords(): boolean {
    return this.#shared.takesRecords;
  }

  refuseQuality(): void {
    this.#shared.refuseQuality();
  }

  /** It is called otherwise from now on: what was published under its former name is forgotten. */
  rename(name: string): void {
    this.parameters.clear(name, this.#operations.values());
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
    const operation = new TrackedOperation(label, this.#shared.budget, this.parameters, this.#shared.now);
    this.#operations.set(label, operation);
    if (this.#keepsHistory) this.#remember(operation);
    this.parameters.publishTo(operation);
    return operation;
  }

  /** An operation that has parameters, from the code or from the controller; undefined where nobody has given it any. */
  find(name: string): TrackedOperation | undefined {
    const published = this.parameters.document?.operations;
    const isPublished = published !== undefined && Object.hasOwn(published, name);
    const operation = this.#operations.get(name) ?? (isPublished ? this.operation(name) : undefined);
    return operation?.base === undefined ? undefined : operation;
  }

  /** Every operation that was named so far. */
  operations(): Iterable<TrackedOperation> {
    return this.#operations.values();
  }

  /** Remembers from now on what the operations do, for summaries. */
  keepHistory(): void {
    if (this.#keepsHistory) return;
    this.#keepsHistory = true;
    for (const operation of this.#operations.values()) this.#remember(operation);
  }

  #remember(operation: TrackedOperation): void {
    if (this.#remembered++ < MAXIMUM_REMEMBERED_OPERATIONS) operation.history = new OperationHistory(this.#shared.now);
    else
      warnOnce(
        "history",
        `summaries of this process hold ${MAXIMUM_REMEMBERED_OPERATIONS} operations of a component, not more`,
      );
  }

  /** Starts or moves the connection to the controller; ends it where there is none. */
  connect(connection: Settings): void {
    const { controllerUrl, disabled, token, pollIntervalMilliseconds, requestTimeoutMilliseconds, stream } = connection;
    this.disconnect();
    const { cacheDirectory } = connection;
    const component = this.name;
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
    const settings = { controllerUrl, component, token, pollIntervalMilliseconds, requestTimeoutMilliseconds, stream };
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

  /** Ends the connection to the controller. Calls go on being tracked, with the parameters that are there. */
  disconnect(): void {
    this.#connection?.stop();
    this.#connection = undefined;
  }
}
