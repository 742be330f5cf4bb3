import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listenToWarnings } from "../own-failure.ts";
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

test("a tag that no header may hold is left out: with it no request would ever be sent", async () => {
  await keepDocument(directory, "shop", { etag: '"1\r\nx: y"', document: { schema: 1 } });
  expect(readKeptDocument(directory, "shop")).toEqual({ etag: undefined, document: { schema: 1 } });
});

test.each(["", "{", "[]", "null", '{"etag":1}', "\0\0\0"])("a file that holds %j is as none", async (content) => {
  await keepDocument(directory, "shop", { etag: undefined, document: {} });
  const [file = ""] = readdirSync(directory);
  writeFileSync(join(directory, file), content);
  expect(readKeptDocument(directory, "shop")).toBeUndefined();
});

test("a folder that can never be made is given up at once, and not tried for ever", async () => {
  expect(readKeptDocument("/proc/no/such/place", "shop")).toBeUndefined();
  await keepDocument("/proc/no/such/place", "shop", { etag: undefined, document: {} });
});

test("a folder that cannot be is no reason to fail", async () => {
  const file = join(directory, "file");
  writeFileSync(file, "");
  await keepDocument(join(file, "below"), "shop", { etag: undefined, document: {} });
  expect(readKeptDocument(join(file, "below"), "shop")).toBeUndefined();
});

test("of several that come while one is written, the last one is kept", async () => {
  await Promise.all(
    [1, 2, 3, 4, 5].map((revision) => keepDocument(directory, "shop", { etag: undefined, document: { revision } })),
  );
  // The first one's promise is the one that writes; it has ended when the last of them is written.
  expect(readKeptDocument(directory, "shop")?.document).toEqual({ revision: 5 });
  expect(readdirSync(directory)).toHaveLength(1);
});

test("two processes that write the same file at the same time leave it whole at every moment", async () => {
  const writer = `
    import { keepDocument } from ${JSON.stringify(join(import.meta.dirname, "kept-document.ts"))};
    for (let revision = 0; revision < 200; revision++) {
      await keepDocument(process.argv[1], "shop", { etag: String(revision), document: { text: process.argv[2].repeat(200_000) } });
    }`;
  await keepDocument(directory, "shop", { etag: undefined, document: { text: "c" } });
  const [file = ""] = readdirSync(directory);
  const writers = ["a", "b"].map((letter) => {
    const args = ["--conditions=source", "--input-type=module", "--eval", writer, directory, letter];
    return once(spawn(process.execPath, args, { cwd: import.meta.dirname, stdio: "ignore" }), "close");
  });
  const codes: unknown[] = [];
  for (const ended of writers) void ended.then(([code]) => codes.push(code));
  let reads = 0;
  while (codes.length < writers.length) {
    expect(readFileSync(join(directory, file), "utf8")).toMatch(
      /^\{("etag":"\d+",)?"document":\{"text":"(a+|b+|c)"\}\}$/,
    );
    reads++;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  expect(codes).toEqual([0, 0]);
  expect(reads).toBeGreaterThan(10);
  expect(readdirSync(directory)).toEqual([file]);
});

test("a full disk costs one warning; the former file stays, and the next document is kept when there is room again", async () => {
  const warnings: string[] = [];
  listenToWarnings((message) => warnings.push(message));
  await keepDocument(directory, "shop", { etag: "1", document: {} });
  const [file = ""] = readdirSync(directory);
  const temporary = join(directory, `${file}.${process.pid}-${threadId}.tmp`);
  for (const etag of ["2", "3", "4"]) {
    symlinkSync("/dev/full", temporary); // whoever writes there hears that no space is left
    await keepDocument(directory, "shop", { etag, document: {} });
    expect(readKeptDocument(directory, "shop")?.etag).toBe("1");
  }
  expect(warnings).toEqual([
    expect.stringMatching(/^keeping the parameters .* failed; the application is not affected: .*ENOSPC/),
  ]);
  await keepDocument(directory, "shop", { etag: "5", document: {} });
  expect(readKeptDocument(directory, "shop")?.etag).toBe("5");
});

test("what a process left behind that died while it wrote is removed an hour later", async () => {
  await keepDocument(directory, "shop", { etag: "1", document: {} });
  const [file = ""] = readdirSync(directory);
  for (const name of ["1-0", "2-0"]) writeFileSync(join(directory, `${file}.${name}.tmp`), "{");
  utimesSync(join(directory, `${file}.1-0.tmp`), 0, Date.now() / 1000 - 3700);
  writeFileSync(join(directory, "of-somebody-else.tmp"), "");
  utimesSync(join(directory, "of-somebody-else.tmp"), 0, 0);
  readKeptDocument(directory, "shop");
  expect(readdirSync(directory).sort()).toEqual([file, `${file}.2-0.tmp`, "of-somebody-else.tmp"].sort());
});
