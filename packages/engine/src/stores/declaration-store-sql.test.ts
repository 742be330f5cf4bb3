import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeDeclarationStore } from "./declaration-store-contract.ts";
import { createDeclarationStore } from "./declaration-store-sql.ts";
import { openSqliteDatabase } from "./sqlite-dialect.ts";

describeDeclarationStore("The SQL store on SQLite in memory", async () => {
  const database = await openSqliteDatabase(":memory:");
  return { declarations: createDeclarationStore(database), remove: () => database.destroy() };
});

describeDeclarationStore("The SQL store on a SQLite file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "trimtab-declarations-"));
  const open = () => openSqliteDatabase(join(folder, "trimtab.db"));
  let database = await open();
  return {
    declarations: createDeclarationStore(database),
    async reopen() {
      await database.destroy();
      database = await open();
      return createDeclarationStore(database);
    },
    async remove() {
      await database.destroy();
      await rm(folder, { recursive: true });
    },
  };
});
