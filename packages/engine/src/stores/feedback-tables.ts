/** The table of `migrations/0005-feedback.ts` as Kysely sees it. */

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
  /** The whole item without the time of its arrival, as canonical JSON: equal items have equal texts. */
  feedback: string;
}
