import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeFeedbackStore } from "./feedback-store-contract.ts";
import { createFeedbackStore } from "./feedback-store-sql.ts";
import { createSqlStore } from "./sql-store.ts";
import { openSqliteDatabase } from "./sqlite-dialect.ts";
import { describeSuggestionStore } from "./suggestion-store-contract.ts";
import { createSuggestionStore } from "./suggestion-store-sql.ts";

describeFeedbackStore("The SQL store on SQLite in memory", async () => {
  const database = await openSqliteDatabase(":memory:");
  const store = createSqlStore(database);
  return { store, feedback: createFeedbackStore(database), remove: () => store.close() };
});

describeFeedbackStore("The SQL store on a SQLite file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "trimtab-feedback-"));
  const open = async () => {
    const database = await openSqliteDatabase(join(folder, "trimtab.db"));
    return { store: createSqlStore(database), feedback: createFeedbackStore(database) };
  };
  let opened = await open();
  return {
    ...opened,
    async reopen() {
      await opened.store.close();
      opened = await open();
      return opened;
    },
    async remove() {
      await opened.store.close();
      await rm(folder, { recursive: true });
    },
  };
});

describeSuggestionStore("The SQL store on SQLite in memory", async () => {
  const database = await openSqliteDatabase(":memory:");
  return {
    feedback: createFeedbackStore(database),
    suggestions: createSuggestionStore(database),
    remove: () => database.destroy(),
  };
});
