import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { operationsIn, writeSystemConfiguration } from "./system-configuration.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "system-configuration-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test("one file of two: every component as it is written, with the places of the run and none of the files' own", () => {
  const files = [
    file(
      "a.yaml",
      "controller: { listen: 1.2.3.4:1 }\ncomponents:\n  a:\n    operations:\n      first: { mode: auto } # why\n",
    ),
    file("b.yaml", "components:\n  b:\n    operations:\n      second: { mode: auto }\n      third: { mode: auto }\n"),
  ];
  expect(operationsIn(files)).toEqual([
    { component: "a", operation: "first" },
    { component: "b", operation: "second" },
    { component: "b", operation: "third" },
  ]);
  const path = join(folder, "trimtab.yaml");
  const places = { listen: "127.0.0.1:4600", storePath: "/tmp/trimtab.db" };
  writeSystemConfiguration(path, files, {
    ...places,
    metrics: { source: "embedded", pages: ["http://127.0.0.1:1/metrics", "http://127.0.0.1:2/metrics"] },
  });
  const text = readFileSync(path, "utf8");
  expect(text).toContain("# why");
  expect(parse(text)).toEqual({
    controller: { listen: "127.0.0.1:4600", interval: "1s", store: { kind: "sqlite", path: "/tmp/trimtab.db" } },
    metrics: {
      source: "embedded",
      scrape: ["http://127.0.0.1:1/metrics", "http://127.0.0.1:2/metrics"],
      scrapeInterval: "1s",
    },
    components: {
      a: { operations: { first: { mode: "auto" } } },
      b: { operations: { second: { mode: "auto" }, third: { mode: "auto" } } },
    },
  });
  writeSystemConfiguration(path, files, { ...places, metrics: { source: "prometheus", url: "http://127.0.0.1:9090" } });
  expect(parse(readFileSync(path, "utf8")).metrics).toEqual({
    source: "prometheus",
    url: "http://127.0.0.1:9090",
    scrapeInterval: "1s",
  });
});
