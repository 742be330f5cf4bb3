import { encodeResultHandle, type FeedbackReceipt } from "@trimtab/conventions";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AppUnderTest, startApp } from "./app-fixture.ts";
import type { WireFeedback } from "./wire/feedback-wire.ts";

const VARIANT = "v-k7xq2sh5ta";
const CALL = { component: "shop", operation: "checkout", context: { genre: "rock", user: "u-1" }, variant: VARIANT };
const NOW = Date.UTC(2026, 10, 20, 10);

let app: AppUnderTest;
beforeEach(async () => {
  app = await startApp({ now: () => NOW });
});
afterEach(() => app.close());

async function send<Body = FeedbackReceipt>(body: unknown, status = 200): Promise<Body> {
  const response = await app.fetch("/v1/feedback", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as Body;
  expect([response.status, answer]).toEqual([status, answer]);
  return answer;
}

const listed = async (query = ""): Promise<WireFeedback[]> =>
  (await app.json<{ feedback: WireFeedback[] }>(`/v1/feedback${query}`)).feedback;

describe("POST /v1/feedback", () => {
  test("keeps a rating of a call, with the declared part of its context", async () => {
    const rating = {
      id: "r-1",
      type: "user_rating",
      ...CALL,
      rating: 4,
      comment: "nearly",
      at: "2026-11-19T10:00:00+01:00",
    };
    expect(await send(rating)).toEqual({ accepted: 1, known: 0, refused: [] });
    expect(await listed()).toEqual([
      {
        id: "r-1",
        type: "user_rating",
        component: "shop",
        operation: "checkout",
        context: { genre: "rock" },
        variant: VARIANT,
        score: 0.8,
        comment: "nearly",
        at: "2026-11-19T09:00:00.000Z",
        receivedAt: "2026-11-20T10:00:00.000Z",
      },
    ]);
  });

  test("a handle says component, operation, context, variant and time of the call", async () => {
    const origin = { component: "shop", operation: "checkout", context: { genre: "rock" }, variant: VARIANT };
    const at = Date.UTC(2026, 10, 17);
    const result = encodeResultHandle({ ...origin, revision: "187-4c1f", at });
    await send({ id: "r-1", type: "user_rating", result, rating: 2 });
    expect(await listed()).toMatchObject([{ ...origin, servedAt: "2026-11-17T00:00:00.000Z", score: 0.4 }]);
    const refusals = [
      [{ result: `${result}x` }, "result is a damaged handle of a result"],
      [{ result, context: { genre: "jazz" } }, "context stands beside result"],
      [
        { result: encodeResultHandle({ ...origin, operation: "gone", revision: undefined, at }) },
        "operation is unknown",
      ],
    ] as const;
    for (const [item, problem] of refusals) {
      const { refused } = await send({ items: [{ id: "r-2", type: "user_rating", rating: 2, ...item }] });
      expect(refused[0]?.problems[0]).toContain(problem);
    }
  });

  test("names the refused items of a batch by their places and keeps the rest", async () => {
    const receipt = await send({
      items: [
        { id: "1", type: "user_rating", ...CALL, rating: 5 },
        { id: "2", type: "user_rating", ...CALL, rating: 6 },
        { id: "3", type: "User Rating", entity: "artist-7" },
        "nonsense",
        { id: "5", type: "engagement", component: "shop", operation: "chekout" },
        { id: "6", type: "low_engagement", entity: "artist-7", source: "artist_flow", target: "artist_builder" },
        { id: "7", type: "user_rating", score: 1 },
        { id: "8", type: "performance", ...CALL, errorRate: 0.1, score: 0.9 },
      ],
    });
    expect(receipt).toMatchObject({ accepted: 2, known: 0 });
    expect(receipt.refused.map(({ index, id }) => [index, id])).toEqual([
      [1, "2"],
      [2, "3"],
      [3, undefined],
      [4, "5"],
      [6, "7"],
      [7, "8"],
    ]);
    const texts = receipt.refused.flatMap(({ problems }) => problems);
    expect(texts[0]).toBe("rating 6 is too large; it must be at most 5");
    expect(texts.join("\n")).toContain('did you mean "checkout"?');
    expect((await listed()).map(({ id }) => id).sort()).toEqual(["1", "6"]);
  });

  test("sent again after a lost answer it counts once; another item under the same key is refused", async () => {
    const item = { id: "r-1", type: "user_rating", ...CALL, rating: 4 };
    await send(item);
    expect(await send({ items: [item, item] })).toEqual({ accepted: 0, known: 2, refused: [] });
    expect(await send({ items: [{ ...item, rating: 1 }] })).toMatchObject({
      accepted: 0,
      refused: [{ index: 0, id: "r-1" }],
    });
    expect(await listed()).toMatchObject([{ score: 0.8 }]);
  });

  test("a single item that is wrong is answered as a wrong body", async () => {
    expect(await send({ id: "1", type: "user_rating", ...CALL, ratng: 4 }, 400)).toMatchObject({
      code: "BODY_INVALID",
      problems: [{ path: "ratng", message: 'is unknown; did you mean "rating"?' }],
    });
  });

  test("a rating of 3,000 bytes of comment is kept whole, 20 KiB of data are refused", async () => {
    const comment = "ö".repeat(3_000);
    await send({ id: "1", type: "user_rating", ...CALL, rating: 3, comment });
    expect((await listed())[0]?.comment).toBe(comment);
    const data = { text: "x".repeat(20 * 1024) };
    expect(await send({ items: [{ id: "2", type: "user_rating", ...CALL, data }] })).toMatchObject({ accepted: 0 });
  });

  test("no batch is larger than 500 items", async () => {
    const items = Array.from({ length: 501 }, (_, index) => ({
      id: `r-${index}`,
      type: "user_rating",
      ...CALL,
      rating: 3,
    }));
    expect(await send({ items }, 400)).toMatchObject({ code: "BODY_INVALID", problems: [{ path: "items" }] });
    expect(await send({ items: items.slice(1) })).toMatchObject({ accepted: 500 });
  });
});

describe("GET /v1/feedback", () => {
  test("is filtered by who may make something of it, and by what it is about", async () => {
    const about = (id: string, entity: string, target: string) => ({ id, type: "low_engagement", entity, target });
    await send({ items: [about("1", "artist-7", "artist_builder"), about("2", "artist-8", "artist_flow")] });
    expect((await listed("?target=artist_builder")).map(({ id }) => id)).toEqual(["1"]);
    expect((await listed("?entity=artist-8")).map(({ id }) => id)).toEqual(["2"]);
    expect(await listed("?type=user_rating")).toEqual([]);
  });
});

test("a token for feedback sends it and may not read it; one for reading may not send", async () => {
  const tokens = [
    { name: "apps", token: "send-it", roles: ["feedback" as const] },
    { name: "grafana", token: "read-it", roles: ["read" as const] },
  ];
  const guarded = await startApp({ tokens, now: () => NOW });
  const status = async (method: string, token: string): Promise<number> =>
    (
      await guarded.fetch("/v1/feedback", {
        method,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        ...(method === "POST" ? { body: JSON.stringify({ id: "1", type: "user_rating", ...CALL, rating: 4 }) } : {}),
      })
    ).status;
  expect(await Promise.all([status("POST", "send-it"), status("GET", "send-it")])).toEqual([200, 403]);
  expect(await Promise.all([status("POST", "read-it"), status("GET", "read-it")])).toEqual([403, 200]);
  await guarded.close();
});
