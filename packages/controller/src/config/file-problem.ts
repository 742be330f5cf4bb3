/** A mistake in a file. */
import type { Problem } from "@trimtab/conventions";

/** A problem that may know its line. */
export interface FileProblem extends Problem {
  /** Counted from 1. */
  readonly line?: number;
}
