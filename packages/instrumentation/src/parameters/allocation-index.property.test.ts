import { type Allocation, findAllocation, type OperationAllocations } from "@trimtab/conventions";
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
