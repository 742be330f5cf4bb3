/** The nearest right thing, for messages about a misspelt one. */

/**
 * The candidate that a person most likely meant: the one with the fewest slips of the keyboard (a letter too many, missing, wrong,
 * or two swapped), if that are few for its length.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const slips = slipsBetween(word.toLowerCase(), candidate.toLowerCase());
    if (slips < fewest && slips <= Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3))) {
      best = candidate;
      fewest = slips;
    }
  }
  return best;
}

/** A sentence's end: `; did you mean "mode"?`, or what there is to choose from. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const likely = nearest(word, candidates);
  if (likely !== undefined) return `; did you mean "${likely}"?`;
  return candidates.length === 0 ? "" : `; known here: ${[...candidates].join(", ")}`;
}

/** Optimal string alignment distance. */
function slipsBetween(left: string, right: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const wrong = left[row - 1] === right[column - 1] ? 0 : 1;
      let slips = Math.min(at(previous, column) + 1, at(current, column - 1) + 1, at(previous, column - 1) + wrong);
      const swapped =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (swapped) slips = Math.min(slips, at(beforePrevious, column - 2) + 1);
      current.push(slips);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, right.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
