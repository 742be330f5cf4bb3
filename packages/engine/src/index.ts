/** The loop around the decision: ports, store and cycle. */
export { openSqliteDatabase } from "./stores/sqlite-dialect.ts";
export { StoreOpenError, type StoreOpenReason } from "./stores/store-open-error.ts";
export type { SqlDatabase } from "./stores/tables.ts";
