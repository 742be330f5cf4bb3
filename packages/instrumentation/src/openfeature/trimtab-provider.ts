/** A provider for the OpenFeature SDK of servers. It answers from the allocation document in this process: no request per flag. */
import {
  type EvaluationContext,
  type JsonValue,
  OpenFeatureEventEmitter,
  type Provider,
  ProviderEvents,
  type ResolutionDetails,
  type TrackingEventDetails,
} from "@openfeature/server-sdk";
import { configure, shutdown } from "../configure.ts";
import { instrumentation } from "../instance.ts";
import type { InstrumentationOptions } from "../options.ts";
import { reportOwnFailure } from "../own-failure.ts";
import type { ParameterEvent } from "../parameters/parameter-client.ts";
import type { TrackedComponent } from "../tracked-component.ts";
import { evaluateFlag } from "./evaluate-flag.ts";
import { flagKeysOf } from "./flag-keys.ts";
import { trackOutcome } from "./track-outcome.ts";

/** How the provider is set up. */
export interface TrimtabProviderOptions {
  /** The component whose operations are flags. Default: the process' main one. */
  readonly component?: string;
  /** Calls `configure` with these when the provider starts, and `shutdown` when it closes. Default: the process does so itself. */
  readonly configure?: InstrumentationOptions;
  /** How long the provider waits for the controller before it is ready with what there is, in milliseconds. Default 2,000. */
  readonly readyWithinMilliseconds?: number;
}

const READY_WITHIN_MILLISECONDS = 2000;
const LONGEST_TIMER_MILLISECONDS = 2 ** 31 - 1;

/** `await OpenFeature.setProviderAndWait(new TrimtabProvider())` */
export class TrimtabProvider implements Provider {
  readonly metadata: { readonly name: string } = { name: "trimtab" };
  readonly runsOn = "server" as const;
  readonly events: OpenFeatureEventEmitter = new OpenFeatureEventEmitter();
  readonly #options: TrimtabProviderOptions;
  #stopListening: (() => void) | undefined;
  #staleTimer: NodeJS.Timeout | undefined;
  #isStale = false;

  constructor(options: TrimtabProviderOptions = {}) {
    this.#options = options;
  }

  /** Ready as soon as the controller was heard of, and at the latest after the time set: then with the last known good or base values. */
  async initialize(): Promise<void> {
    if (this.#options.configure !== undefined) configure(this.#options.configure);
    const { parameters } = this.#component;
    this.#stopListening?.();
    this.#stopListening = parameters.listen((event) => {
      this.#hear(event);
    });
    const { controllerUrl, disabled } = instrumentation().settings;
    if (controllerUrl === undefined || disabled) return; // nobody to wait for
    if (parameters.trustedForMilliseconds === undefined) await this.#firstConfirmation();
    this.#watchAge();
  }

  /** Answers nothing new any more. */
  onClose(): Promise<void> {
    this.#stopListening?.();
    clearTimeout(this.#staleTimer);
    return this.#options.configure === undefined ? Promise.resolve() : shutdown();
  }

  resolveBooleanEvaluation(
    key: string,
    defaultValue: boolean,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<boolean>> {
    return Promise.resolve(evaluateFlag(this.#component, key, defaultValue, "boolean", context));
  }

  resolveStringEvaluation(
    key: string,
    defaultValue: string,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<string>> {
    return Promise.resolve(evaluateFlag(this.#component, key, defaultValue, "string", context));
  }

  resolveNumberEvaluation(
    key: string,
    defaultValue: number,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<number>> {
    return Promise.resolve(evaluateFlag(this.#component, key, defaultValue, "number", context));
  }

  resolveObjectEvaluation<Value extends JsonValue>(
    key: string,
    defaultValue: Value,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<Value>> {
    return Promise.resolve(evaluateFlag(this.#component, key, defaultValue, "object", context));
  }

  /** An event is an outcome of the operation that it is named after. Never throws. */
  track(eventName: string, context: EvaluationContext = {}, details: TrackingEventDetails = {}): void {
    try {
      trackOutcome(this.#component, eventName, context, details);
    } catch (error) {
      reportOwnFailure("passing on a tracking event", error);
    }
  }

  get #component(): TrackedComponent {
    return instrumentation().component(this.#options.component);
  }

  #firstConfirmation(): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        stop();
        clearTimeout(timer);
        resolve();
      };
      const stop = this.#component.parameters.listen((event) => {
        if (event.kind === "confirmed" || event.isConfirmed) end();
      });
      const timer = setTimeout(end, this.#options.readyWithinMilliseconds ?? READY_WITHIN_MILLISECONDS);
    });
  }

  #hear(event: ParameterEvent): void {
    this.#watchAge();
    if (event.kind === "document") {
      const flagsChanged = changedFlags(event);
      if (flagsChanged.length > 0) this.events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged });
    }
    if (!this.#isStale || (event.kind === "document" && !event.isConfirmed)) return;
    this.#isStale = false;
    this.events.emit(ProviderEvents.Ready);
  }

  /** Without another confirmation the document is as old as it may be at a time that is known now. */
  #watchAge(): void {
    clearTimeout(this.#staleTimer);
    const left = this.#component.parameters.trustedForMilliseconds ?? 0;
    this.#staleTimer = setTimeout(
      () => {
        if (this.#isStale) return;
        this.#isStale = true;
        this.events.emit(ProviderEvents.Stale, { message: "the controller has not been heard of for a while" });
      },
      Math.min(left + 1, LONGEST_TIMER_MILLISECONDS),
    );
    this.#staleTimer.unref();
  }
}

function changedFlags({ former, document }: Extract<ParameterEvent, { kind: "document" }>): string[] {
  const before = former?.component === document.component ? former.operations : {};
  const names = new Set([...Object.keys(before), ...Object.keys(document.operations)]);
  return [...names].flatMap((name) => {
    const [old, now] = [before, document.operations].map((all) => (Object.hasOwn(all, name) ? all[name] : undefined));
    if (JSON.stringify(old) === JSON.stringify(now)) return [];
    const parameters = new Set([...Object.keys(old?.parameters ?? {}), ...Object.keys(now?.parameters ?? {})]);
    return flagKeysOf(document.component, name, [...parameters]);
  });
}
