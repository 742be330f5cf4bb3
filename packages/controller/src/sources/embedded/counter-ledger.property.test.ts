import fc from "fast-check";
import { expect, test } from "vitest";
import { type LedgerCell, readIncrements, type TargetLedger } from "./counter-ledger.ts";
import { cellKey, type PageReading } from "./page-reading.ts";

/** What happens to a service between two instants at which its page may be read. */
type Event =
  | { readonly kind: "calls"; readonly variant: string; readonly count: number }
  | { readonly kind: "restart" }
  | { readonly kind: "read" };

const LOOK_BACK = 300_000;

const events = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant("calls" as const),
        variant: fc.constantFrom("a", "b", "c"),
        count: fc.nat(50),
      }),
    },
    { weight: 5, arbitrary: fc.constant<Event>({ kind: "read" }) },
    { weight: 1, arbitrary: fc.constant<Event>({ kind: "restart" }) },
  ),
  { maxLength: 120 },
);

test("whatever happens, what was read is counted once, and only what a process took to its grave is missing", () => {
  fc.assert(
    fc.property(events, (history) => {
      let ledger: TargetLedger = { watchedSince: 0, cells: new Map() };
      let processStart = 1;
      let counters = new Map<string, number>();
      let unread = new Map<string, number>(); // counted by the process since its page was last read
      const expected = new Map<string, number>();
      const counted = new Map<string, number>();
      for (const [index, event] of history.entries()) {
        const slot = (index + 1) * 15_000;
        if (event.kind === "calls") {
          counters.set(event.variant, (counters.get(event.variant) ?? 0) + event.count);
          unread.set(event.variant, (unread.get(event.variant) ?? 0) + event.count);
        } else if (event.kind === "restart") {
          processStart = slot / 1000;
          counters = new Map();
          unread = new Map();
        } else {
          for (const [variant, count] of unread) expected.set(variant, (expected.get(variant) ?? 0) + count);
          unread = new Map();
          const { changed, increments } = readIncrements(ledger, pageOf(counters, processStart), slot, LOOK_BACK);
          for (const { cell, increments: grown } of increments.values()) {
            counted.set(cell.variant, (counted.get(cell.variant) ?? 0) + (grown["calls.success"] ?? 0));
          }
          const cells = new Map<string, LedgerCell>([...ledger.cells, ...changed]);
          ledger = { watchedSince: 0, processStart, lastPageAt: slot, cells };
        }
      }
      for (const variant of ["a", "b", "c"]) expect(counted.get(variant) ?? 0).toBe(expected.get(variant) ?? 0);
    }),
    { numRuns: 1_000 },
  );
});

function pageOf(counters: ReadonlyMap<string, number>, processStart: number): PageReading {
  const cells = [...counters].map(([variant, calls]) => {
    const cell = { component: "shop", operation: "price", variant, context: {}, bounds: {} };
    return [cellKey(cell), { cell, counters: { "calls.success": calls } }] as const;
  });
  return { processStart, cells: new Map(cells) };
}
