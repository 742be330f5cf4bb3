/** What one arm of an experiment is told while it decides: who it is, and what was found in the calls of both arms together. */
import type { ContextId } from "@trimtab/conventions";
import type { DecideInput, DecideOutput } from "./decide-input.ts";
import type { ExperimentPlace } from "./decision.ts";
import type { WholeContextFindings } from "./observe-context.ts";

/** Binds one arm in one cycle. */
export interface ArmGuard {
  readonly place: ExperimentPlace;
  readonly contexts: ReadonlyMap<ContextId, WholeContextFindings>;
}

/** Decides one cycle for one strategy: for all calls, or for those of its arm. */
export type DecideArm = (input: DecideInput, guard?: ArmGuard) => DecideOutput;
