/** The tables of `migrations/0005-feedback.ts` and `0006-suggestions.ts` as Kysely sees them. */
import type { Generated } from "kysely";

/** The table of `migrations/0005-feedback.ts`. Times are integers, milliseconds since 1970. */
export interface FeedbackTable {
  id: string;
  received_at: number;
  type: string;
  component: string | null;
  operation: string | null;
  entity: string | null;
  source: string | null;
  target: string | null;
  score: number | null;
  /** The cycle that learnt from it; null while it waits. */
  cycle: number | null;
  /** When it was looked at for suggestions; null before, and where it is about no entity. */
  processed_at: Generated<number | null>;
  /** The whole item without the time of its arrival, as canonical JSON: equal items have equal texts. */
  feedback: string;
}

/** The table of `migrations/0006-suggestions.ts`. Times are integers, milliseconds since 1970. */
export interface SuggestionTable {
  id: string;
  created_at: number;
  rule: string;
  entity: string;
  target: string | null;
  status: string;
  decided_at: number | null;
  decided_by: string | null;
  why: string | null;
  /** Of `migrations/0015-suggestion-delivery.ts`: the act that makes the change; null where there is none. */
  act: Generated<string | null>;
  delivered_at: Generated<number | null>;
  delivered_to: Generated<string | null>;
  /** What was proposed, as canonical JSON. */
  suggestion: string;
}
