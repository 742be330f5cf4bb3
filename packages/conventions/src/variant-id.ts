/**
 * The id of a variant: `v-` (for the baseline `base-`) and the first ten base-32 characters (RFC 4648, lower case) of the
 * SHA-256 of the parameters' canonical JSON. It depends on the values alone, not on the context or the process, so a client
 * without a controller computes the same baseline id.
 */
import { canonicalJson } from "./canonical-json.ts";
import type { ParameterValues } from "./parameter-space.ts";
import { sha256 } from "./sha-256.ts";

/** A variant's id, e.g. `v-k7xq2sh5ta` or `base-m2gk4dfonq`. */
export type VariantId = string;

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const LENGTH = 10;

/** The id of the variant with these values. */
export function variantId(parameters: ParameterValues, role: "baseline" | "learnt" = "learnt"): VariantId {
  return `${role === "baseline" ? "base" : "v"}-${shortDigest(canonicalJson(parameters))}`;
}

/**
 * Ten base-32 characters (50 bits) of a text's SHA-256: short, legal in labels and URLs, stable.
 *
 * @param hash Makes the SHA-256 of a text's UTF-8. Default: in plain JavaScript, which takes 15 ms for a megabyte.
 */
export function shortDigest(text: string, hash: (text: string) => Iterable<number> = sha256): string {
  const digest = hash(text);
  let characters = "";
  let bits = 0;
  let held = 0;
  for (const byte of digest) {
    bits = (bits << 8) | byte;
    held += 8;
    while (held >= 5 && characters.length < LENGTH) {
      held -= 5;
      characters += ALPHABET.charAt((bits >>> held) & 31);
    }
    bits &= (1 << held) - 1;
    if (characters.length === LENGTH) break;
  }
  return characters;
}
