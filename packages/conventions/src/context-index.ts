/**
 * The entry that serves a context, in constant time: one nested Map for each set of context keys that occurs, the most specific
 * first. A look-up costs a few Map reads, however many contexts there are, and builds no string. It finds what `mostSpecificMatch`
 * finds.
 */
import type { Context } from "./context.ts";

interface KeySet {
  readonly keys: readonly string[];
  /** Values in the order of the keys; the last level holds the entries. */
  readonly tree: Map<string, unknown>;
}

const WHOLE = "";

/** Entries by the context that each is for. */
export class ContextIndex<Entry extends object> {
  readonly #keySets: readonly KeySet[];

  private constructor(keySets: readonly KeySet[]) {
    this.#keySets = keySets;
  }

  /**
   * Of two sources for one context the first one counts, as everywhere; one with a key that is not declared serves no call.
   *
   * @param declaredKeys The context keys of the operation, in the declared order.
   * @param entryOf Makes the entry of a source; called once for each that counts.
   */
  static of<Source extends { readonly context: Context }, Entry extends object>(
    sources: readonly Source[],
    declaredKeys: readonly string[],
    entryOf: (source: Source) => Entry,
  ): ContextIndex<Entry> {
    const byKeys = new Map<string, KeySet>();
    for (const source of sources) {
      const keys = declaredKeys.filter((key) => Object.hasOwn(source.context, key));
      if (keys.length !== Object.keys(source.context).length) continue;
      const id = keys.join(",");
      const keySet = byKeys.get(id) ?? { keys, tree: new Map() };
      byKeys.set(id, keySet);
      insert(keySet, source.context, () => entryOf(source));
    }
    const rank = (keys: readonly string[]): number[] => keys.map((key) => declaredKeys.indexOf(key));
    const keySets = [...byKeys.values()].sort(
      (left, right) => right.keys.length - left.keys.length || compareRanks(rank(left.keys), rank(right.keys)),
    );
    return new ContextIndex<Entry>(keySets);
  }

  /** The entry of the most specific context that is a subset of this one, or undefined. */
  find(context: Context): Entry | undefined {
    for (const { keys, tree } of this.#keySets) {
      let level: unknown = keys.length === 0 ? tree.get(WHOLE) : tree;
      for (const key of keys) {
        level = (level as Map<string, unknown>).get(context[key] ?? WHOLE); // no context value is the empty text
        if (level === undefined) break;
      }
      if (level !== undefined) return level as Entry;
    }
    return undefined;
  }
}

function insert({ keys, tree }: KeySet, context: Context, entry: () => object): void {
  const path = keys.length === 0 ? [WHOLE] : keys.map((key) => context[key] ?? WHOLE);
  let level = tree;
  for (const value of path.slice(0, -1)) {
    const next = (level.get(value) as Map<string, unknown> | undefined) ?? new Map<string, unknown>();
    level.set(value, next);
    level = next;
  }
  const last = path.at(-1) ?? WHOLE;
  if (!level.has(last)) level.set(last, entry());
}

/** The set that holds the earlier declared key comes first. */
function compareRanks(left: readonly number[], right: readonly number[]): number {
  const at = left.findIndex((rank, index) => rank !== right[index]);
  return at < 0 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
}
