/**
 * A decision on its way from another thread: that of thousands of contexts takes tens of milliseconds to arrive whole.
 *
 * Its lists of changes come in slices, and whoever takes them does other work between two. What was decided for each context comes as
 * text and is read when somebody asks: here it would only be kept, as more objects than all else in the process.
 */
import type { ContextDecision, Decision } from "@trimtab/learning";

const LISTS = ["allocations", "adaptations", "transitions"] as const;

type List = (typeof LISTS)[number];

/** What is left of a decision without its long lists. */
export type DecisionFrame = Omit<Decision, List | "contexts"> & {
  /** The list of contexts as JSON, in UTF-8. */
  readonly contexts: Uint8Array<ArrayBuffer>;
};

/** A part of one of its lists; the parts of a list come in order. */
export type DecisionSlice = { readonly [Name in List]: { readonly list: Name; readonly items: Decision[Name] } }[List];

/** So many entries take about half a millisecond to arrive. */
const ENTRIES_PER_SLICE = 50;

/** Takes a decision apart. */
export function sliceDecision(decision: Decision): {
  readonly frame: DecisionFrame;
  readonly slices: readonly DecisionSlice[];
} {
  const { contexts, allocations, adaptations, transitions, ...frame } = decision;
  const lists = { allocations, adaptations, transitions };
  const slices: DecisionSlice[] = [];
  for (const list of LISTS)
    for (let start = 0; start < lists[list].length; start += ENTRIES_PER_SLICE)
      slices.push({ list, items: lists[list].slice(start, start + ENTRIES_PER_SLICE) } as DecisionSlice);
  return { frame: { ...frame, contexts: new TextEncoder().encode(JSON.stringify(contexts)) }, slices };
}

/**
 * Puts it together again.
 *
 * @param onSlice Does with each slice, when it has come, what would take long for all together.
 */
export async function joinDecision(
  { contexts: text, ...frame }: DecisionFrame,
  slices: AsyncIterable<DecisionSlice>,
  onSlice: (slice: DecisionSlice) => void = () => {},
): Promise<Decision> {
  const lists: { [Name in List]: Decision[Name][number][] } = { allocations: [], adaptations: [], transitions: [] };
  for await (const slice of slices) {
    for (const item of slice.items) (lists[slice.list] as unknown[]).push(item);
    onSlice(slice);
  }
  let read = new WeakRef<readonly ContextDecision[]>([]);
  let wasRead = false;
  return {
    ...frame,
    ...lists,
    get contexts() {
      const known = wasRead ? read.deref() : undefined;
      if (known !== undefined) return known;
      const contexts = JSON.parse(new TextDecoder().decode(text)) as readonly ContextDecision[];
      read = new WeakRef(contexts);
      wasRead = true;
      return contexts;
    },
  };
}
