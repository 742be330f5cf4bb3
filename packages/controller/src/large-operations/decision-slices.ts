/**
 * A decision in slices: that of thousands of contexts takes tens of milliseconds to arrive from another thread, and whoever takes it in
 * slices does other work between two of them.
 */
import type { Decision } from "@trimtab/learning";

const LISTS = ["contexts", "allocations", "adaptations", "transitions"] as const;

type List = (typeof LISTS)[number];

/** What is left of a decision without its long lists. */
export type DecisionFrame = Omit<Decision, List>;

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
  const lists = { contexts, allocations, adaptations, transitions };
  const slices: DecisionSlice[] = [];
  for (const list of LISTS)
    for (let start = 0; start < lists[list].length; start += ENTRIES_PER_SLICE)
      slices.push({ list, items: lists[list].slice(start, start + ENTRIES_PER_SLICE) } as DecisionSlice);
  return { frame, slices };
}

/**
 * Puts it together again.
 *
 * @param onSlice Does with each slice, when it has come, what would take long for all together.
 */
export async function joinDecision(
  frame: DecisionFrame,
  slices: AsyncIterable<DecisionSlice>,
  onSlice: (slice: DecisionSlice) => void = () => {},
): Promise<Decision> {
  const lists: { [Name in List]: Decision[Name][number][] } = {
    contexts: [],
    allocations: [],
    adaptations: [],
    transitions: [],
  };
  for await (const slice of slices) {
    for (const item of slice.items) (lists[slice.list] as unknown[]).push(item);
    onSlice(slice);
  }
  return { ...frame, ...lists };
}
