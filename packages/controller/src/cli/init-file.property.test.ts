import type { DiscoveredOperation } from "@trimtab/engine";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseConfig } from "../config.ts";
import { initFile } from "./init-file.ts";

const name = fc.oneof(
  fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,20}$/),
  fc.constantFrom("true", "null", "no", "1e3", "on", "a: b", "#", "shop/eu"),
  fc.string(),
);

const discovered: fc.Arbitrary<DiscoveredOperation> = fc.record({
  component: name,
  operation: name,
  context: fc.dictionary(
    fc.oneof(fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/), fc.string()),
    fc.array(fc.string(), { maxLength: 8 }),
    { maxKeys: 4 },
  ),
  variants: fc.array(fc.string()),
  calls: fc.nat(),
  hasQuality: fc.boolean(),
  costUnits: fc.array(fc.string({ minLength: 1 }), { maxLength: 2 }),
});

test("whatever metrics show, the file that is written is good as it is", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(discovered, {
        maxLength: 6,
        selector: ({ component, operation }) => `${component}\n${operation}`,
      }),
      (operations) => {
        const sure: DiscoveredOperation = {
          component: "surely",
          operation: "there",
          context: {},
          variants: [],
          calls: 1,
          hasQuality: false,
          costUnits: [],
        };
        const others = operations.filter(({ component }) => component !== "surely");
        const { policies } = parseConfig(
          initFile({ scrape: ["http://127.0.0.1:9464/metrics"] }, [sure, ...others]),
          "/trimtab.yaml",
          {},
        );
        expect(policies.map(({ mode }) => mode)).toEqual(policies.map(() => "observe"));
        expect(policies.some(({ component }) => component === "surely")).toBe(true);
      },
    ),
  );
});
