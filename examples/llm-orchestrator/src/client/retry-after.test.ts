import { expect, test } from "vitest";
import { retryAfterMilliseconds } from "./retry-after.ts";

const NOW = Date.parse("2026-11-20T10:00:00Z");

test.each([
  [{ "retry-after": "2" }, 2000],
  [{ "retry-after": "0" }, 0],
  [{ "retry-after": "0.5" }, 500],
  [{ "retry-after": "Fri, 20 Nov 2026 10:00:03 GMT" }, 3000],
  [{ "retry-after": "Fri, 20 Nov 2026 09:00:00 GMT" }, 0],
  [{ "retry-after": "999999999" }, 3_600_000],
  [{ "retry-after-ms": "250", "retry-after": "1" }, 250],
  [{ "retry-after-ms": "soon", "retry-after": "1" }, 1000],
  [{ "retry-after": "soon" }, undefined],
  [{ "retry-after": "-5" }, undefined],
  [{}, undefined],
])("%o is %s", (headers, expected) => {
  expect(retryAfterMilliseconds(new Headers(headers as Record<string, string>), NOW)).toBe(expected);
});
