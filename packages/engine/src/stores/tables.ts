/** The store's tables as Kysely sees them. Times are integers: milliseconds since 1970. JSON is text. */
import type { Kysely } from "kysely";
import type { ActOutcomeTable, ActTable } from "./act-tables.ts";
import type { FeedbackTable, SuggestionTable } from "./feedback-tables.ts";
import type { RecordTable } from "./record-tables.ts";
import type { TrendTable } from "./trend-tables.ts";
import type { WebhookDeliveryTable } from "./webhook-tables.ts";

/** A database with the store's tables in it; `withTables<…>()` adds the types of others that live in the same file. */
export type SqlDatabase = Kysely<StoreTables>;

/** The tables of `migrations/0001-first.ts`. */
export interface StoreTables {
  /** One row per operation: what the next cycle starts from, and what is served. */
  operations: {
    component: string;
    operation: string;
    cycle: number;
    window_end: number;
    policy_hash: string;
    allocations_since: number;
    decision: string;
    state: string;
    /** When the cycle of `allocations_since` was decided. */
    allocations_at: number;
    /** When a decision last allowed exploring; 0 before. */
    explored_at: number;
  };
  /** One row per recorded cycle. Evidence, decision and state are packed texts (`packed-text.ts`). */
  cycles: {
    component: string;
    operation: string;
    cycle: number;
    decided_at: number;
    policy_hash: string;
    seed: string;
    evidence: string;
    allocations_since: number;
    /** Without its allocations. */
    decision: string;
    /** The state after the cycle, every twentieth cycle. */
    state: string | null;
    /** The term of the leader that recorded it; 0 where nobody needed to lead. */
    term: number;
  };
  /** Of `migrations/0010-leases.ts`. One row per lease: who holds it, and how often it changed hands. */
  leases: { name: string; holder: string; term: number; expires_at: number };
  /** What a decision's allocations are since which cycle: most cycles change nothing, and share one list. */
  allocation_lists: { component: string; operation: string; since_cycle: number; allocations: string };
  /** Policies by their hash, so that a cycle can be replayed after the configuration has changed. */
  policies: { policy_hash: string; policy: string };
  adaptations: {
    id: string;
    change_id: string;
    component: string;
    operation: string;
    context_id: string;
    parameter: string;
    decided_at: number;
    status: string;
    /** Empty, or the treatment of an experiment: what is not served to all calls, nor to those of the control. */
    arm: string;
    /** The adaptation as it was decided; the column `status` is the current one. */
    adaptation: string;
  };
  adaptation_transitions: {
    adaptation_id: string;
    /** 0 is the adaptation itself, then one more with each transition. */
    number: number;
    status: string;
    transitioned_at: number;
    reason: string;
  };
  /** Of `migrations/0005-feedback.ts`. */
  feedback: FeedbackTable;
  /** Of `migrations/0006-suggestions.ts`. */
  suggestions: SuggestionTable;
  /** Of `migrations/0008-acts.ts`. */
  acts: ActTable;
  act_outcomes: ActOutcomeTable;
  /** Of `migrations/0009-records.ts`. */
  records: RecordTable;
  /** Of `migrations/0012-webhook-deliveries.ts`. */
  webhook_deliveries: WebhookDeliveryTable;
  /** Of `migrations/0014-trends.ts`. */
  trends: TrendTable;
}
