/** Where two JSON values first differ. */
import type { Json } from "@trimtab/conventions";

/** One place and what stands there on either side; undefined where nothing does. */
export interface JsonDifference {
  /** e.g. `contexts[2].reason.sentence`; empty for the value itself. */
  readonly path: string;
  readonly recorded: Json | undefined;
  readonly replayed: Json | undefined;
}

/**
 * The first place, in the order of the recorded value, at which the two differ: in a value, a key, or the order of keys.
 *
 * @returns Undefined where their texts are the same to the last character.
 */
export function jsonDifference(recorded: Json, replayed: Json): JsonDifference | undefined {
  if (JSON.stringify(recorded) === JSON.stringify(replayed)) return undefined;
  return differenceAt("", recorded, replayed);
}

function differenceAt(
  path: string,
  recorded: Json | undefined,
  replayed: Json | undefined,
): JsonDifference | undefined {
  if (Array.isArray(recorded) && Array.isArray(replayed)) {
    for (let index = 0; index < Math.max(recorded.length, replayed.length); index++) {
      const found = differenceAt(
        `${path}[${index}]`,
        recorded[index] as Json | undefined,
        replayed[index] as Json | undefined,
      );
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (isRecord(recorded) && isRecord(replayed)) {
    const keys = Object.keys(recorded);
    for (const key of new Set([...keys, ...Object.keys(replayed)])) {
      const found = differenceAt(
        path === "" ? key : `${path}.${key}`,
        ownValue(recorded, key),
        ownValue(replayed, key),
      );
      if (found !== undefined) return found;
    }
    const order = Object.keys(replayed);
    // what is summed in the order of the keys may differ in its last digit some cycles later
    return keys.every((key, index) => key === order[index])
      ? undefined
      : { path: `order of the keys of ${path === "" ? "the whole" : path}`, recorded: keys, replayed: order };
  }
  return JSON.stringify(recorded) === JSON.stringify(replayed) ? undefined : { path, recorded, replayed };
}

function ownValue(record: Readonly<Record<string, Json>>, key: string): Json | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function isRecord(value: Json | undefined): value is Readonly<Record<string, Json>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
