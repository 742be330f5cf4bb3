import { expect, test } from "vitest";
import { Benchmarks } from "./benchmark.ts";
import type { Post, PostedArtist } from "./content.ts";
import { feedbackOf } from "./engagement-feedback.ts";
import { ARTIST, POST } from "./sample-post.test.support.ts";

const artist = (id: string, version = 1): PostedArtist => ({ ...ARTIST, id, name: id, version });
const post = (of: PostedArtist): Post => ({ ...POST, id: `post of ${of.id}`, artist: of });
const HANDLES = { plan: "t1.plan", text: "t1.text" };
const AT = new Date(0);

function benchmarksWith(others: number): Benchmarks {
  const benchmarks = new Benchmarks();
  for (let index = 0; index < others; index++) benchmarks.learn(post(artist("artist-2")), 0.6);
  return benchmarks;
}

test("a report reaches the plan and the text that it is about, with keys that follow from its own", () => {
  const reported = { post: post(artist("artist-1")), handles: HANDLES, artist: artist("artist-1") };
  const items = feedbackOf({ id: "e1", post: "p", engagement: 0.5 }, reported, benchmarksWith(10), AT);
  expect(items).toEqual([
    { id: "e1:plan", type: "engagement", result: "t1.plan", score: 0.5, source: "artist_flow", at: AT.toISOString() },
    { id: "e1:text", type: "engagement", result: "t1.text", score: 0.5, source: "artist_flow", at: AT.toISOString() },
  ]);
});

test("an engagement that is low beside that of others' posts of the same kind is told to the artist builder", () => {
  const reported = { post: post(artist("artist-1")), handles: HANDLES, artist: artist("artist-1") };
  const report = { id: "e1", post: "p", engagement: 0.2 };
  expect(feedbackOf(report, reported, benchmarksWith(10), AT)[2]).toEqual({
    id: "e1:low",
    type: "low_engagement",
    entity: "artist-1",
    source: "artist_flow",
    target: "artist_builder",
    data: { content_id: "post of artist-1", engagement_score: 0.2, benchmark_score: expect.closeTo(0.6) },
    at: AT.toISOString(),
  });
  // Nobody knows yet what is usual; or the artist has changed since.
  expect(feedbackOf(report, reported, benchmarksWith(3), AT)).toHaveLength(2);
  expect(feedbackOf(report, { ...reported, artist: artist("artist-1", 2) }, benchmarksWith(10), AT)).toHaveLength(2);
});

test("a draft that another service wrote hears of it too", () => {
  const handles = { ...HANDLES, draft: "t1.song" };
  const reported = { post: post(artist("artist-1")), handles, artist: artist("artist-1") };
  const items = feedbackOf({ id: "e1", post: "p", engagement: 0.5 }, reported, benchmarksWith(10), AT);
  expect(items.map(({ id, result }) => [id, result])).toContainEqual(["e1:draft", "t1.song"]);
});

test("an artist is not compared with itself", () => {
  const benchmarks = new Benchmarks();
  for (let index = 0; index < 20; index++) benchmarks.learn(post(artist("artist-1")), 0.9);
  expect(benchmarks.usualFor(post(artist("artist-1")))).toBeUndefined();
  expect(benchmarks.usualFor(post(artist("artist-2")))).toBeCloseTo(0.9);
});
