/**
 * Suggestions that a person has accepted, on their way to this service: looked for at the controller, applied once, acknowledged.
 *
 * What was applied is remembered in the transaction that applied it. So a suggestion whose acknowledgement got lost is found again,
 * is known, and is only acknowledged again.
 */
import { setTimeout as wait } from "node:timers/promises";

/** An accepted suggestion, as far as it matters here. */
export interface AcceptedSuggestion {
  readonly id: string;
  readonly entity: string;
  readonly suggestion: string;
  readonly confidence: number;
  readonly reasoning: string;
}

/** The controller, as the inbox needs it. Both throw where it does not answer well. */
export interface SuggestionSource {
  listAccepted(): Promise<readonly AcceptedSuggestion[]>;
  acknowledge(id: string): Promise<void>;
}

/**
 * Takes everything that waits once. One that cannot be taken does not keep the others waiting.
 *
 * @param apply Applies one that is new to it, does nothing about one that it knows.
 * @throws {Error} The first problem, once all were tried.
 */
export async function takeSuggestions(
  source: SuggestionSource,
  apply: (suggestion: AcceptedSuggestion) => void,
): Promise<number> {
  const accepted = await source.listAccepted();
  const problems: unknown[] = [];
  for (const suggestion of accepted) {
    try {
      apply(suggestion);
      await source.acknowledge(suggestion.id);
    } catch (error) {
      problems.push(error);
    }
  }
  if (problems.length > 0) throw problems[0];
  return accepted.length;
}

/** Takes whatever comes, until the signal; what fails is tried again. */
export async function keepTaking(
  source: SuggestionSource,
  apply: (suggestion: AcceptedSuggestion) => void,
  signal: AbortSignal,
): Promise<void> {
  let isTold = false;
  while (!signal.aborted) {
    try {
      await takeSuggestions(source, apply);
      isTold = false;
    } catch (error) {
      if (!isTold) console.error(`suggestions wait: ${error instanceof Error ? error.message : String(error)}`);
      isTold = true;
    }
    await wait(1000, undefined, { signal }).catch(() => {});
  }
}

/** A controller over HTTP. @param component The target, and who acknowledges. */
export function suggestionSource(url: string, component: string, token?: string): SuggestionSource {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const ask = async (path: string, init: RequestInit = {}): Promise<unknown> => {
    const response = await fetch(url + path, {
      ...init,
      headers: { ...headers, "Content-Type": "application/json" },
      signal: AbortSignal.timeout(5000),
    });
    if (!response.ok)
      throw new Error(`${path} was answered with ${response.status}: ${(await response.text()).slice(0, 300)}`);
    return response.json();
  };
  return {
    async listAccepted() {
      const page = await ask(`/v1/suggestions?target=${component}&status=accepted`);
      return (page as { readonly suggestions: readonly AcceptedSuggestion[] }).suggestions;
    },
    async acknowledge(id) {
      await ask(`/v1/suggestions/${encodeURIComponent(id)}/acknowledge`, {
        method: "POST",
        body: JSON.stringify({ by: component }),
      });
    },
  };
}
