/** The port to what must outlive the process: states, decisions, adaptations and what is served. */
import type { Adaptation, AdaptationStatus, AdaptationTransition, Decision, Evidence, OperationState } from "@trimtab/learning";

/** An operation, named. */
export interface OperationKey {
  readonly component: string;
  readonly operation: string;
}

/** What a cycle starts from. */
export interface StoredOperation extends OperationKey {
  /** Grows by one with each recorded cycle. */
  readonly cycle: number;
  readonly state: OperationState;
  /** Milliseconds since 1970: the end of the last window that was read. */
  readonly windowEnd: number;
  /** The last decision: what is served. */
  readonly decision: Decision;
  /** The text of the policy that the decision was made under. */
  readonly policyHash: string;
}

/** One cycle of one operation, recorded whole or not at all. */
export interface CycleRecord extends OperationKey {
  /** The stored cycle plus one; a record with any other number is refused. */
  readonly cycle: number;
  readonly policyHash: string;
  readonly seed: string;
  readonly evidence: Evidence;
  readonly decision: Decision;
  readonly state: OperationState;
}

/** A recorded cycle as it is read back. */
export interface RecordedCycle extends OperationKey {
  readonly cycle: number;
  readonly policyHash: string;
  readonly seed: string;
  readonly evidence: Evidence;
  readonly decision: Decision;
  /** The state after the cycle, where it was kept (every twentieth cycle, and the last one). */
  readonly state?: OperationState;
}

/** An adaptation with everything that happened to it. */
export interface StoredAdaptation extends Adaptation {
  readonly history: readonly (AdaptationTransition & { readonly at: number })[];
}

/** Which adaptations are wanted; newest first. */
export interface AdaptationFilter {
  readonly component?: string;
  readonly operation?: string;
  /** Exactly this context's id. */
  readonly contextId?: string;
  readonly parameter?: string;
  readonly status?: AdaptationStatus;
  readonly changeId?: string;
}

/** A page of a list, newest first. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Pass it as `cursor` for the next page; absent on the last. */
  readonly nextCursor?: string;
}

/** Where to begin and how many items, 1 to 1,000. */
export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string;
}

/** The cycle's number was not the next one: somebody else recorded it first. */
export class CycleConflictError extends Error {
  override readonly name = "CycleConflictError";
}

/** A cursor that this store did not give. */
export class InvalidCursorError extends Error {
  override readonly name = "InvalidCursorError";
}

/** A store. What a method has resolved for is on disk: it survives `kill -9`. */
export interface Store {
  loadOperation(key: OperationKey): Promise<StoredOperation | undefined>;
  /**
   * Records evidence, decision, state, new adaptations and transitions in one transaction.
   *
   * @throws {CycleConflictError} when `cycle` is not the stored cycle plus one; nothing is changed then.
   */
  recordCycle(record: CycleRecord): Promise<void>;
  listCycles(key: OperationKey, page: PageRequest): Promise<Page<RecordedCycle>>;
  listAdaptations(filter: AdaptationFilter, page: PageRequest): Promise<Page<StoredAdaptation>>;
  getAdaptation(id: string): Promise<StoredAdaptation | undefined>;
  /** Drops cycles that are older than this (milliseconds since 1970); adaptations stay. Returns how many. */
  dropCyclesBefore(time: number): Promise<number>;
  close(): Promise<void>;
}
