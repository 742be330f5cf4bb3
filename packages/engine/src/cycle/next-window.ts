/** Which window a cycle reads: it begins where the last one ended, so that no call is counted twice and none is forgotten. */
import type { EvidenceWindow } from "@trimtab/learning";

/** After a longer pause than this, only the newest part of it is read, in milliseconds. */
export const LONGEST_WINDOW_MILLISECONDS = 3_600_000;

/** What the window is made of, all in milliseconds. */
export interface NextWindowInput {
  /** The end of the last window that was read; undefined before the first. */
  readonly lastEnd: number | undefined;
  /** The end of the newest complete window: a point of the source's grid. */
  readonly latestEnd: number;
  readonly gridMilliseconds: number;
  readonly intervalMilliseconds: number;
}

/** The window and what had to be left out before it, or why there is none. */
export type NextWindow =
  | { readonly window: EvidenceWindow; readonly droppedMilliseconds: number }
  | { readonly window: undefined; readonly aheadMilliseconds: number };

/** Both ends lie on the source's grid, also when the grid has changed since the last window. */
export function nextWindow({
  lastEnd,
  latestEnd,
  gridMilliseconds,
  intervalMilliseconds,
}: NextWindowInput): NextWindow {
  const longest = Math.max(1, Math.floor(LONGEST_WINDOW_MILLISECONDS / gridMilliseconds));
  if (lastEnd === undefined) {
    const steps = Math.min(longest, Math.max(1, Math.ceil(intervalMilliseconds / gridMilliseconds)));
    return { window: { from: latestEnd - steps * gridMilliseconds, to: latestEnd }, droppedMilliseconds: 0 };
  }
  const steps = Math.min(longest, Math.floor((latestEnd - lastEnd) / gridMilliseconds));
  if (steps < 1) return { window: undefined, aheadMilliseconds: Math.max(0, lastEnd - latestEnd) };
  const from = latestEnd - steps * gridMilliseconds;
  return { window: { from, to: latestEnd }, droppedMilliseconds: from - lastEnd };
}
