/** The table of `migrations/0009-records.ts` as Kysely sees it. */

/** One row per operation of the sample. Times are integers, milliseconds since 1970. */
export interface RecordTable {
  component: string;
  id: string;
  operation: string;
  ended_at: number;
  /** Canonical JSON: a key with its value stands in it as one text, and in no other place. */
  context: string;
  /** Everything that has no column of its own, as JSON. */
  record: string;
}
