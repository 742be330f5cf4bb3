/**
 * From an allocation to the variant of one call.
 *
 * Without a key a call is assigned by chance. With a key it is assigned by two hashes over 10,000 buckets: the operation's
 * permanent salt decides who gets the baseline, the allocation's own salt spreads the rest over the other variants.
 * The baseline's share never falls below the holdout, and buckets are taken from the bottom, so a key in the holdout has the
 * baseline in every allocation and never sees a learnt value.
 */
import type { VariantId } from "./variant-id.ts";

/** A variant and its share of the calls, 0 to 1. */
export interface WeightedVariant {
  readonly id: VariantId;
  readonly role: VariantRole;
  readonly weight: number;
}

/** The base values; the best proven variant; one that is tried against it. */
export type VariantRole = "baseline" | "incumbent" | "challenger";

/** The number of buckets that keys fall into. */
export const BUCKETS = 10_000;

/**
 * MurmurHash3, x86, 32 bits (Appleby, public domain), of a text's UTF-8 bytes.
 * Test vectors: `assignment.test.ts`; any language's MurmurHash3 gives the same buckets.
 */
export function hash32(text: string, seed = 0): number {
  const isAscii = copyAscii(text);
  const bytes = isAscii ? scratch : encoder.encode(text);
  const length = isAscii ? text.length : bytes.length;
  const end = length & ~3;
  let hash = seed | 0;
  for (let at = 0; at < end; at += 4) {
    const block =
      byte(bytes, at) | (byte(bytes, at + 1) << 8) | (byte(bytes, at + 2) << 16) | (byte(bytes, at + 3) << 24);
    hash = Math.imul(rotate(hash ^ scramble(block), 13), 5) + 0xe6546b64;
  }
  let tail = 0;
  for (let at = length - 1; at >= end; at--) tail = (tail << 8) | byte(bytes, at);
  if (length !== end) hash ^= scramble(tail);
  hash ^= length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The bucket of a key under a salt, 0 to 9,999. */
export function bucketOf(salt: string, key: string): number {
  return hash32(`${salt}:${key}`) % BUCKETS;
}

/** Where the point falls that chooses a call's variant: the sticky key of the call, or a chance in [0, 1). */
export type AssignmentPoint = { readonly key: string } | { readonly chance: number };

/**
 * The variant of one call.
 *
 * @param variants At least one; their weights sum to 1. With none of role `baseline` a key goes by the allocation's salt alone.
 */
export function assignVariant<Variant extends WeightedVariant>(
  variants: readonly Variant[],
  salts: { readonly holdoutSalt: string; readonly salt: string },
  point: AssignmentPoint,
): Variant {
  if (!("key" in point)) return variantAt(variants, point.chance);
  const baseline = variants.find((variant) => variant.role === "baseline");
  if (baseline === undefined) return variantAt(variants, bucketOf(salts.salt, point.key) / BUCKETS);
  if (variants.length === 1 || bucketOf(salts.holdoutSalt, point.key) < baseline.weight * BUCKETS) return baseline;
  const others = variants.filter((variant) => variant !== baseline && variant.weight > 0);
  return others.length === 0 ? baseline : variantAt(others, bucketOf(salts.salt, point.key) / BUCKETS);
}

/** The variant at a point in [0, 1) of the shares laid end to end, whatever they sum to: where a chance falls. */
export function variantAt<Variant extends WeightedVariant>(variants: readonly Variant[], point: number): Variant {
  let sum = 0;
  for (const { weight } of variants) sum += weight;
  let rest = point * sum;
  let last: Variant | undefined;
  for (const variant of variants) {
    if (variant.weight <= 0 && last !== undefined) continue;
    last = variant;
    rest -= variant.weight;
    if (rest < 0) return variant;
  }
  if (last === undefined) throw new RangeError("an allocation needs at least one variant");
  return last;
}

const encoder = new TextEncoder();
const scratch = new Uint8Array(512);

/** Nearly every key is ASCII; an encoder's array for each would cost ten times the hash. False where the text is not, or is too long. */
function copyAscii(text: string): boolean {
  if (text.length > scratch.length) return false;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 127) return false;
    scratch[at] = unit;
  }
  return true;
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

function scramble(block: number): number {
  return Math.imul(rotate(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593);
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
