/** The table of `migrations/0012-webhook-deliveries.ts` as Kysely sees it. Times are integers, milliseconds since 1970. */
import type { Generated } from "kysely";

/** What a webhook is to be told. */
export interface WebhookDeliveryTable {
  /** Rises: the order in which a hook is told. */
  number: Generated<number>;
  id: string;
  hook: string;
  type: string;
  created_at: number;
  /** When it was made, or told to be tried again. */
  waiting_since: number;
  status: string;
  attempts: number;
  next_attempt_at: number;
  last_attempt_at: number | null;
  /** What the last attempt came to: a status or an error, in words. */
  answer: string | null;
  /** The body that is sent, the same at each attempt. */
  payload: string;
}
