import { createActStore } from "./act-store-sql.ts";
import { describeDeliveryStore, SAMPLE_ADDRESSEES } from "./delivery-store-contract.ts";
import { createDeliveryStore } from "./delivery-store-sql.ts";
import { createSqlStore } from "./sql-store.ts";
import { openSqliteDatabase } from "./sqlite-dialect.ts";
import { createSuggestionStore } from "./suggestion-store-sql.ts";

describeDeliveryStore("The SQL store on SQLite in memory", async () => {
  const database = await openSqliteDatabase(":memory:");
  const store = createSqlStore(database, undefined, SAMPLE_ADDRESSEES);
  return {
    store,
    acts: createActStore(database),
    suggestions: createSuggestionStore(database, undefined, SAMPLE_ADDRESSEES),
    deliveries: createDeliveryStore(database),
    remove: () => store.close(),
  };
});
