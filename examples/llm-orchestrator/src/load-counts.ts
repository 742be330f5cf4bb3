/** What the orchestrator's load has done since its start; it tells the process that started it, every second. */
export interface LoadCounts {
  readonly songs: number;
  readonly streamed: number;
  /** Songs that came after at least one error. */
  readonly recovered: number;
  readonly failed: number;
  /** Requests that were left out because too many were under way. */
  readonly leftOut: number;
  readonly tokens: number;
  readonly costUsd: number;
  /** Ratings by their key: each key once, however often it was sent. */
  readonly ratings: number;
  /** Ratings that were sent a second time under the same key, on purpose. */
  readonly ratingsRepeated: number;
  /** Begins the name of each form of this run. */
  readonly ratingsRun: string;
  /** The songs have cost what they may cost; no more are asked for. */
  readonly isBudgetSpent?: boolean;
  /** Why the last song failed. */
  readonly lastFailure?: string;
}

/** A message of the load to the process that started it. */
export type LoadMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "counts"; readonly counts: LoadCounts }
  /** No more songs are asked for; every rating was handed over. The counts are the last ones. */
  | { readonly kind: "finished"; readonly counts: LoadCounts };
