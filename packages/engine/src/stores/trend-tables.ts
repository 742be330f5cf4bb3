/** The table of `migrations/0014-trends.ts` as Kysely sees it. */

/** Times are integers, milliseconds since 1970. */
export interface TrendTable {
  component: string;
  operation: string;
  /** Canonical JSON of the context; empty for the whole operation. */
  context: string;
  /** Where the span begins. */
  slot: number;
  /** An hour or a day, in milliseconds. */
  span: number;
  /** JSON. */
  sums: string;
}
