import { expect, test } from "vitest";
import { collectedAt } from "./collection-level.ts";

test("minimal records counts and sums alone", () => {
  expect(collectedAt("minimal")).toEqual({ spans: false, buckets: false, errorTypes: false, resources: false });
});

test("standard records the whole contract, and comprehensive the use of resources too", () => {
  expect(collectedAt("standard")).toEqual({ spans: true, buckets: true, errorTypes: true, resources: false });
  expect(collectedAt("comprehensive")).toEqual({ spans: true, buckets: true, errorTypes: true, resources: true });
});

test("a person overrules the level about spans", () => {
  expect(collectedAt("minimal", true).spans).toBe(true);
  expect(collectedAt("standard", false).spans).toBe(false);
});
