import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StartError } from "./start-error.ts";
import { prepareStateFolder } from "./state-folder.ts";

describe("the state folder", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "trimtab-state-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is one run's alone, and a second run that asks for --fresh removes nothing of it", () => {
    const first = prepareStateFolder(folder, { fresh: false, command: "npm start --" });
    writeFileSync(first.store, "what was learnt");

    expect(() => prepareStateFolder(folder, { fresh: true, command: "npm start --" })).toThrow(StartError);
    expect(() => prepareStateFolder(folder, { fresh: true, command: "npm start --" })).toThrow(/--state <folder>/);
    expect(readFileSync(first.store, "utf8")).toBe("what was learnt");

    first.release();
  });

  it("is the next run's when the first has ended, with what was learnt", () => {
    const first = prepareStateFolder(folder, { fresh: false, command: "npm start --" });
    writeFileSync(first.store, "what was learnt");
    first.release();

    const second = prepareStateFolder(folder, { fresh: false, command: "npm start --" });
    expect(readFileSync(second.store, "utf8")).toBe("what was learnt");
    second.release();
  });

  it("is empty with --fresh, but keeps what is not of a run", () => {
    const first = prepareStateFolder(folder, { fresh: false, command: "npm start --" });
    writeFileSync(first.store, "what was learnt");
    writeFileSync(join(folder, "notes.txt"), "mine");
    first.release();

    const second = prepareStateFolder(folder, { fresh: true, command: "npm start --" });
    expect(() => readFileSync(second.store)).toThrow(/ENOENT/);
    expect(readFileSync(join(folder, "notes.txt"), "utf8")).toBe("mine");
    second.release();
  });
});
