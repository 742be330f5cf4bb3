/** What was learnt and set of operations, as it travels from one store to another: plain data, of no database. */
import type { Context } from "@trimtab/conventions";
import type { Decision, OperationPolicy, OperationState, TrendSums } from "@trimtab/learning";
import type { StoredAct } from "./act-store.ts";
import type { OperationKey, StoredAdaptation } from "./store.ts";

/** How an operation stands: what is served, and what its next cycle starts from. */
export interface ExportedOperation extends OperationKey {
  readonly kind: "operation";
  /** The last cycle that was recorded. */
  readonly cycle: number;
  /** Milliseconds since 1970: the end of the last window that was read. */
  readonly windowEnd: number;
  /** The cycle that decided the list of allocations that is served, and when; when a decision last allowed exploring, 0 before. */
  readonly allocationsSince: number;
  readonly allocationsAt: number;
  readonly exploredAt: number;
  /** The policy of the last decision. */
  readonly policy: OperationPolicy;
  /** The last decision, with what is served and what people have set. */
  readonly decision: Decision;
  /** Everything that was learnt. */
  readonly state: OperationState;
}

/** An adaptation with its history. */
export interface ExportedAdaptation {
  readonly kind: "adaptation";
  readonly adaptation: StoredAdaptation;
}

/** What a person or an alert did, and what came of it. */
export type ExportedAct = { readonly kind: "act" } & StoredAct;

/** What an hour or a day of an operation was like. */
export interface ExportedTrend extends OperationKey {
  readonly kind: "trend";
  /** Absent for the whole operation. */
  readonly context?: Context;
  /** Milliseconds since 1970, and how many. */
  readonly from: number;
  readonly milliseconds: number;
  readonly sums: TrendSums;
}

/** Of every operation first how it stands, then its adaptations, acts and trends, each from the oldest on. */
export type ExportedEntry = ExportedOperation | ExportedAdaptation | ExportedAct | ExportedTrend;
