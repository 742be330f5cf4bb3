import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ExportedEntry, exportOperations, openSqliteDatabase } from "@trimtab/engine";
import { afterAll, beforeAll, expect, test } from "vitest";
import { adaptationOf, decisionOf, FIRST_CYCLE_AT, startApp } from "../http/app-fixture.ts";
import { ExportLines, readExport, readExportHeader } from "./export-file.ts";

let folder = "";
let entries: ExportedEntry[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "trimtab-export-"));
  const database = await openSqliteDatabase(":memory:");
  const app = await startApp({
    database,
    decisions: [decisionOf(1, { at: FIRST_CYCLE_AT, adaptations: [adaptationOf("a", FIRST_CYCLE_AT)] })],
  });
  await exportOperations(
    database,
    () => true,
    (entry) => {
      entries.push(entry);
    },
  );
  await app.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function linesOf(list: readonly ExportedEntry[]): string[] {
  const lines = new ExportLines();
  return [
    lines.header({ exportedAt: FIRST_CYCLE_AT, program: "1.2.3" }),
    ...list.map((each) => lines.entry(each)),
    lines.end(),
  ];
}

async function read(text: string): Promise<ExportedEntry[]> {
  const file = join(folder, "export.jsonl");
  writeFileSync(file, text);
  const found: ExportedEntry[] = [];
  for await (const entry of readExport(file)) found.push(entry);
  return found;
}

test("what is written is read again, to the order of its keys", async () => {
  const found = await read(linesOf(entries).join(""));
  expect(JSON.stringify(found)).toBe(JSON.stringify(entries));
  expect(found.map(({ kind }) => kind)).toEqual(["operation", "adaptation", "trend", "trend"]);
  expect(await readExportHeader(join(folder, "export.jsonl"))).toEqual({
    exportedAt: FIRST_CYCLE_AT,
    program: "1.2.3",
  });
});

test("a file that is not as it was written is refused, with its place", async () => {
  const lines = linesOf(entries);
  const text = lines.join("");
  await expect(read(lines.slice(0, -1).join(""))).rejects.toThrow("has no end: it was cut off");
  await expect(read(text.slice(0, -90))).rejects.toThrow("line 6 is no JSON");
  await expect(read(lines.toSpliced(2, 1).join(""))).rejects.toThrow("is not as it was exported");
  await expect(read(text.replace(/"newValue":\d+/, '"newValue":99'))).rejects.toThrow("is not as it was exported");
  await expect(read(text + lines[1])).rejects.toThrow("line 7: there is something after the end");
  await expect(read(linesOf([{ ...entries[0], cycle: 0 } as ExportedEntry]).join(""))).rejects.toThrow("line 2: cycle");
  await expect(read(linesOf([{ kind: "note" } as never]).join(""))).rejects.toThrow("line 2: kind");
  await expect(read("{}\n")).rejects.toThrow("is no export; trimtab export writes one");
  await expect(read(text.replace('"version":1', '"version":2'))).rejects.toThrow("has the form 2, of trimtab 1.2.3");
  await expect(readExportHeader(join(folder, "absent"))).rejects.toThrow("cannot be read");
});
