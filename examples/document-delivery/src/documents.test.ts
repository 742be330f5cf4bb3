import { describe, expect, test } from "vitest";
import { DOCUMENT_TYPES, loadDocuments, TooFewDocumentsError } from "./documents.ts";
import { listInstalledFiles } from "./installed-files.ts";

const library = loadDocuments();

describe("the documents of the installed packages", () => {
  test.each(DOCUMENT_TYPES)("%s: 10 to 40 documents of 20 to 350 kB", (type) => {
    expect(library[type].length).toBeGreaterThanOrEqual(10);
    expect(library[type].length).toBeLessThanOrEqual(40);
    const lengths = library[type].map(({ body }) => body.length);
    expect(Math.min(...lengths)).toBeGreaterThan(20_000);
    expect(Math.max(...lengths)).toBeLessThan(350_000);
  });

  test("no two documents of a type are the same", () => {
    for (const type of DOCUMENT_TYPES) {
      const bodies = new Set(library[type].map(({ body }) => body.toString("base64")));
      expect(bodies.size).toBe(library[type].length);
    }
  });

  test("each is what its type says", () => {
    for (const { body } of library.json) expect(() => JSON.parse(body.toString()) as unknown).not.toThrow();
    for (const { body } of library.html) expect(body.toString()).toMatch(/^<!doctype html>[^]*<\/html>\n$/);
    for (const { body } of library.binary) expect([...body.subarray(0, 2)]).toEqual([0x1f, 0x8b]); // the mark of gzip
  });

  test("loading them again gives the same documents in the same order", () => {
    const again = loadDocuments();
    for (const type of DOCUMENT_TYPES) {
      expect(again[type].map(({ name }) => name)).toEqual(library[type].map(({ name }) => name));
      expect(again[type].every(({ body }, index) => library[type][index]?.body.equals(body) === true)).toBe(true);
    }
  });

  test("an install with too little in it is told by type and number, with a remedy", () => {
    const withoutJson = listInstalledFiles(/\.(js|ts|md)$/);
    expect(() => loadDocuments(withoutJson)).toThrow(TooFewDocumentsError);
    expect(() => loadDocuments(withoutJson)).toThrow(
      /only 0 documents of type "json".*at least 10.*Delete node_modules/,
    );
  });
});

test("a file is found once, and named by package and path", () => {
  const files = listInstalledFiles(/^package\.json$/);
  expect(new Set(files.map(({ path }) => path)).size).toBe(files.length);
  expect(files.some(({ name }) => name === "@opentelemetry/api/package.json")).toBe(true);
  expect(files.every(({ name }) => !name.includes("node_modules"))).toBe(true);
});
