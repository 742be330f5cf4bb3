import { describeLeaseStore } from "./lease-store-contract.ts";
import { openSqliteDatabase } from "./sqlite-dialect.ts";

describeLeaseStore("SQLite in memory", async () => {
  const database = await openSqliteDatabase(":memory:");
  return { database, remove: () => database.destroy() };
});
