/** One row of what was reported: a cell in a slot. */
import { fromJsonText, jsonText } from "./json-text.ts";
import type { OutcomeTransaction } from "./outcome-tables.ts";
import { addCounters } from "./rollup-folding.ts";
import type { Counters } from "./rollup-store.ts";

/** Adds to what the slot has. The operation's lock is held, so nobody else does so meanwhile. */
export async function addToSlot(
  transaction: OutcomeTransaction,
  cell: number,
  slot: number,
  increments: Counters,
): Promise<void> {
  const found = await transaction
    .selectFrom("outcome_increments")
    .select("increments")
    .where("cell", "=", cell)
    .where("slot", "=", slot)
    .executeTakeFirst();
  const sum = found === undefined ? {} : { ...fromJsonText<Counters>(found.increments) };
  addCounters(sum, increments);
  const text = jsonText(sum, "a reported outcome");
  await transaction
    .insertInto("outcome_increments")
    .values({ cell, slot, increments: text })
    .onConflict((conflict) => conflict.columns(["cell", "slot"]).doUpdateSet({ increments: text }))
    .execute();
}
