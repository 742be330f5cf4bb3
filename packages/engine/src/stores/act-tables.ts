/** The tables of `migrations/0008-acts.ts` as Kysely sees them. Times are integers, milliseconds since 1970. */
import type { Generated } from "kysely";

/** What people did, as they asked for it. */
export interface ActTable {
  /** Rises: the order in which acts were acknowledged. */
  number: Generated<number>;
  id: string;
  component: string;
  operation: string;
  kind: string;
  who: string;
  done_at: number;
  act: string;
}

/** What became of acts: one row each, written by the cycle that took it. */
export interface ActOutcomeTable {
  act_id: string;
  component: string;
  operation: string;
  cycle: number;
  /** Its place among the acts of the cycle. */
  place: number;
  decided_at: number;
  result: string;
  reason: string;
  /** The act as the decision saw it: with the change that it is about. */
  act: string;
}
