/** The loop around the decision: ports, store and cycle. */
export { createSqlStore } from "./stores/sql-store.ts";
export { openSqliteDatabase } from "./stores/sqlite-dialect.ts";
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
  type Store,
  type StoredAdaptation,
  type StoredOperation,
} from "./stores/store.ts";
export { StoreOpenError, type StoreOpenReason } from "./stores/store-open-error.ts";
export type { SqlDatabase } from "./stores/tables.ts";
