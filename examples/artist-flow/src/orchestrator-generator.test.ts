import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { PostedArtist } from "./content.ts";
import { orchestratorGenerator } from "./orchestrator-generator.ts";

const ARTIST: PostedArtist = {
  id: "artist-1",
  name: "Lou Ember",
  genre: "boom bap",
  artistType: "hiphop",
  tone: "bold",
  uniqueness: 1,
  version: 1,
};
const REQUEST = { template: "announcement", strategy: "story", artist: ARTIST } as const;

let server: Server;
let asked: unknown[];
let answer: { readonly status: number; readonly body: unknown };
let url: string;
beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    void json(request).then((body) => {
      asked.push(body);
      response.writeHead(answer.status).end(JSON.stringify(answer.body));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => server.close());

test("the first two lines of a verse stand in the frame of the template, with cost and handle of the song", async () => {
  answer = { status: 200, body: { text: "one\ntwo\n\nthree\nfour", costUsd: 0.001, handle: "t1.song" } };
  const draft = await orchestratorGenerator(url, () => 0)(REQUEST);
  expect(draft).toEqual({ text: "Lou Ember plays on Friday. one / two", costUsd: 0.001, handle: "t1.song" });
  expect(asked).toEqual([{ genre: "rap", theme: "the last train", lines: 4 }]);
});

test("a verse that nobody could write is a failure that says why", async () => {
  answer = { status: 502, body: { problem: "no provider" } };
  await expect(orchestratorGenerator(url, () => 0)(REQUEST)).rejects.toThrow(/502.*no provider/);
});
