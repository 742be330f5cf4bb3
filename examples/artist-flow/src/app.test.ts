import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { FeedbackOutbox } from "@trimtab/example-artist-builder/feedback-outbox";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { createApp } from "./app.ts";
import { ArtistDirectory } from "./artist-directory.ts";
import { artistFlow } from "./artist-flow.ts";
import { Benchmarks } from "./benchmark.ts";
import { Calendar } from "./calendar.ts";
import type { Post } from "./content.ts";
import { keepPublishing } from "./publisher.ts";
import { ROSTER } from "./roster.ts";

const module = artistFlow.create({
  generate: async ({ artist }) => ({ text: `${artist.name} plays tonight.`, costUsd: 0.001 }),
  enableAdaptation: false,
});
afterAll(() => module.close());

let server: Server;
let url: string;
let calendar: Calendar;
let outbox: FeedbackOutbox;
beforeEach(async () => {
  calendar = new Calendar(":memory:");
  outbox = new FeedbackOutbox(":memory:");
  const app = createApp({
    directory: new ArtistDirectory(ROSTER),
    calendar,
    outbox,
    benchmarks: new Benchmarks(),
    module,
  });
  server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => server.close());

const post = async (path: string, body: unknown): Promise<{ status: number; body: any }> => {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
};

test("a post is planned, comes out at its time and not before, and a late report counts once however often it comes", async () => {
  const made = await post("/posts", { audience: "press", artist: "artist-101" });
  expect(made).toMatchObject({ status: 201, body: { text: "Ada Birch plays tonight.", slot: "noon" } });
  const publishAt = Date.parse(made.body.publishAt);
  expect(calendar.due(publishAt - 1)).toEqual([]);
  expect(calendar.due(publishAt)).toMatchObject([{ id: made.body.id }]);
  const report = { id: "report-1", post: made.body.id, engagement: 0.42 };
  expect((await post("/engagement", report)).status).toBe(202);
  expect((await post("/engagement", report)).status).toBe(202);
  expect(outbox.counts()).toMatchObject({ events: 1, items: 2, repeatedEvents: 1 });
});

test.each([
  ["/posts", { audience: "children", artist: "artist-101" }, 400],
  ["/posts", { audience: "press", artist: "artist-999" }, 404],
  ["/engagement", { id: "r", post: "nowhere", engagement: 0.5 }, 404],
  ["/engagement", { id: "r", post: "nowhere", engagement: 1.5 }, 400],
])("%s with %j is refused", async (path, body, status) => {
  expect((await post(path, body)).status).toBe(status);
});

test("a post that could not be brought out is brought out later, under its id", async () => {
  const made = await post("/posts", { audience: "fans", artist: "artist-102" });
  const stopped = new AbortController();
  const told = vi.spyOn(console, "error").mockImplementation(() => {});
  const publish = vi.fn<(post: Post) => Promise<void>>().mockRejectedValueOnce(new Error("platform away"));
  const publishing = keepPublishing(calendar, publish, stopped.signal);
  await vi.waitFor(() => expect(calendar.due(Number.MAX_SAFE_INTEGER)).toEqual([]), { timeout: 20_000 });
  stopped.abort();
  await publishing;
  expect(publish.mock.calls.map(([{ id }]) => id)).toEqual([made.body.id, made.body.id]);
  told.mockRestore();
});
