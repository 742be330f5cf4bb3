import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { artistBuilder } from "./artist-builder.ts";
import { COMPONENT } from "./component.ts";
import { CONFIGURATION } from "./system.ts";

test("trimtab.yaml allows what the module can do, with the same base values: else its document would not be applied", async () => {
  const { operations } = parse(readFileSync(CONFIGURATION, "utf8")).components[COMPONENT];
  await using module = artistBuilder.create({});
  expect(Object.keys(operations).toSorted()).toEqual(Object.keys(module.operations).toSorted());
  for (const [name, { parameters, context }] of Object.entries(module.operations))
    expect(operations[name]).toMatchObject({ parameters, context });
});
