/** The port to what must outlive the process: states, decisions, adaptations and what is served. */
import type {
  Act,
  Adaptation,
  AdaptationStatus,
  AdaptationTransition,
  Decision,
  Evidence,
  OperationPolicy,
  OperationState,
} from "@trimtab/learning";

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
  /** Names the policy that the decision was made under: `loadPolicy` gives it. */
  readonly policyHash: string;
}

/** What is served of an operation, and since when: the same in every process that reads it. */
export interface ServedCycle {
  readonly cycle: number;
  readonly decision: Decision;
  /** The cycle that decided the list of allocations that is served now. */
  readonly allocationsSince: number;
  /** Milliseconds since 1970: when the list of allocations was decided that is served now. */
  readonly allocationsAt: number;
  /** Milliseconds since 1970: when a decision last allowed exploring; 0 before any did. */
  readonly exploredAt: number;
}

/**
 * One cycle of one operation, recorded whole or not at all. Together with the state before it, it holds everything that the
 * decision depended on: the policy, the evidence, the seed, and the time, which is `decision.at`.
 */
export interface CycleRecord extends OperationKey {
  /** The stored cycle plus one, the first is 1; a record with any other number is refused. */
  readonly cycle: number;
  /** Kept once for all cycles that name it. */
  readonly policy: OperationPolicy;
  readonly policyHash: string;
  readonly seed: string;
  readonly evidence: Evidence;
  /** The people's acts that the decision took; absent where there were none. */
  readonly acts?: readonly Act[];
  readonly decision: Decision;
  readonly state: OperationState;
}

/** A recorded cycle as it is read back. */
export interface RecordedCycle extends OperationKey {
  readonly cycle: number;
  readonly policyHash: string;
  readonly seed: string;
  readonly evidence: Evidence;
  readonly acts?: readonly Act[];
  readonly decision: Decision;
  /** The state after the cycle, where it was kept (every twentieth cycle, and the last one). */
  readonly state?: OperationState;
}

/** An adaptation with its current status and everything that happened to it. */
export interface StoredAdaptation extends Adaptation {
  /** Oldest first; the first entry is the decision that made it. */
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

/** The record contradicts what is stored, or cannot be stored; nothing was recorded. A fault of whatever made the record. */
export class IllegalRecordError extends Error {
  override readonly name = "IllegalRecordError";
}

/** A cursor that this store did not give for this list. */
export class InvalidCursorError extends Error {
  override readonly name = "InvalidCursorError";
}

/** A store. What a method has resolved for is on disk: it survives `kill -9`. */
export interface Store {
  /** Every operation that ever had a cycle recorded, by component and operation, also those that are configured no more. */
  listOperations(): Promise<readonly OperationKey[]>;
  loadOperation(key: OperationKey): Promise<StoredOperation | undefined>;
  /** What is served of an operation, without the state that only the next cycle needs. */
  loadServed(key: OperationKey): Promise<ServedCycle | undefined>;
  /** The last cycle of every operation that has one: cheap, to see what has changed. */
  listLastCycles(): Promise<readonly (OperationKey & { readonly cycle: number })[]>;
  /**
   * Records evidence, decision, state, new adaptations and transitions in one transaction, that the evidence's feedback was learnt from, and what became of the acts.
   *
   * @throws {CycleConflictError} when `cycle` is not the stored cycle plus one; nothing is changed then.
   * @throws {LeaseLostError} when another process leads; nothing is changed then.
   * @throws {IllegalRecordError} when an adaptation would change its status in a way that `decision.ts` does not list, when two
   *   would be applied to one parameter and context, when the evidence has feedback that another cycle has learnt from, when an act does not wait or has no outcome, or when a part has no JSON text or too long a one; nothing is changed then.
   */
  recordCycle(record: CycleRecord): Promise<ServedCycle>;
  /** The policy that a recorded cycle was decided under. */
  loadPolicy(policyHash: string): Promise<OperationPolicy | undefined>;
  /** The sum of `allocationsSince` over the component's operations, but for those that are named: what others add to a revision. */
  sumAllocationsSince(component: string, without: readonly string[]): Promise<number>;
  /**
   * A page has fewer cycles than its limit where they are large: together they must fit into memory.
   *
   * @throws {InvalidCursorError} when the cursor is not one that this list gave.
   */
  listCycles(key: OperationKey, page: PageRequest): Promise<Page<RecordedCycle>>;
  /** @throws {InvalidCursorError} when the cursor is not one that this list gave. */
  listAdaptations(filter: AdaptationFilter, page: PageRequest): Promise<Page<StoredAdaptation>>;
  getAdaptation(id: string): Promise<StoredAdaptation | undefined>;
  /**
   * Drops cycles that are older than this (milliseconds since 1970), and policies that only they name; adaptations, and what the
   * next cycle starts from, stay.
   * A replay of the remaining ones starts at the first that has a state.
   *
   * @returns How many.
   * @throws {LeaseLostError} when another process leads.
   */
  dropCyclesBefore(time: number): Promise<number>;
  /** Closes the database underneath, and so everything else that lives in it. */
  close(): Promise<void>;
}
