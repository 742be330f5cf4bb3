import { variantId } from "@trimtab/conventions";
import { describe, expect, test } from "vitest";
import { createTracker, defineOperation, operationFields, operationHeaders, track } from "./index.ts";

const tracker = createTracker("artist_flow");
const schedule = tracker.defineOperation({
  name: "schedule",
  parameters: { posts: { type: "integer", base: 3, min: 1, max: 9 } },
});
const variant = variantId({ posts: 3 }, "baseline");

describe("the fields of a log line", () => {
  test("name the operation that runs, the one around it, and the variant once it is chosen", async () => {
    expect(operationFields()).toEqual({});
    await schedule.track({}, async (call) => {
      const before = { "trimtab.component": "artist_flow", "trimtab.operation": "schedule" };
      expect(operationFields()).toEqual(before);
      expect(schedule.parameters({}, { key: "artist-7" }).variant).toBe(variant); // a key may still come with the question
      await Promise.resolve();
      expect(operationFields()).toEqual({ ...before, "trimtab.variant": call.variant });
      tracker.track("post", {}, () => {
        expect(operationFields()).toEqual({
          "trimtab.component": "artist_flow",
          "trimtab.operation": "post",
          "trimtab.parent.operation": "schedule",
        });
      });
    });
    expect(operationFields()).toEqual({});
  });
});

describe("the headers of an outgoing request", () => {
  test("carry the same as baggage, behind what is there already", () => {
    expect(operationHeaders({ accept: "text/plain" })).toEqual({ accept: "text/plain" });
    tracker.track("two words, really", {}, (call) => {
      const entries = [
        "trimtab.component=artist_flow",
        "trimtab.operation=two%20words%2C%20really",
        `trimtab.variant=${call.variant}`,
      ].join(",");
      expect(operationHeaders()).toEqual({ baggage: entries });
      expect(operationHeaders({ Baggage: "tenant=7" })).toEqual({ Baggage: `tenant=7,${entries}` });
      const long = { baggage: `x=${"y".repeat(8190)}` };
      expect(operationHeaders(long)).toEqual(long);
    });
  });
});

test("a variant that no header can hold as it is harms nobody", () => {
  const parameters = { values: {}, variant: "v-\ud800", revision: undefined, source: "fresh" } as const;
  const headers = track("post", {}, () => operationHeaders(), { parameters });
  expect(headers["baggage"]).toContain("trimtab.variant=v-%EF%BF%BD");
});

describe("an override of one call", () => {
  const name = "overridden";
  const operation = defineOperation({
    name,
    context: ["genre"],
    parameters: {
      temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.1 },
      model: { type: "choice", base: "small", choices: ["small", "large"] },
    },
  });
  const values = { temperature: 0.9, model: "small" };

  test("serves its values over the base values, under the id of the variant that they are", () => {
    operation.track(
      {},
      (call) => {
        expect(call.parameters).toEqual(values);
        expect(call.variant).toBe(variantId(values));
        expect(operation.parameters().source).toBe("override");
      },
      { override: { temperature: 0.9 } },
    );
    operation.track(
      {},
      (call) => expect(call.variant).toBe(variantId({ temperature: 0.7, model: "small" }, "baseline")),
      {
        override: { temperature: 0.7 },
      },
    );
  });

  test("that the space does not allow is refused as a whole, and the call runs with what is served", () => {
    for (const override of [
      { temperature: 2 },
      { model: "huge", temperature: 0.6 },
      { unknown: 1 },
      7,
      "x",
    ] as never[]) {
      const served = operation.track({}, (call) => call.parameters, { override });
      expect(served).toEqual({ temperature: 0.7, model: "small" });
    }
  });

  test("of an operation that nobody declares is taken as it is", () => {
    track("undeclared", {}, (call) => expect(call.parameters).toEqual({ timeout: 5 }), { override: { timeout: 5 } });
  });
});
