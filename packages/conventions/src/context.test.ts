import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Context,
  canonicalContext,
  contextId,
  describeContext,
  isContextSubset,
  mostSpecificMatch,
  parseContextId,
} from "./context.ts";

describe("a canonical context", () => {
  test("holds the declared keys that are present, in the declared order, as texts", () => {
    const context = canonicalContext({ mood: "calm", user: "ann", genre: "rock", premium: true, size: 3 }, [
      "genre",
      "mood",
      "size",
      "premium",
    ]);
    expect(contextId(context)).toBe("genre=rock,mood=calm,size=3,premium=true");
  });

  test("leaves out what is null, undefined or empty: Prometheus reads an empty label as an absent one", () => {
    expect(canonicalContext({ genre: "", mood: null, size: undefined }, ["genre", "mood", "size"])).toEqual({});
  });

  test("does not read keys from the prototype", () => {
    expect(canonicalContext({}, ["constructor", "toString"])).toEqual({});
  });

  test("has values of at most 128 units, also where the cut splits a character", () => {
    const context = canonicalContext({ genre: `${"x".repeat(127)}😀` }, ["genre"]);
    expect(context["genre"]).toHaveLength(128);
    expect(() => contextId(context)).not.toThrow();
  });

  test("comes back from its id", () => {
    const value = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(value, value, (genre, mood) => {
        const context = canonicalContext({ genre, mood }, ["genre", "mood"]);
        expect(parseContextId(contextId(context))).toEqual(context);
      }),
    );
    expect(parseContextId("")).toEqual({});
    expect(() => parseContextId("rock")).toThrow(/write key=value/);
  });

  test("reads well", () => {
    expect(describeContext({})).toBe("every context");
    expect(describeContext({ genre: "rock", mood: "calm" })).toBe("genre=rock, mood=calm");
  });
});

describe("the match of a call's context", () => {
  const keys = ["genre", "mood", "tempo"];
  const find = (candidates: Context[], call: Context) =>
    mostSpecificMatch(
      candidates.map((context) => ({ context })),
      call,
      keys,
    )?.context;

  test("an allocation for {genre: rock} serves {genre: rock, mood: calm}", () => {
    expect(find([{ genre: "rock" }], { genre: "rock", mood: "calm" })).toEqual({ genre: "rock" });
  });

  test("the more specific wins, whatever the order", () => {
    const candidates: Context[] = [{}, { genre: "rock", mood: "calm" }, { genre: "rock" }];
    expect(find(candidates, { genre: "rock", mood: "calm", tempo: "slow" })).toEqual({ genre: "rock", mood: "calm" });
    expect(find(candidates, { genre: "rock", mood: "wild" })).toEqual({ genre: "rock" });
    expect(find(candidates, { genre: "jazz" })).toEqual({});
  });

  test("between equals the earlier declared key wins, whatever the order", () => {
    const candidates: Context[] = [{ mood: "calm" }, { genre: "rock" }, { tempo: "slow" }];
    expect(find(candidates, { genre: "rock", mood: "calm", tempo: "slow" })).toEqual({ genre: "rock" });
    expect(find(candidates.toReversed(), { mood: "calm", tempo: "slow" })).toEqual({ mood: "calm" });
  });

  test("no candidate, no match", () => {
    expect(find([{ genre: "rock" }], { genre: "jazz" })).toBeUndefined();
  });

  test("the match is a subset of the call, and no other candidate that is a subset has more keys", () => {
    const anyContext = fc.record(
      { genre: fc.constantFrom("a", "b"), mood: fc.constantFrom("a", "b"), tempo: fc.constantFrom("a", "b") },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(anyContext, { maxLength: 8 }), anyContext, (candidates, call) => {
        const found = find(candidates, call);
        const most = candidates
          .filter((candidate) => isContextSubset(candidate, call))
          .reduce((keys, subset) => Math.max(keys, Object.keys(subset).length), -1);
        expect(found === undefined ? -1 : Object.keys(found).length).toBe(most);
        expect(isContextSubset(found ?? {}, call)).toBe(true);
      }),
    );
  });
});
