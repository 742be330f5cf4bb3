import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "./canonical-json.ts";
import { sha256 } from "./sha-256.ts";
import { shortDigest, variantId } from "./variant-id.ts";

describe("sha256", () => {
  test("agrees with node:crypto on any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        expect(Buffer.from(sha256(text)).toString("hex")).toBe(createHash("sha256").update(text).digest("hex"));
      }),
    );
  });

  test.each([0, 1, 55, 56, 63, 64, 65, 119, 120, 1000])(
    "agrees at a length of %i bytes, where the padding changes",
    (length) => {
      const text = "a".repeat(length);
      expect(Buffer.from(sha256(text)).toString("hex")).toBe(createHash("sha256").update(text).digest("hex"));
    },
  );
});

describe("canonicalJson", () => {
  test("sorts keys at every depth and has one text for a number", () => {
    expect(canonicalJson({ b: 1, a: { d: -0, c: 1e21 }, list: [true, null, "é"] })).toBe(
      '{"a":{"c":1e+21,"d":0},"b":1,"list":[true,null,"é"]}',
    );
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("refuses %d: JSON has no text for it", (value) => {
    expect(() => canonicalJson({ value })).toThrow(TypeError);
  });
});

describe("a variant's id", () => {
  test("is the same in any language: SHA-256 of canonical JSON, ten characters of base 32", () => {
    const digest = createHash("sha256").update('{"model":"small","temperature":0.7}').digest();
    const bits = [...digest].map((byte) => byte.toString(2).padStart(8, "0")).join("");
    const expected = Array.from(
      { length: 10 },
      (_, index) => "abcdefghijklmnopqrstuvwxyz234567"[Number.parseInt(bits.slice(index * 5, index * 5 + 5), 2)],
    ).join("");
    expect(variantId({ temperature: 0.7, model: "small" })).toBe(`v-${expected}`);
    expect(variantId({ model: "small", temperature: 0.7 }, "baseline")).toBe(`base-${expected}`);
  });

  test("stays what it was: services keep their history", () => {
    expect(variantId({ temperature: 0.7 }, "baseline")).toBe("base-ycbzoyleyg");
    expect(shortDigest("")).toBe("4oymiquy7q");
  });
});
