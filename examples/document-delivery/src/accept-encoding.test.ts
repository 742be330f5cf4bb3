import { expect, test } from "vitest";
import { negotiate } from "./accept-encoding.ts";

test("a client of today gets what was wanted", () => {
  expect(negotiate("gzip, deflate, br, zstd", "zstd")).toBe("zstd");
  expect(negotiate("gzip, deflate, br, zstd", "brotli")).toBe("brotli");
});

test("a client that does not take it gets gzip", () => {
  expect(negotiate("gzip, deflate", "zstd")).toBe("gzip");
  expect(negotiate("gzip;q=0.5, br;q=0", "brotli")).toBe("gzip");
});

test("a client that takes neither, or says nothing, gets the document as it is", () => {
  expect(negotiate("deflate", "zstd")).toBe("identity");
  expect(negotiate(undefined, "gzip")).toBe("identity");
  expect(negotiate("", "gzip")).toBe("identity");
  expect(negotiate("gzip;q=0", "gzip")).toBe("identity");
});

test("a star takes everything that is not named", () => {
  expect(negotiate("*", "zstd")).toBe("zstd");
  expect(negotiate("zstd;q=0, *;q=0.1", "zstd")).toBe("gzip");
});

test("case and spaces do not matter, nonsense is no consent", () => {
  expect(negotiate(" GZIP ; Q=1.0 ,BR", "brotli")).toBe("brotli");
  expect(negotiate("br;q=much", "brotli")).toBe("identity");
});
