/** The loop around the decision: ports, store and cycle. */
export {
  type AllocationBoard,
  type AllocationBoardOptions,
  createAllocationBoard,
  type ResolvedParameters,
  type ServedDocument,
} from "./cycle/allocation-board.ts";
export { type Clock, systemClock } from "./cycle/clock.ts";
export {
  type CycleScheduler,
  type CycleSchedulerOptions,
  createCycleScheduler,
  type FinishedPass,
  PassGivenUpError,
  type PassStatus,
  type ScheduledOperation,
  SchedulerStoppedError,
} from "./cycle/cycle-scheduler.ts";
export {
  createDecideThread,
  type DecideThread,
  type DecideThreadOptions,
  type ThreadStrategies,
} from "./cycle/decide-thread.ts";
export type { JsonDifference } from "./cycle/json-difference.ts";
export {
  createLeadership,
  LEADER_LEASE,
  type Leadership,
  type LeadershipOptions,
  type LeadershipStatus,
} from "./cycle/leadership.ts";
export { learnFromScores, type SuggestionLearning } from "./cycle/learn-suggestions.ts";
export { type Log, type LogFields, type LogLevel, silentLog } from "./cycle/log.ts";
export { type FeedbackProcessing, type ProcessedFeedback, processFeedback } from "./cycle/process-feedback.ts";
export { prepareAllocations } from "./cycle/ready-allocations.ts";
export {
  type CycleDifference,
  findCycle,
  type ReplayOptions,
  type ReplayReport,
  replayCycles,
} from "./cycle/replay-cycle.ts";
export {
  type CycleDependencies,
  type CycleOutcome,
  cycleSeed,
  type Decide,
  policyHash,
  runCycle,
} from "./cycle/run-cycle.ts";
export { FINE_DURATION_BOUNDARIES_SECONDS } from "./sources/fine-durations.ts";
export { createLocalSource, type LocalCall, type LocalSource } from "./sources/local-source.ts";
export type {
  DiscoveredOperation,
  EvidenceRequest,
  MetricSource,
  MetricSourceKind,
  QueryCost,
  QuestionObserver,
  SourceInspection,
  SourceTarget,
} from "./sources/metric-source.ts";
export type { ActCommand, ActFilter, ActStore, AuditKind, ImportAct, NewAct, StoredAct } from "./stores/act-store.ts";
export { createActStore } from "./stores/act-store-sql.ts";
export { decodeCursor, pageOf } from "./stores/cursor.ts";
export type {
  Declaration,
  DeclarationAddition,
  DeclarationBounds,
  DeclarationStore,
} from "./stores/declaration-store.ts";
export { createDeclarationStore } from "./stores/declaration-store-sql.ts";
export {
  type Addressees,
  type Attempt,
  type Delivery,
  type DeliveryBounds,
  type DeliveryFilter,
  type DeliveryStatus,
  type DeliveryStore,
  NOTICE_TYPES,
  type NoticeType,
} from "./stores/delivery-store.ts";
export { createDeliveryStore } from "./stores/delivery-store-sql.ts";
export { exportOperations } from "./stores/export-operations.ts";
export type {
  ExportedAct,
  ExportedAdaptation,
  ExportedEntry,
  ExportedOperation,
  ExportedTrend,
} from "./stores/exported-entry.ts";
export type {
  Feedback,
  FeedbackAddition,
  FeedbackFilter,
  FeedbackStore,
  StoredFeedback,
} from "./stores/feedback-store.ts";
export { createFeedbackStore } from "./stores/feedback-store-sql.ts";
export { type CurrentLease, type HeldLease, LeaseLostError } from "./stores/fence.ts";
export {
  type ImportedOperation,
  type ImportOptions,
  importOperations,
  OperationsPresentError,
} from "./stores/import-operations.ts";
export { createLeaseStore, type LeaseStore, type LeaseView } from "./stores/lease-store.ts";
export type {
  OutcomeAddition,
  OutcomeArrival,
  OutcomeStore,
  ReportedOperation,
  ReportedOutcome,
} from "./stores/outcome-store.ts";
export { createOutcomeStore, type OutcomeStoreOptions } from "./stores/outcome-store-sql.ts";
export {
  describePostgres,
  openPostgresDatabase,
  openPostgresForReading,
  type PostgresOptions,
} from "./stores/postgres-dialect.ts";
export { CHANNELS, listenToPostgres, type NoticeListener, type NoticeOptions } from "./stores/postgres-notices.ts";

export type { RecordFilter, RecordStore, StoredRecord } from "./stores/record-store.ts";
export { createRecordStore } from "./stores/record-store-sql.ts";
export type {
  Counters,
  RollupCell,
  RollupRound,
  RollupStore,
  RollupSum,
  StoredCounters,
  StoredTarget,
} from "./stores/rollup-store.ts";
export { createRollupStore } from "./stores/rollup-store-sql.ts";
export { createSqlStore } from "./stores/sql-store.ts";
export { backUpSqlite, type StoreBackup } from "./stores/sqlite-backup.ts";
export { openSqliteBeside, openSqliteDatabase, openSqliteForReading } from "./stores/sqlite-dialect.ts";
export {
  type AdaptationFilter,
  CycleConflictError,
  type CycleRecord,
  IllegalRecordError,
  InvalidCursorError,
  type OperationKey,
  type Page,
  type PageRequest,
  type RecordedCycle,
  type ServedCycle,
  type Store,
  type StoredAdaptation,
  type StoredOperation,
} from "./stores/store.ts";
export { isStoreFailure } from "./stores/store-failure.ts";
export { StoreOpenError, type StoreOpenReason } from "./stores/store-open-error.ts";
export type {
  Suggestion,
  SuggestionDecision,
  SuggestionFilter,
  SuggestionReceipt,
  SuggestionStatus,
  SuggestionStore,
} from "./stores/suggestion-store.ts";
export { createSuggestionStore } from "./stores/suggestion-store-sql.ts";
export type { SqlDatabase } from "./stores/tables.ts";
export type { TrendQuery, TrendRetention, TrendStore } from "./stores/trend-store.ts";
export { CONTEXTS_PER_HOUR, createTrendStore } from "./stores/trend-store-sql.ts";
export { holdConnection, type WritingTurns } from "./stores/writing-turns.ts";
