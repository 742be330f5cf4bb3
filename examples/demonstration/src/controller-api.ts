/** What an example reads of the controller: its public HTTP API, nothing else. */
import type { ParameterValues } from "@trimtab/conventions";
import { getJson, getPages } from "./ask-json.ts";

/** What one side of the comparison measured. What was not measured is absent. */
interface VariantMeasurements {
  readonly calls: number;
  readonly utility?: number;
  /** 0 to 1. */
  readonly meanQuality?: number;
  readonly meanDurationSeconds?: number;
  /** By unit, e.g. `usd`; of one call. */
  readonly meanCost?: Readonly<Record<string, number>>;
}

/** Utility of what is served less that of the holdout, with an interval that holds however often it is read. */
export interface LiftReading {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
  /** 0 to 1, e.g. 0.95. */
  readonly level: number;
  readonly windows: number;
  readonly holdout: VariantMeasurements;
  readonly served: VariantMeasurements;
}

/** One context of the operation: what is served, what it brings, and why. */
export interface ContextState {
  readonly context: Readonly<Record<string, string>>;
  readonly variants: readonly {
    readonly role: "baseline" | "incumbent" | "challenger";
    readonly share: number;
    readonly parameters: ParameterValues;
  }[];
  /** The values in force. */
  readonly parameters: ParameterValues;
  readonly lift?: LiftReading;
  readonly lastDecision?: { readonly kind: string; readonly reason: { readonly sentence: string } };
  readonly lastAdaptation?: AdaptationRecord;
}

/** A change of one parameter. */
interface AdaptationRecord {
  readonly id: string;
  readonly at: string;
  readonly parameter: string;
  readonly oldValue: number | string | boolean;
  readonly newValue: number | string | boolean;
  readonly status: string;
  readonly confidence: number;
  readonly reason: { readonly sentence: string };
}

/** An adaptation in the list. */
export interface ListedAdaptation extends AdaptationRecord {
  readonly changeId: string;
  readonly context: Readonly<Record<string, string>>;
}

/** The operation as the controller tells it. */
export interface OperationState {
  readonly cycles: number;
  readonly states: readonly ContextState[];
}

/** Feedback as the controller keeps it. */
export interface FeedbackEntry {
  readonly id: string;
  readonly operation?: string;
  /** The cycle whose evidence holds it; absent while it waits. */
  readonly learntInCycle?: number;
  /** What whoever gave it has added. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** A controller on this machine, and one operation of it. Every question ends with an error when its signal is aborted. */
export class ControllerApi {
  readonly url: string;
  readonly #component: string;
  readonly #operation: string;

  constructor(url: string, { component, operation }: { readonly component: string; readonly operation: string }) {
    this.url = url;
    this.#component = component;
    this.#operation = operation;
  }

  readOperation(signal: AbortSignal): Promise<OperationState> {
    return this.#get(`/v1/operations/${this.#component}/${this.#operation}`, signal);
  }

  /** The newest thousand. */
  async listAdaptations(signal: AbortSignal): Promise<readonly ListedAdaptation[]> {
    const page = await this.#get<{ adaptations: readonly ListedAdaptation[] }>(
      `/v1/adaptations?component=${this.#component}&operation=${this.#operation}&limit=1000`,
      signal,
    );
    return page.adaptations;
  }

  /** All feedback about the component, on as many pages as there are. */
  listFeedback(signal: AbortSignal): Promise<readonly FeedbackEntry[]> {
    return getPages(`${this.url}/v1/feedback?component=${this.#component}&limit=1000`, "feedback", signal);
  }

  /** Calls that the controller has counted in this time, 0 where it has no data; undefined where it cannot tell at the moment. */
  async countCalls(milliseconds: number, signal: AbortSignal): Promise<number | undefined> {
    const period = `${Math.max(1, Math.ceil(milliseconds / 1000))}s`;
    const { kind, total } = await this.#get<{ kind: string; total?: number }>(
      `/v1/performance/${this.#component}/${this.#operation}?period=${period}`,
      signal,
    );
    return kind === "noData" ? 0 : total;
  }

  #get<Body>(path: string, signal: AbortSignal): Promise<Body> {
    return getJson(this.url + path, signal);
  }
}
