import { expect, test } from "vitest";
import { recordOfWire } from "./controller-wire.ts";

test("what a controller's record lacks, a module's record lacks too", () => {
  const wire = {
    id: "r-1",
    operation: "process",
    context: {},
    variant: "base-ycbzoyleyg",
    outcome: "success" as const,
  };
  const record = recordOfWire({ ...wire, component: "lyrics", at: "2026-11-20T10:00:00Z" } as Parameters<
    typeof recordOfWire
  >[0]);
  expect(record).not.toHaveProperty("durationMilliseconds");
  expect(record).not.toHaveProperty("quality");
});
