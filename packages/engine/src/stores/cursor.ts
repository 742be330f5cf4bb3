/** Where a list goes on: opaque to callers, checked when it comes back. */
import { canonicalJson, type Json, shortDigest } from "@trimtab/conventions";
import { InvalidCursorError } from "./store.ts";

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

function checksum(list: Json, text: string): string {
  return shortDigest(canonicalJson([list, text]));
}
