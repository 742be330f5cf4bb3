import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  encodeResultHandle,
  MAXIMUM_RESULT_HANDLE_LENGTH,
  parseResultHandle,
  type ResultOrigin,
  signResultHandle,
} from "./result-handle.ts";

/** For other implementations: the fields, and their handle. */
const vectors: readonly (readonly [ResultOrigin, string, string])[] = [
  [
    {
      component: "llm_orchestrator",
      operation: "generate_lyrics",
      context: { genre: "rock", mood: "calm" },
      variant: "v-k7xq2sh5ta",
      revision: "187-4c1f",
      at: Date.parse("2026-11-20T10:00:00.125Z"),
    },
    '["llm_orchestrator","generate_lyrics","v-k7xq2sh5ta",1795168800125,"187-4c1f",{"genre":"rock","mood":"calm"}]',
    "t1.WyJsbG1fb3JjaGVzdHJhdG9yIiwiZ2VuZXJhdGVfbHlyaWNzIiwidi1rN3hxMnNoNXRhIiwxNzk1MTY4ODAwMTI1LCIxODctNGMxZiIseyJnZW5yZSI6InJvY2siLCJtb29kIjoiY2FsbSJ9XQ",
  ],
  [
    { component: "a", operation: "b", context: {}, variant: "unknown", revision: undefined, at: 0 },
    '["a","b","unknown",0,null]',
    "t1.WyJhIiwiYiIsInVua25vd24iLDAsbnVsbF0",
  ],
  [
    { component: "a", operation: "b", context: { city: "Zürich 🎸" }, variant: "v", revision: "~?>", at: 1 },
    '["a","b","v",1,"~?>",{"city":"Zürich 🎸"}]',
    "t1.WyJhIiwiYiIsInYiLDEsIn4_PiIseyJjaXR5IjoiWsO8cmljaCDwn464In1d",
  ],
];

const shortText = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).filter((text) => text.length <= 128);
const anyOrigin: fc.Arbitrary<ResultOrigin> = fc.record({
  component: shortText,
  operation: shortText,
  variant: shortText,
  context: fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_]{0,20}$/), shortText, { maxKeys: 4 }),
  revision: fc.option(shortText, { nil: undefined }),
  at: fc.nat({ max: 8.64e15 }),
});

describe("the handle of a result", () => {
  test.each(vectors)("is the same in every implementation: %o", (origin, json, handle) => {
    expect(encodeResultHandle(origin)).toBe(handle);
    expect(Buffer.from(handle.slice(3), "base64url").toString("utf8")).toBe(json);
    expect(parseResultHandle(handle)).toEqual({ origin, signed: handle, signature: undefined });
  });

  test("carries everything, and needs no escaping in a URL", () => {
    fc.assert(
      fc.property(anyOrigin, (origin) => {
        const handle = encodeResultHandle(origin);
        expect(encodeURIComponent(handle)).toBe(handle);
        expect(parseResultHandle(handle)).toEqual({ origin, signed: handle, signature: undefined });
      }),
    );
  });

  test("may carry a signature over the rest of it; a second one takes the place of the first", () => {
    const [origin, , handle] = vectors[0] ?? [];
    const signed = signResultHandle(signResultHandle(handle ?? "", "Zmlyc3Q"), "c2Vjb25k");
    expect(parseResultHandle(signed)).toEqual({ origin, signed: handle, signature: "c2Vjb25k" });
  });

  test("that is none is told so, whatever it is", () => {
    const encode = (value: unknown): string => `t1.${Buffer.from(JSON.stringify(value)).toString("base64url")}`;
    for (const bad of [undefined, null, 7, {}, "", "t1.", "t2.WyJhIl0", "t1.a.b.c", "t1.*", "x".repeat(5000)]) {
      expect(parseResultHandle(bad)).toHaveProperty("problem");
    }
    for (const damaged of [
      {},
      ["a", "b", "v", 1],
      ["a", "b", "v", -1, null],
      ["a", "b", "v", "1", null],
      ["a", "b", "", 1, null],
      ["a", "b", "v".repeat(129), 1, null],
      ["a", "b", "v", 1, null, { Genre: "rock" }],
      ["a", "b", "v", 1, null, { genre: 7 }],
      ["a", "b", "v", 1, null, ["genre"]],
    ]) {
      expect(parseResultHandle(encode(damaged))).toEqual({ problem: "is a damaged handle of a result" });
    }
    fc.assert(fc.property(fc.string(), (text) => "problem" in parseResultHandle(`t1.${text}`)));
    expect(MAXIMUM_RESULT_HANDLE_LENGTH).toBe(4096);
  });
});
