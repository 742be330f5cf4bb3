import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assignVariant, BUCKETS, bucketOf, hash32, type WeightedVariant } from "./assignment.ts";

const salts = { holdoutSalt: "k3", salt: "b7" };
const three: readonly WeightedVariant[] = [
  { id: "base-m2gk4dfonq", role: "baseline", weight: 0.05 },
  { id: "v-k7xq2sh5ta", role: "incumbent", weight: 0.75 },
  { id: "v-c4wz6pd3le", role: "challenger", weight: 0.2 },
];

describe("hash32 is MurmurHash3 x86 32", () => {
  // Published vectors of the reference implementation: any language's MurmurHash3 must give these.
  test.each([
    ["", 0, 0x00000000],
    ["", 1, 0x514e28b7],
    ["a", 0x9747b28c, 0x7fa09ea6],
    ["aaaa", 0x9747b28c, 0x5a97808a],
    ["test", 0, 0xba6bd213],
    ["Hello, world!", 0, 0xc0363e43],
    ["The quick brown fox jumps over the lazy dog", 0, 0x2e4ff723],
  ])("%j with seed %i", (text, seed, expected) => {
    expect(hash32(text, seed)).toBe(expected);
  });

  test("hashes the UTF-8 bytes, not the UTF-16 units", () => {
    expect(bucketOf("k3", "user-42")).toBe(hash32("k3:user-42") % BUCKETS);
    expect(hash32("ππππππππ", 0x9747b28c)).toBe(0xd58063c1);
  });

  test("a long text, after which a short one is hashed as if alone", () => {
    expect(hash32("a".repeat(256), 0x9747b28c)).toBe(0x37405bdc);
    expect(hash32("test")).toBe(0xba6bd213);
  });
});

describe("a call without a key is assigned by chance", () => {
  test.each([
    [0, "base-m2gk4dfonq"],
    [0.0499, "base-m2gk4dfonq"],
    [0.05, "v-k7xq2sh5ta"],
    [0.7999, "v-k7xq2sh5ta"],
    [0.8, "v-c4wz6pd3le"],
    [0.999999, "v-c4wz6pd3le"],
  ])("%d falls to %s", (chance, id) => {
    expect(assignVariant(three, salts, { chance }).id).toBe(id);
  });

  test("a variant without a share is never chosen", () => {
    const variants: WeightedVariant[] = [
      { id: "base-a", role: "baseline", weight: 0 },
      { id: "v-b", role: "incumbent", weight: 1 },
      { id: "v-c", role: "challenger", weight: 0 },
    ];
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (chance) => {
        expect(assignVariant(variants, salts, { chance }).id).toBe("v-b");
      }),
    );
  });
});

describe("a call with a key sticks to its variant", () => {
  test("the shares over 20,000 keys are the weights", () => {
    const counts = new Map<string, number>();
    for (let user = 0; user < 20_000; user++) {
      const { id } = assignVariant(three, salts, { key: `user-${user}` });
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    // Standard error of a share of 0.75 over 20,000 keys is 0.0031; 0.017 is 5.5 of those.
    for (const { id, weight } of three) expect(Math.abs((counts.get(id) ?? 0) / 20_000 - weight)).toBeLessThan(0.017);
  });

  test("a key in the holdout has the baseline whatever the shares and the salt", () => {
    const withLargeBaseline = three.map((variant) => ({ ...variant, weight: variant.role === "baseline" ? 0.6 : 0.2 }));
    const keys = Array.from({ length: 2000 }, (_, user) => `user-${user}`);
    const held = keys.filter((key) => assignVariant(three, salts, { key }).role === "baseline");
    expect(held.length).toBeGreaterThan(50);
    for (const key of held) {
      expect(assignVariant(withLargeBaseline, { ...salts, salt: "other" }, { key }).role).toBe("baseline");
    }
  });

  test("the two salts are independent: a new salt moves keys between the others only", () => {
    const keys = Array.from({ length: 2000 }, (_, user) => `user-${user}`);
    const before = keys.map((key) => assignVariant(three, salts, { key }));
    const after = keys.map((key) => assignVariant(three, { ...salts, salt: "b8" }, { key }));
    const moved = before.filter((variant, index) => variant.id !== after[index]?.id);
    expect(moved.length).toBeGreaterThan(100);
    expect(moved.every((variant) => variant.role !== "baseline")).toBe(true);
  });

  test("a baseline with all the traffic takes every key", () => {
    const alone: WeightedVariant[] = [{ id: "base-a", role: "baseline", weight: 1 }];
    expect(assignVariant(alone, salts, { key: "anybody" }).id).toBe("base-a");
  });
});
