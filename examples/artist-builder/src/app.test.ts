import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { FeedbackItem } from "@trimtab/conventions";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { createApp } from "./app.ts";
import { artistBuilder } from "./artist-builder.ts";
import { ArtistStore } from "./artist-store.ts";
import { FeedbackOutbox } from "./feedback-outbox.ts";

const module = artistBuilder.create({ enableAdaptation: false });
afterAll(() => module.close());

let server: Server;
let outbox: FeedbackOutbox;
let url: string;
beforeEach(async () => {
  outbox = new FeedbackOutbox(":memory:");
  server = createServer(createApp({ module, store: new ArtistStore(":memory:"), outbox })).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => server.close());

const send = async (method: string, path: string, body: unknown): Promise<{ status: number; body: any }> => {
  const response = await fetch(url + path, {
    method,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
};

const REQUEST = { name: "Ada Birch", artistType: "folk", genres: ["folk"], bio: "Sings at the market." };

test("a review of a profile is kept once, for the rules and for what was filled in", async () => {
  const made = await send("POST", "/profiles", REQUEST);
  expect(made).toMatchObject({ status: 201, body: { profile: { tone: "warm", postsPerWeek: 7 }, problems: [] } });
  const review = { id: "review-1", request: made.body.id, rating: 4 };
  expect((await send("POST", "/reviews", review)).status).toBe(202);
  expect((await send("POST", "/reviews", review)).status).toBe(202);
  const items: FeedbackItem[] = [];
  await outbox.sendOnce(async (batch) => {
    items.push(...batch);
    return { accepted: batch.length, known: 0, refused: [] };
  });
  expect(items).toMatchObject([
    { id: "review-1:rules", type: "user_rating", rating: 4, source: "artist_builder" },
    { id: "review-1:defaults", type: "user_rating", rating: 4 },
  ]);
  expect(await (await fetch(`${url}/counts`)).json()).toMatchObject({
    feedback: { events: 1, acknowledged: 2, repeatedEvents: 1 },
  });
});

test.each([
  ["POST", "/profiles", { ...REQUEST, artistType: "opera" }, 400, /artistType/],
  ["POST", "/profiles", { ...REQUEST, age: 3 }, 400, /age/],
  ["POST", "/reviews", { id: "r", request: "nobody", rating: 3 }, 404, /no request "nobody"/],
  ["POST", "/reviews", { id: "r", request: "nobody", rating: 6 }, 400, /rating/],
])("%s %s with %j is refused", async (method, path, body, status, problem) => {
  const answer = await send(method, path, body);
  expect(answer.status).toBe(status);
  expect(answer.body.problem).toMatch(problem);
});

test("an artist is put on the roster once", async () => {
  expect((await send("PUT", "/artists/artist-1", REQUEST)).status).toBe(201);
  expect(await send("PUT", "/artists/artist-1", { ...REQUEST, name: "Another" })).toMatchObject({
    status: 200,
    body: { version: 1, profile: { name: "Ada Birch" }, uniqueness: 1 },
  });
});
