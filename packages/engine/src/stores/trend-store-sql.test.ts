import { createSqlStore } from "./sql-store.ts";
import { openSqliteDatabase } from "./sqlite-dialect.ts";
import { describeTrendStore } from "./trend-store-contract.ts";
import { createTrendStore } from "./trend-store-sql.ts";

describeTrendStore("The SQL store on SQLite in memory", async () => {
  const database = await openSqliteDatabase(":memory:");
  const store = createSqlStore(database);
  return { store, trends: createTrendStore(database), remove: () => store.close() };
});
