/** What a system's run asks of the controller and its services: their public HTTP interfaces, nothing else. */
import { getJson, getPages } from "../ask-json.ts";
import type { OperationState } from "../controller-api.ts";
import type { ConfiguredOperation } from "./system-configuration.ts";

/** An improvement that the controller suggests. */
export interface Suggestion {
  readonly id: string;
  readonly entity: string;
  readonly target?: string;
  readonly suggestion: string;
  readonly confidence: number;
  readonly reasoning: string;
  readonly status: "open" | "accepted" | "delivered" | "dismissed";
  readonly deliveredTo?: string;
}

/** Feedback in the controller's list. */
export interface ListedFeedback {
  readonly id: string;
  readonly component?: string;
  readonly operation?: string;
  readonly score?: number;
  readonly learntInCycle?: number;
}

/** A controller on this machine. Every question ends with an error when its signal is aborted. */
export class ControllerClient {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  operation({ component, operation }: ConfiguredOperation, signal: AbortSignal): Promise<OperationState> {
    return getJson(`${this.url}/v1/operations/${component}/${operation}`, signal);
  }

  /** Calls that were counted in the last so many milliseconds, by outcome; undefined where there is no data. */
  async performance(
    { component, operation }: ConfiguredOperation,
    milliseconds: number,
    signal: AbortSignal,
  ): Promise<{ readonly total: number; readonly successRate?: number } | undefined> {
    const period = `${Math.max(1, Math.ceil(milliseconds / 1000))}s`;
    const answer = await getJson<{ kind: string; total?: number; successRate?: number }>(
      `${this.url}/v1/performance/${component}/${operation}?period=${period}`,
      signal,
    );
    return answer.kind === "value" ? { ...answer, total: answer.total ?? 0 } : undefined;
  }

  suggestions(signal: AbortSignal): Promise<readonly Suggestion[]> {
    return this.#all(`/v1/suggestions?limit=1000`, "suggestions", signal);
  }

  feedback(signal: AbortSignal): Promise<readonly ListedFeedback[]> {
    return this.#all(`/v1/feedback?limit=1000`, "feedback", signal);
  }

  /** The ids of the feedback in the evidence of every recorded cycle of an operation: an id that was learnt twice is there twice. */
  async learntFeedback({ component, operation }: ConfiguredOperation, signal: AbortSignal): Promise<readonly string[]> {
    const path = `/v1/recorded-cycles?component=${component}&operation=${operation}&limit=200`;
    const cycles = await this.#all<{
      readonly evidence: { readonly feedback?: { readonly kind: string; readonly value?: readonly { id: string }[] } };
    }>(path, "cycles", signal);
    return cycles.flatMap(({ evidence }) => evidence.feedback?.value?.map(({ id }) => id) ?? []);
  }

  async accept(id: string, by: string, why: string, signal: AbortSignal): Promise<void> {
    const response = await fetch(`${this.url}/v1/suggestions/${encodeURIComponent(id)}/accept`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ by, why }),
      signal,
    });
    if (!response.ok) throw new Error(`accepting ${id} was answered with ${response.status}: ${await response.text()}`);
  }

  #all<Item>(path: string, name: string, signal: AbortSignal): Promise<readonly Item[]> {
    return getPages(`${this.url}${path}`, name, signal);
  }
}
