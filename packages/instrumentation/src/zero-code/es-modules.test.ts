/** Which hooks are used on which Node. */
import { expect, test } from "vitest";
import { hasReliableHooks } from "./es-modules.ts";

test("hooks in the same thread are used from the versions on that repaired them", () => {
  const versions = ["20.20.2", "22.15.0", "22.22.2", "22.22.3", "22.23.0", "23.11.0", "24.10.0", "24.11.0", "24.11.1"];
  expect(versions.filter(hasReliableHooks)).toEqual(["22.22.3", "22.23.0", "24.11.1"]);
  expect(["24.21.0", "25.0.0", "25.1.0", "26.0.0", "26.10.0"].filter(hasReliableHooks)).toEqual([
    "24.21.0",
    "25.1.0",
    "26.0.0",
    "26.10.0",
  ]);
});
