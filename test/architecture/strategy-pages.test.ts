/** The pages of the strategies say what the code does: the same options, defaults and ranges, and examples that can be used. */
import { readFileSync } from "node:fs";
import { type OptionSpecification, STRATEGY_IDS, strategyOptions } from "@trimtab/learning";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../packages/controller/src/config.ts";

const page = (id: string) => readFileSync(new URL(`../../docs/strategies/${id}.md`, import.meta.url), "utf8");

/** `0.0001 to 0.5` and `0.05` as numbers, whatever separates their thousands. */
const numbers = (text: string) =>
  [...text.matchAll(/-?\d[\d,]*(\.\d+)?/g)].map(([found]) => Number(found.replaceAll(",", "")));

const rows = (id: string) =>
  [...page(id).matchAll(/^\| `([A-Za-z]+)` \| (.*?) \| (.*?) \| (.*?) \|$/gm)].map(
    ([, name = "", value = "", range = "", meaning = ""]) => ({
      name,
      value,
      range,
      meaning,
    }),
  );

/** What a row says of an option, in the form of `wanted`. */
function told(value: string, range: string, specification: OptionSpecification): unknown {
  if (specification.type !== "number")
    return { value, names: [...range.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name) };
  const said = numbers(range.split(", at most")[0] ?? "");
  // a bound that only says "finite" or "above 0" is told in words
  const bounds = said.length === 2 ? said : range.split(/, at most|[;,]/)[0];
  return { value: numbers(value), bounds: bounds === "any number" || bounds === "greater than 0" ? bounds : said };
}

function wanted(specification: OptionSpecification): unknown {
  if (specification.type === "number") {
    const { min, max } = specification;
    const bounds = max < 1e9 ? [min, max] : min < 0 ? "any number" : "greater than 0";
    return { value: [specification.default], bounds };
  }
  if (specification.type === "values") return { value: "(the base values)", names: [] };
  const { default: value, choices = [] } = specification;
  return { value: value === "" ? "(every one)" : `\`${value}\``, names: choices };
}

describe.each([...STRATEGY_IDS])("the page of %s", (id) => {
  const options = Object.entries(strategyOptions(id) ?? {});

  test("lists the options of the code, in its order, each with a meaning", () => {
    expect(rows(id).map(({ name }) => name)).toEqual(options.map(([name]) => name));
    for (const { meaning } of rows(id)) expect(meaning.length).toBeGreaterThan(5);
  });

  test.each(options)("tells the default and the range of %s", (name, specification: OptionSpecification) => {
    const row = rows(id).find((each) => each.name === name);
    expect(told(row?.value ?? "", row?.range ?? "", specification)).toEqual(wanted(specification));
  });

  test("says when it is the wrong choice, where it comes from, and what its confidence means", () => {
    expect(page(id)).toMatch(/wrong choice/);
    expect(page(id)).toMatch(/\*\*Source|## Sources/);
    expect(page(id)).toMatch(/\*\*Confidence\*\*/);
  });

  test("has an example that the controller takes", () => {
    const [, example = ""] = /```yaml\n(strategy: .*)\n```/.exec(page(id)) ?? [];
    const text = `
metrics: { source: prometheus, url: "http://127.0.0.1:9090" }
components: { shop: { operations: { search: {
  parameters: { temperature: { type: number, base: 0.7, min: 0.5, max: 0.9, step: 0.1 } },
  ${example} } } } }
`;
    const [policy] = parseConfig(text, "/trimtab.yaml", {}).policies;
    expect(policy?.strategy.kind).toBe(id);
    expect(Object.keys(policy?.strategy.options ?? {}).length).toBeGreaterThan(0);
  });
});
