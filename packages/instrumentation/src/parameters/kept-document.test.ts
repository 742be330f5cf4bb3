import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keepDocument, readKeptDocument } from "./kept-document.ts";

let directory = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "trimtab-kept-"));
});

afterEach(() => {
  chmodSync(directory, 0o700);
  rmSync(directory, { recursive: true, force: true });
});

test("what was kept is read again, per component, in a folder that is made where it is missing", async () => {
  const inside = join(directory, "a", "b");
  await keepDocument(inside, "shop/cart", { etag: '"1"', document: { schema: 1 } });
  expect(readKeptDocument(inside, "shop/cart")).toEqual({ etag: '"1"', document: { schema: 1 } });
  expect(readKeptDocument(inside, "shop_cart")).toBeUndefined();
  expect(readdirSync(inside)).toHaveLength(1); // no temporary file stays
});

test.each(["", "{", "[]", "null", '{"etag":1}', "\0\0\0"])("a file that holds %j is as none", async (content) => {
  await keepDocument(directory, "shop", { etag: undefined, document: {} });
  const [file = ""] = readdirSync(directory);
  writeFileSync(join(directory, file), content);
  expect(readKeptDocument(directory, "shop")).toBeUndefined();
});

test("a folder that cannot be is no reason to fail", async () => {
  const file = join(directory, "file");
  writeFileSync(file, "");
  await keepDocument(join(file, "below"), "shop", { etag: undefined, document: {} });
  expect(readKeptDocument(join(file, "below"), "shop")).toBeUndefined();
});
