/**
 * The only source of chance: a stream of numbers that a text determines.
 *
 * xoshiro128** 1.1 (Blackman & Vigna 2018, public domain), seeded with four hashes of the text; the same text gives the same
 * stream on every machine.
 */
import { hash32 } from "@trimtab/conventions";

/** A stream of chance. Each call moves it on. */
export interface Random {
  /** From 0 (included) to 1 (excluded), 53 bits. */
  uniform(): number;
  /** Mean 0, variance 1. */
  gaussian(): number;
  /** A whole number from 0 to `count` - 1. */
  integer(count: number): number;
}

/** The stream of a text. */
export function randomFromSeed(seed: string): Random {
  const word = (index: number): number => hash32(seed, index);
  return randomFromWords([word(0) | 1, word(1), word(2), word(3)]); // all zero would be the one state that never leaves itself
}

/** The raw generator: 32 bits per call, from a state of four words that are not all zero. */
export function xoshiro128(state: readonly [number, number, number, number]): () => number {
  let [a, b, c, d] = state;
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
}

function randomFromWords(words: readonly [number, number, number, number]): Random {
  const next = xoshiro128(words);
  let spare: number | undefined;
  const uniform = (): number => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
  return {
    uniform,
    integer: (count) => Math.floor(uniform() * count),
    gaussian() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      // Box & Muller (1958); 1 - u is never 0
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
  };
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
