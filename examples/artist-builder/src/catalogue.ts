/** The artists who are taken already: whose names nobody else may have. All of them are invented. */

const TAKEN: readonly string[] = [
  "Vesper Lane",
  "Copper Field",
  "Nadia Quill",
  "The Slow Harbour",
  "Milo Ferrant",
  "Glass Orchard",
  "Ivy Marchetti",
  "Northbound",
  "Sable Kings",
  "Otis Vale",
  "Paper Lanterns",
  "June Hollow",
];

/** How a name is compared: letters and digits only. */
const simplified = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");

const firstWord = (name: string): string => simplified(name.replace(/^the\s+/i, "").split(/\s+/)[0] ?? "");

/** Does somebody have this name, but for case and punctuation? */
export function isTaken(name: string): boolean {
  return TAKEN.some((taken) => simplified(taken) === simplified(name));
}

/** Does somebody's name begin with the same word? People mix those up, or they do not: that is what is to be learnt. */
export function isAlike(name: string): boolean {
  return TAKEN.some((taken) => firstWord(taken) === firstWord(name));
}

/** The names, for whoever invents requests. */
export function takenNames(): readonly string[] {
  return TAKEN;
}
