import { expect, test } from "vitest";
import { collectedAt } from "./collection-level.ts";

test("minimal records counts and sums alone", () => {
  expect(collectedAt("minimal")).toEqual({ spans: false, buckets: false, errorTypes: false });
});

test("standard and comprehensive record the whole contract", () => {
  expect(collectedAt("standard")).toEqual({ spans: true, buckets: true, errorTypes: true });
  expect(collectedAt("comprehensive")).toEqual({ spans: true, buckets: true, errorTypes: true });
});

test("a person overrules the level about spans", () => {
  expect(collectedAt("minimal", true).spans).toBe(true);
  expect(collectedAt("standard", false).spans).toBe(false);
});
