import { expect, test } from "vitest";
import { errorTypeOf, labelValue } from "./label-values.ts";

test("a label value has at most 128 UTF-16 units and no half of a pair", () => {
  expect(labelValue("x".repeat(10_000))).toHaveLength(128);
  expect(labelValue(`${"x".repeat(127)}😀`).endsWith("\uFFFD")).toBe(true);
  expect(labelValue("\uD800rock")).toBe("\uFFFDrock");
});

test("an error's type is its code, else its class, else the type of what was thrown", () => {
  class PaymentDeclined extends Error {}
  expect(errorTypeOf(Object.assign(new Error("connect"), { code: "ECONNREFUSED" }))).toBe("ECONNREFUSED");
  expect(errorTypeOf(new TypeError("x"))).toBe("TypeError");
  expect(errorTypeOf(new PaymentDeclined("x"))).toBe("PaymentDeclined");
  expect(errorTypeOf(new DOMException("x", "AbortError"))).toBe("AbortError");
  expect(errorTypeOf(undefined)).toBe("undefined");
  expect(errorTypeOf("card 4711 was declined")).toBe("string");
});

test("a code that is a message, and an error that fails when looked at, do not become labels", () => {
  expect(errorTypeOf(Object.assign(new RangeError("x"), { code: "user 4711 not found" }))).toBe("RangeError");
  const trap = new Error("x");
  Object.defineProperty(trap, "code", {
    get() {
      throw new Error("trap");
    },
  });
  expect(errorTypeOf(trap)).toBe("_OTHER");
});
