/** What a caller noted of a call, made small enough for the record of that call. */
import { RECORD_FORM, type RecordMetadata } from "@trimtab/conventions";

/** Longer texts are cut, in UTF-16 units: nobody reads a document in a list of calls. */
const LONGEST_TEXT = 256;

/** Of the entries those that fit, in their order; undefined where none does. Never throws. */
export function recordMetadata(entries: ReadonlyMap<string, unknown>): RecordMetadata | undefined {
  const fitting: [string, string | number | boolean][] = [];
  let bytes = 2; // of the braces
  for (const [key, value] of entries) {
    const told = tellable(value);
    if (told === undefined) continue;
    const added = Buffer.byteLength(JSON.stringify(key)) + Buffer.byteLength(JSON.stringify(told)) + 2; // colon, comma
    if (bytes + added > RECORD_FORM.largestMetadataBytes) continue;
    bytes += added;
    fitting.push([key, told]);
  }
  return fitting.length === 0 ? undefined : Object.fromEntries(fitting);
}

function tellable(value: unknown): string | number | boolean | undefined {
  switch (typeof value) {
    case "string":
      return value.slice(0, LONGEST_TEXT).toWellFormed();
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : undefined; // JSON has no other
    default:
      return Array.isArray(value) ? tellable(value.filter(isPlain).join(", ")) : undefined;
  }
}

function isPlain(part: unknown): part is string | number | boolean {
  return typeof part === "string" || typeof part === "number" || typeof part === "boolean";
}
