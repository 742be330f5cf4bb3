/** Addresses and words: any text survives them, and no number is said to be what it is not. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { h } from "./element.ts";
import { addressOf, apiPath, placeOf } from "./routes.ts";
import { ago, duration, moment, NOTHING, number, percent, signed, valueText } from "./text.ts";

/** Any text that a name, a value or a comment may be; a lone half of a character cannot be written into an address. */
const anyText = fc.string({ unit: "binary", minLength: 1 }).map((text) => text.toWellFormed());

describe("addresses", () => {
  test("of places are read back as they were written", () => {
    fc.assert(
      fc.property(
        fc.array(anyText, { minLength: 1, maxLength: 4 }),
        fc.dictionary(anyText, anyText),
        (path, filters) => {
          expect(placeOf(addressOf(path, filters))).toEqual({ path, filters: { ...filters } });
        },
      ),
    );
  });

  test("of the HTTP interface stay below the controller, whatever the names", () => {
    fc.assert(
      fc.property(anyText, anyText, (component, value) => {
        const path = apiPath(["v1", "operations", component], { "ctx.genre": value });
        const url = new URL(path, "http://controller:4600/");
        expect(url.origin).toBe("http://controller:4600");
        // "." and ".." are no names of components; a browser would resolve them
        fc.pre(component !== "." && component !== "..");
        expect(url.pathname.startsWith("/v1/operations/")).toBe(true);
        expect(url.searchParams.get("ctx.genre")).toBe(value);
      }),
    );
  });

  test("that are broken are a place all the same", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (hash) => {
        expect(placeOf(hash).path).toBeInstanceOf(Array);
      }),
    );
  });
});

describe("words", () => {
  test("for what was not measured are no number", () => {
    for (const text of [signed, percent, number, duration]) expect(text(undefined)).toBe(NOTHING);
  });

  test("never round something to nothing, or nearly all to all", () => {
    expect(percent(0)).toBe("0 %");
    expect(percent(1)).toBe("100 %");
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true }), (share) => {
        fc.pre(!Number.isInteger(Number((share * 100).toFixed(6))));
        expect(percent(share)).not.toMatch(/^(0|100) %$/);
      }),
    );
    expect(percent(0.99999)).toBe("over 99.99 %");
    expect(percent(0.00001)).toBe("under 0.01 %");
    expect([percent(0.1), percent(0.9952), percent(0.284)]).toEqual(["10 %", "99.52 %", "28.4 %"]);
  });

  test("have units, signs and directions", () => {
    expect([signed(0.1742), signed(-0.05), signed(0.0001)]).toEqual(["+0.174", "−0.050", "0.000"]);
    expect([duration(0.00032), duration(0.00326), duration(1.2), duration(600)]).toEqual([
      "320 µs",
      "3.26 ms",
      "1.2 s",
      "10 min",
    ]);
    expect([ago(1000, 13_000), ago(7_200_000, 0), ago(5, 5)]).toEqual(["12 s ago", "in 2 h", "now"]);
    expect(moment(Date.UTC(2026, 0, 2), Date.UTC(2026, 5, 1))).toContain("2026");
    expect([valueText("a"), valueText(3), valueText(false)]).toEqual(["a", "3", "false"]);
  });
});

describe("an element", () => {
  test("takes neither markup nor an address elsewhere", () => {
    expect(() => h("p", { dangerouslySetInnerHTML: { __html: "<b>x</b>" } })).toThrow(TypeError);
    for (const href of [
      "https://elsewhere.example/",
      "//elsewhere.example",
      "javascript:alert(1)",
      " javascript:alert(1)",
      "data:text/html,x",
    ])
      expect(() => h("a", { href })).toThrow(/leads out of the console/);
    expect(h("a", { href: addressOf(["javascript:alert(1)"]) }).props).toMatchObject({
      href: "#/javascript%3Aalert(1)",
    });
  });
});
