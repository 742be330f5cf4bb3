/** Chance that can be repeated: the same seed and the same words give the same numbers, in every process. */

/** A stream of numbers from 0 to 1 for these words. */
export function draws(...words: readonly (string | number)[]): () => number {
  let state = hash(words.join("\u0000"));
  return () => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A draw from the standard normal distribution (Box and Muller). */
export function normal(draw: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
}

/** One of them, each as likely as the other. */
export function pick<Item>(items: readonly Item[], draw: () => number): Item {
  return items[Math.floor(draw() * items.length)] as Item;
}

/** FNV-1a, 32 bits, over UTF-16 units. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value;
}
