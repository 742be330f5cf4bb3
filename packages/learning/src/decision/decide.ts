/** One cycle's judgement for one operation, as a function of its arguments. */
import type { Json } from "@trimtab/conventions";
import type { Evidence } from "../evidence/evidence.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import type { Decision } from "./decision.ts";

/** What a cycle remembers for the next one; JSON, so that a store can keep it and a replay can start from it. */
export type OperationState = { readonly schema: 1 } & { readonly [key: string]: Json };

/** Everything that a decision depends on. */
export interface DecideInput {
  readonly policy: OperationPolicy;
  /** Undefined at the very first cycle. */
  readonly state: OperationState | undefined;
  readonly evidence: Evidence;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Any text; the same seed gives the same decision. */
  readonly seed: string;
}

/** The decision and what to remember. */
export interface DecideOutput {
  readonly decision: Decision;
  readonly state: OperationState;
}

export type Decide = (input: DecideInput) => DecideOutput;
