/**
 * Long texts, deflated. A cycle of an operation with many contexts has some 100 KB of JSON that repeats its keys in every cell;
 * deflated it is a tenth, and a year of cycles stays a file that can be copied.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";

/** No JSON text begins like this. */
const MARK = "deflate:";

/** Shorter texts stay as they are, for people to read. */
const SHORTEST_PACKED_LENGTH = 2_048;

/** A longer state is packed also where it stands ready for the next cycle: what is written is a tenth. In UTF-16 units. */
const LONGEST_READY_STATE = 4 * 1024 * 1024;

/** Is the text of a state to be packed also where the next cycle reads it? */
export function isLongState(text: string): boolean {
  return text.length > LONGEST_READY_STATE;
}

/** A text column for a JSON text: the text itself, or `deflate:` and the deflated UTF-8 in base64. */
export function packText(text: string): string {
  return text.length < SHORTEST_PACKED_LENGTH ? text : MARK + deflateRawSync(text).toString("base64");
}

/** Reads what `packText` wrote. */
export function unpackText(packed: string): string {
  return packed.startsWith(MARK) ? inflateRawSync(Buffer.from(packed.slice(MARK.length), "base64")).toString() : packed;
}
