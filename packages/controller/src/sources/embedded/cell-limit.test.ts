import type { RollupCell } from "@trimtab/engine";
import { describe, expect, test } from "vitest";
import { CellLimit } from "./cell-limit.ts";
import { cellKey, type PageReading } from "./page-reading.ts";

const LOOK_BACK = 300_000;

function cellOf(variant: string): RollupCell & { readonly key: string } {
  const cell = { component: "shop", operation: "price", variant, context: {}, bounds: {} };
  return { ...cell, key: cellKey(cell) };
}

function pageOf(...variants: readonly string[]): PageReading {
  const cells = variants.map(cellOf).map((cell) => [cell.key, { cell, counters: { "calls.success": 50 } }] as const);
  return { cells: new Map(cells) };
}

const variantsOf = (page: PageReading): string[] => [...page.cells.values()].map(({ cell }) => cell.variant);
const lateOf = (page: PageReading): string[] =>
  [...page.cells].flatMap(([key, { cell }]) => (page.metLate?.has(key) ? [cell.variant] : []));

describe("with room for two cells", () => {
  test("a third one is left out, and its operation is named while that lasts", () => {
    const limit = new CellLimit(2);
    expect(variantsOf(limit.admit(pageOf("a", "b", "c"), 1_000, LOOK_BACK))).toEqual(["a", "b"]);
    expect(limit.refusedSince(1_000)).toEqual(["shop/price"]);
    expect(limit.refusedSince(1_001)).toEqual([]);
  });

  test("new variants have room for ever, as long as old ones retire", () => {
    const limit = new CellLimit(2);
    for (let generation = 0; generation < 100; generation++) {
      const page = pageOf("base", `v-${generation}`);
      expect(variantsOf(limit.admit(page, generation * 60_000, LOOK_BACK))).toEqual(["base", `v-${generation}`]);
      limit.keepOnly([cellOf("base")]);
    }
    expect(limit.refusedSince(0)).toEqual([]);
  });

  test("what was left out and finds room later is met late; what appears long after was born since", () => {
    const limit = new CellLimit(2);
    limit.admit(pageOf("a", "b", "c"), 1_000, LOOK_BACK);
    limit.keepOnly([cellOf("a")]);
    expect(lateOf(limit.admit(pageOf("a", "c"), 2_000, LOOK_BACK))).toEqual(["c"]);
    limit.keepOnly([cellOf("a")]);
    expect(lateOf(limit.admit(pageOf("a", "d"), 302_000, LOOK_BACK))).toEqual([]);
  });
});
