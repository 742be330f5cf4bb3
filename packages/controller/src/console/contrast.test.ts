/** Every pair of text and ground of the console's style sheet can be read, in light and in dark (WCAG 2.2: 4.5 for text, 3 for graphics). */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const css = readFileSync(new URL("page/console.css", import.meta.url), "utf8");
const schemes = [...css.matchAll(/:root \{([^}]*)\}/g)].map(([, block = ""]) =>
  Object.fromEntries(
    [...block.matchAll(/--([\w-]+): (#[0-9a-f]{3,6});/g)].map(([, name = "", value = ""]) => [name, value]),
  ),
);

const TEXT = [
  ["text", "ground"],
  ["text", "surface"],
  ["quiet", "ground"],
  ["quiet", "surface"],
  ["accent", "ground"],
  ["accent", "surface"],
  ["accent-text", "accent"],
  ["good", "good-ground"],
  ["attention", "attention-ground"],
  ["bad", "bad-ground"],
] as const;
const GRAPHICS = [
  ["incumbent", "surface"],
  ["bad", "surface"],
  ["quiet", "surface"],
] as const;

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(color: string): number {
  const [, digits = ""] = color.split("#");
  const pairs = digits.length === 3 ? digits.split("").map((digit) => digit + digit) : (digits.match(/../g) ?? []);
  const [red = 0, green = 0, blue = 0] = pairs.map((pair) => {
    const share = Number.parseInt(pair, 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((left, right) => left - right);
  return (light + 0.05) / (dark + 0.05);
}

test("there is a light and a dark scheme with the same names", () => {
  expect(schemes).toHaveLength(2);
  expect(Object.keys(schemes[1] ?? {}).sort()).toEqual(Object.keys(schemes[0] ?? {}).sort());
});

test.each([0, 1])("scheme %i can be read", (index) => {
  const scheme = schemes[index] ?? {};
  const ofPair = ([one, other]: readonly [string, string]): number => contrast(scheme[one] ?? "", scheme[other] ?? "");
  for (const pair of TEXT) expect([pair, ofPair(pair) >= 4.5]).toEqual([pair, true]);
  for (const pair of GRAPHICS) expect([pair, ofPair(pair) >= 3]).toEqual([pair, true]);
});
