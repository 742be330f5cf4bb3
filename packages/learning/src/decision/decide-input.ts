/** What goes into a cycle's judgement and what comes out of it: nothing else is looked at, nothing else is touched. */
import type { Act } from "../acts/act.ts";
import type { Evidence } from "../evidence/evidence.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import type { StrategyDefinitions } from "../strategies/strategy-definition.ts";
import type { Decision } from "./decision.ts";
import type { OperationState } from "./operation-state.ts";

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
  /** What people did since the last decision, in the order of doing; absent where nobody did anything. */
  readonly acts?: readonly Act[];
  /** Strategies of one's own by id, for a policy that chooses one: code is no part of a record, its digest in the policy is. */
  readonly strategies?: StrategyDefinitions;
  /**
   * Were the calls dealt by somebody else's shares, as in a replay of recorded evidence with another strategy? Then they are not
   * compared with the shares of this state. Default: no.
   */
  readonly areSharesElsewhere?: boolean;
}

/** The decision and what to remember. */
export interface DecideOutput {
  readonly decision: Decision;
  readonly state: OperationState;
}
