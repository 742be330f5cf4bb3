import { type Allocation, findAllocation, type OperationAllocations, variantAt } from "@trimtab/conventions";
import fc from "fast-check";
import { expect, test } from "vitest";
import { AllocationIndex } from "./allocation-index.ts";

const keys = ["genre", "mood", "size"];
const anyContext = fc.dictionary(fc.constantFrom(...keys), fc.constantFrom("a", "b", "c"), { maxKeys: 3 });

test("the index finds what the conventions find, for any allocations and any context", () => {
  fc.assert(
    fc.property(
      fc.array(anyContext, { maxLength: 20 }),
      fc.shuffledSubarray(keys, { minLength: 3 }),
      anyContext,
      (contexts, declared, context) => {
        const allocations = contexts.map((each, index): Allocation => {
          const variants = [{ id: `base-${index}`, role: "baseline" as const, weight: 1, parameters: {} }];
          return { context: each, salt: String(index), variants };
        });
        const operation: OperationAllocations = { context: declared, holdoutSalt: "h", parameters: {}, allocations };
        expect(new AllocationIndex(operation).find(context)?.salts.salt).toBe(findAllocation(operation, context)?.salt);
      },
    ),
    { numRuns: 1000 },
  );
});

test("a call by chance gets the variant that the conventions give, for any shares and any chance", () => {
  fc.assert(
    fc.property(
      fc
        .array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 5 })
        .filter((all) => all.some((each) => each > 0)),
      fc.integer({ min: 0, max: 999 }),
      (parts, thousandths) => {
        const sum = parts.reduce((all, part) => all + part, 0);
        const variants = parts.map((part, index) => ({
          id: `v-${index}`,
          role: index === 0 ? ("baseline" as const) : ("incumbent" as const),
          weight: part / sum,
          parameters: { index },
        }));
        const allocation: Allocation = { context: {}, salt: "s", variants };
        const operation: OperationAllocations = {
          context: [],
          holdoutSalt: "h",
          parameters: {},
          allocations: [allocation],
        };
        const point = (thousandths + 0.5) / 1000; // never where one share ends and the next begins: there rounding decides
        fc.pre(
          !parts.some(
            (_, at) => Math.abs(parts.slice(0, at + 1).reduce((all, part) => all + part, 0) / sum - point) < 1e-9,
          ),
        );
        const compiled = new AllocationIndex(operation).find({});
        const choice = compiled?.settledChoice(point, "fresh", "1-a");
        expect(choice?.id).toBe(variantAt(variants, point).id);
        expect(compiled?.settledChoice(point, "fresh", "1-a")).toBe(choice); // made once
        expect(compiled?.settledChoice(point, "last_known_good", "1-a").source).toBe("last_known_good");
      },
    ),
    { numRuns: 1000 },
  );
});
