import { describe, expect, test } from "vitest";
import {
  type AllocatedVariant,
  type AllocationDocument,
  findAllocation,
  parseAllocationDocument,
  variantInForce,
  withoutChallengers,
} from "./allocation-document.ts";

const variants: readonly AllocatedVariant[] = [
  { id: "base-m2gk4dfonq", role: "baseline", weight: 0.05, parameters: { temperature: 0.7 } },
  { id: "v-k7xq2sh5ta", role: "incumbent", weight: 0.75, parameters: { temperature: 0.6 } },
  { id: "v-c4wz6pd3le", role: "challenger", weight: 0.2, parameters: { temperature: 0.5 } },
];
const document: AllocationDocument = {
  schema: 1,
  revision: "187-4c1f",
  issuedAt: "2026-11-20T10:00:00Z",
  exploreUntil: "2026-11-20T10:05:00Z",
  component: "llm_orchestrator",
  operations: {
    generate_lyrics: {
      context: ["genre", "mood"],
      holdoutSalt: "k3",
      parameters: { temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.1 } },
      allocations: [
        {
          context: {},
          salt: "a1",
          variants: [{ id: "base-m2gk4dfonq", role: "baseline", weight: 1, parameters: { temperature: 0.7 } }],
        },
        { context: { genre: "rock" }, salt: "b7", decision: "01J", variants },
      ],
    },
  },
};

/** The document with one thing changed: `change` gets a deep copy. */
function broken(change: (copy: any) => void): unknown {
  const copy = structuredClone(document);
  change(copy);
  return copy;
}

test("the incumbent is in force, else the baseline, never a challenger", () => {
  expect(variantInForce(variants)?.id).toBe("v-k7xq2sh5ta");
  expect(variantInForce(variants.filter(({ role }) => role !== "incumbent"))?.id).toBe("base-m2gk4dfonq");
  expect(variantInForce(variants.filter(({ role }) => role === "challenger"))).toBeUndefined();
});

describe("a document that came over the wire", () => {
  test("is taken when it fits, also with fields that this version does not know", () => {
    expect(parseAllocationDocument({ ...document, hint: "new" })).toEqual({ document: { ...document, hint: "new" } });
  });

  test.each<[string, unknown, string]>([
    ["no object", [], "is not a JSON object"],
    ["a newer schema", { ...document, schema: 2 }, "is 2; this package reads version 1"],
    ["a bad time", { ...document, exploreUntil: "soon" }, "is not an ISO 8601 time"],
    ["no operations", { ...document, operations: [] }, "is not an object"],
    [
      "shares that do not sum to 1",
      broken((copy) => (copy.operations.generate_lyrics.allocations[1].variants[0].weight = 0.5)),
      "have shares that sum to 1.45, not to 1",
    ],
    [
      "a share that is not a number",
      broken((copy) => (copy.operations.generate_lyrics.allocations[1].variants[0].weight = null)),
      "is not a share from 0 to 1",
    ],
    [
      "a value out of bounds",
      broken((copy) => (copy.operations.generate_lyrics.allocations[1].variants[2].parameters.temperature = 9)),
      "9 is outside 0.5 to 0.9",
    ],
    [
      "an unknown role",
      broken((copy) => (copy.operations.generate_lyrics.allocations[1].variants[2].role = "king")),
      "is king; it must be baseline, incumbent or challenger",
    ],
    [
      "no variants",
      broken((copy) => (copy.operations.generate_lyrics.allocations[0].variants = [])),
      "is not a list of at least one variant",
    ],
    [
      "a space that is none",
      broken((copy) => (copy.operations.generate_lyrics.parameters.temperature = { type: "number" })),
      "is not a parameter space",
    ],
  ])("is refused with %s", (_, input, message) => {
    const result = parseAllocationDocument(input);
    expect("problems" in result && result.problems.map((problem) => problem.message)).toContain(message);
  });
});

test("an allocation is found for the call's context, an unseen one takes its nearest ancestor", () => {
  const operation = document.operations["generate_lyrics"];
  if (operation === undefined) throw new Error("the document lost its operation");
  expect(findAllocation(operation, { genre: "rock", mood: "calm" })?.salt).toBe("b7");
  expect(findAllocation(operation, { genre: "jazz" })?.salt).toBe("a1");
});

describe("when exploring must stop", () => {
  test("the challengers' share goes to the incumbent", () => {
    expect(withoutChallengers(variants).map(({ id, weight }) => [id, weight])).toEqual([
      ["base-m2gk4dfonq", 0.05],
      ["v-k7xq2sh5ta", 0.95],
    ]);
  });

  test("it goes to the baseline where that is the best known", () => {
    const [baseline, , challenger] = variants;
    if (baseline === undefined || challenger === undefined) throw new Error("the variants are gone");
    expect(withoutChallengers([{ ...baseline, weight: 0.8 }, challenger])).toEqual([{ ...baseline, weight: 1 }]);
  });

  test("without challengers nothing changes", () => {
    expect(withoutChallengers(variants.slice(0, 2))).toEqual(variants.slice(0, 2));
  });
});
