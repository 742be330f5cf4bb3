/** What the load has done since its start; it tells the process that started it, every second. */
export interface LoadCounts {
  readonly answered: number;
  readonly failed: number;
  /** Requests that were left out because too many were under way. */
  readonly leftOut: number;
  /** Answers that were decoded and were equal to the original; one that was not counts as failed. */
  readonly verified: number;
  /** Why the last failure failed. */
  readonly lastFailure?: string;
}
