import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventParser, type ServerEvent } from "./event-parser.ts";

const parse = (chunks: readonly (string | Uint8Array)[], most = 1000): readonly ServerEvent[] => {
  const parser = new EventParser(most);
  return chunks.flatMap((chunk) => [...parser.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk)]);
};

describe("events", () => {
  test("have a name, data of one line or several, and an id that stays", () => {
    expect(parse(["id: 7\nevent: document\ndata: {}\n\ndata: a\ndata:b\ndata\n\n"])).toEqual([
      { event: "document", data: "{}", id: "7" },
      { event: "message", data: "a\nb\n", id: "7" },
    ]);
  });

  test("comments, unknown fields and blocks without data are none", () => {
    expect(parse([":\n\nretry: 1000\n\nother: x\n\nid: 9\n\nevent: x\n\ndata: y\n\n"])).toEqual([
      { event: "message", data: "y", id: "9" },
    ]);
  });

  test("are the same however the bytes are cut, and with every end of a line", () => {
    const text = "id: é1\nevent: document\ndata: äöü😀\n\n:\n\nevent: unchanged\ndata: {}\n\n";
    const expected = parse([text]);
    expect(expected).toHaveLength(2);
    fc.assert(
      fc.property(fc.array(fc.nat(100), { maxLength: 10 }), fc.constantFrom("\n", "\r\n", "\r"), (cuts, end) => {
        const bytes = Buffer.from(text.replaceAll("\n", end));
        const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort((a, b) => a - b);
        const chunks = places.slice(1).map((place, index) => bytes.subarray(places[index], place));
        expect(parse(chunks)).toEqual(expected);
      }),
    );
  });

  test("are refused where they are longer than what may be held", () => {
    expect(() => parse(["data: ", "x".repeat(600), "x".repeat(600)])).toThrow(RangeError);
    expect(parse(Array.from({ length: 5 }, () => `data: ${"x".repeat(600)}\n\n`))).toHaveLength(5);
  });
});
