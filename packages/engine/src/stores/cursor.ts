/** Where a list goes on: opaque to callers, checked when it comes back. */
import { canonicalJson, type Json, shortDigest } from "@trimtab/conventions";
import { type RawBuilder, sql } from "kysely";
import { InvalidCursorError, type Page, type PageRequest } from "./store.ts";

type Position = readonly (string | number)[];

/** @param list Names the list with its filter, so that its cursors are of no use in another. */
export function encodeCursor(list: Json, position: Position): string {
  const text = JSON.stringify(position);
  return Buffer.from(JSON.stringify([checksum(list, text), text])).toString("base64url");
}

/** @throws {InvalidCursorError} when this list did not give the cursor. */
export function decodeCursor(list: Json, cursor: string): Position {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (Array.isArray(parsed) && typeof parsed[1] === "string" && parsed[0] === checksum(list, parsed[1])) {
      return JSON.parse(parsed[1]) as Position;
    }
  } catch {
    // no JSON: told below like every other text that is no cursor
  }
  throw new InvalidCursorError(`"${cursor.slice(0, 100)}" is no cursor of this list; begin without one`);
}

/** Does a row come after the position, in a list by time and id with the newest first? The index of such a list serves it. */
export function isOlder(timeColumn: string, [at, id]: Position): RawBuilder<boolean> {
  return sql<boolean>`(${sql.ref(timeColumn)}, id) < (${Number(at)}, ${String(id)})`;
}

/** The columns that a filter asks for, by name and value, in the order of the names. */
export function wantedOf<Name extends string, Value>(
  names: readonly Name[],
  filter: { readonly [Key in Name]?: Value },
): { readonly name: Name; readonly value: Value }[] {
  return names.flatMap((name) => {
    const value = filter[name];
    return value === undefined ? [] : [{ name, value }];
  });
}

/**
 * A page of rows, with the cursor of the next one.
 *
 * @param rows One more than the page has, where there are more.
 */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  { limit }: PageRequest,
  list: Json,
  { item, position }: { readonly item: (row: Row) => Item; readonly position: (row: Row) => Position },
): Page<Item> {
  const shown = rows.slice(0, limit);
  const items = shown.map((row) => item(row));
  const last = shown.at(-1);
  return rows.length > limit && last !== undefined
    ? { items, nextCursor: encodeCursor(list, position(last)) }
    : { items };
}

function checksum(list: Json, text: string): string {
  return shortDigest(canonicalJson([list, text]));
}
