import { expect, test } from "vitest";
import { eventData } from "./server-sent-events.ts";

const STREAM = 'data: {"a":1}\n\n: a comment\nevent: x\ndata:two\ndata: lines\r\n\r\ndata: schön\n\n\ndata: [DONE]\n\n';
const DATA = ['{"a":1}', "two\nlines", "schön", "[DONE]"];

async function read(...chunks: readonly Uint8Array[]): Promise<string[]> {
  const data: string[] = [];
  for await (const each of eventData(
    (async function* () {
      yield* chunks;
    })(),
  ))
    data.push(each);
  return data;
}

test("wherever the bytes are cut, the events are the same", async () => {
  const bytes = new TextEncoder().encode(STREAM);
  for (let at = 0; at <= bytes.length; at++) {
    expect(await read(bytes.slice(0, at), bytes.slice(at))).toEqual(DATA);
  }
  expect(await read(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(DATA);
});

test("an event that is not complete is none", async () => {
  expect(await read(new TextEncoder().encode("data: one\n\ndata: half"))).toEqual(["one"]);
});
