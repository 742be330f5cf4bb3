/** Who wins, and which variant a call then is. */
import { describe, expect, test } from "vitest";
import { appliedTo, compileRule } from "./client-rule.ts";

const answer = (values: Readonly<Record<string, number | string | boolean>>) =>
  ({ values, variant: "v-1", revision: "r", source: "fresh" }) as const;
const rule = { client: "openai", operation: "client_rule_test", apply: ["temperature", "model"] } as const;

describe("parameters of a client's call", () => {
  test("the adapted value wins, in the place of the caller's", () => {
    const { fields, answer: labelled } = appliedTo({ temperature: 1 }, rule, answer({ temperature: 0.3, top_p: 0.5 }));
    expect(fields).toEqual({ temperature: 0.3 });
    expect(labelled.variant).toBe("v-1");
  });

  test("where the caller wins, the call is of no variant, unless both want the same", () => {
    const caller = { ...rule, precedence: "caller" } as const;
    expect(appliedTo({ temperature: 1 }, caller, answer({ temperature: 0.3, model: "small" }))).toMatchObject({
      fields: { model: "small" },
      answer: { variant: "unknown" },
    });
    expect(appliedTo({ temperature: 0.3 }, caller, answer({ temperature: 0.3 })).answer.variant).toBe("v-1");
    expect(appliedTo({}, caller, answer({ temperature: 0.3 })).fields).toEqual({ temperature: 0.3 });
  });

  test("a value that the client does not take is not applied", () => {
    expect(appliedTo({}, rule, answer({ temperature: "hot", model: 7 }))).toMatchObject({
      fields: {},
      answer: { variant: "unknown" },
    });
  });

  test("a rule holds where all that it names is there", () => {
    const { matches, contextOf } = compileRule({
      ...rule,
      match: { model: "gpt-*", "metadata.feature": "lyrics" },
      context: { genre: "metadata.genre" },
    });
    const request = { model: "gpt-9", metadata: { feature: "lyrics", genre: "rock" } };
    expect(matches(request)).toBe(true);
    expect(contextOf(request)).toEqual({ genre: "rock" });
    expect(matches({ model: "gpt-9" })).toBe(false);
    expect(matches({ ...request, model: "other" })).toBe(false);
  });
});
