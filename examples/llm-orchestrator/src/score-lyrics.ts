/**
 * How good a song is, from its text alone and by plain rules, so that any model's song can be scored:
 *
 *     score = 0.4 rhyme + 0.3 freshness + 0.2 theme + 0.1 completeness
 *
 * It measures whether the prompt was kept, and not art: a poet would fail it, and a bad song that rhymes passes. In production somebody's
 * judgement belongs here: a model as judge, a classifier, or the listeners' ratings alone.
 */

/** What was asked for. */
export interface LyricsOrder {
  readonly theme: string;
  readonly lines: number;
}

/** The parts of a score, each 0 to 1. */
export interface LyricsScore {
  /** The share of the couplets whose lines rhyme. */
  readonly rhyme: number;
  /** The share of the couplets without a stock phrase and without a line that was there before. */
  readonly freshness: number;
  /** The share of the couplets that name the theme. */
  readonly theme: number;
  /** The share of the lines that were asked for, at most 1. */
  readonly completeness: number;
  /** All of them, weighed. */
  readonly total: number;
}

const STOCK_PHRASES = /\b(baby yeah|oh oh|la la la|yeah yeah|as an ai|here (is|are) (the|your|a))\b/i;

/** Scores a song. Headings such as `[Verse]` are no lines; a song without lines has 0. */
export function scoreLyrics(text: string, { theme, lines: asked }: LyricsOrder): LyricsScore {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^[[(#*]/.test(line));
  const couplets = Array.from({ length: Math.floor(lines.length / 2) }, (_, index) => {
    const [first = "", second = ""] = lines.slice(index * 2, index * 2 + 2);
    return { first, second, before: lines.slice(0, index * 2) };
  });
  if (couplets.length === 0) return { rhyme: 0, freshness: 0, theme: 0, completeness: 0, total: 0 };
  const share = (has: (couplet: (typeof couplets)[number]) => boolean): number =>
    couplets.filter(has).length / couplets.length;
  const rhyme = share(({ first, second }) => doRhyme(first, second));
  const freshness = share(
    ({ first, second, before }) =>
      ![first, second].some((line) => STOCK_PHRASES.test(line) || before.includes(line)) && first !== second,
  );
  const wanted = theme.toLowerCase();
  const named = share(({ first, second }) => `${first} ${second}`.toLowerCase().includes(wanted));
  const completeness = Math.min(1, lines.length / asked);
  const total = (4 * rhyme + 3 * freshness + 2 * named + completeness) / 10;
  return { rhyme, freshness, theme: named, completeness, total };
}

/** Do the last words end alike, without being the same word? By spelling: from the last vowels on, or with endings that sound alike; so "winter" rhymes with "summer". */
function doRhyme(first: string, second: string): boolean {
  const [one, other] = [lastWord(first), lastWord(second)];
  if (one === "" || other === "" || one === other) return false;
  const endsWithOneOf = (word: string, endings: readonly string[]): boolean =>
    endings.some((ending) => word.endsWith(ending));
  return (
    rime(one) === rime(other) || SOUNDS.some((endings) => endsWithOneOf(one, endings) && endsWithOneOf(other, endings))
  );
}

/** From the last group of vowels on: `night` → `ight`, `stone` → `one` (a silent e belongs to what is before). */
function rime(word: string): string {
  return /[aeiouy]+[^aeiouy]*e?$/.exec(word.replace(/(?<=[aeiouy][^aeiouy]+)e$/, ""))?.[0] ?? word;
}

function lastWord(line: string): string {
  return /([a-zà-ÿ']+)[^a-zà-ÿ']*$/i.exec(line)?.[1]?.toLowerCase() ?? "";
}

/** Endings that sound alike and are not spelt alike. */
const SOUNDS: readonly (readonly string[])[] = [
  ["ain", "ane", "eign"],
  ["ight", "ite", "yte"],
  ["ound", "owned"],
  ["ire", "yre", "igher"],
  ["oad", "ode", "owed"],
  ["one", "own", "oan"],
  ["oor", "ore", "oar", "our"],
  ["ame", "aim"],
  ["eep", "eap"],
];
