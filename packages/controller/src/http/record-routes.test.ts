import type { OperationRecord, RecordsReceipt } from "@trimtab/conventions";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AppUnderTest, startApp } from "./app-fixture.ts";
import type { WireRecordPage } from "./wire/record-wire.ts";

const NOW = Date.UTC(2026, 10, 20, 10);

let app: AppUnderTest;
beforeEach(async () => {
  app = await startApp({ now: () => NOW });
});
afterEach(() => app.close());

/** A call that ended so many seconds before now. */
function record(secondsAgo: number, changes: Partial<OperationRecord> = {}): OperationRecord {
  return {
    id: `call-${secondsAgo}`,
    component: "shop",
    operation: "checkout",
    context: { genre: "rock" },
    variant: "v-k7xq2sh5ta",
    outcome: "success",
    at: new Date(NOW - secondsAgo * 1_000).toISOString(),
    ...changes,
  };
}

async function send<Body = RecordsReceipt>(records: readonly unknown[], status = 200): Promise<Body> {
  const response = await app.fetch("/v1/records", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ records }),
  });
  const answer = (await response.json()) as Body;
  expect([response.status, answer]).toEqual([status, answer]);
  return answer;
}

const listed = async (query = ""): Promise<readonly OperationRecord[]> =>
  (await app.json<WireRecordPage>(`/v1/records?component=shop${query}`)).records;
const ids = async (query = ""): Promise<string[]> => (await listed(query)).map(({ id }) => id);

describe("POST /v1/records", () => {
  test("keeps a record with everything that was measured, and with context keys that nobody declared", async () => {
    const whole = record(5, {
      context: { genre: "rock", user_tier: "gold" },
      outcome: "failure",
      durationMilliseconds: 12.5,
      quality: 0.4,
      cost: { usd: 0.002 },
      errorType: "TimeoutError",
      metadata: { request: "r-7", attempt: 2, cached: false },
    });
    expect(await send([whole])).toEqual({ accepted: 1, refused: [] });
    expect(await listed()).toEqual([whole]);
  });

  test("names the refused ones by their places, each with everything that is wrong, and keeps the rest", async () => {
    const { accepted, refused } = await send([
      record(1),
      record(2, { quality: 1.5, durationMilliseconds: -1 }),
      "nonsense",
      record(4, { operation: "chekout" }),
      record(5, { component: "shp" }),
      { ...record(6), latency: 5 },
      record(7, { metadata: { text: "x".repeat(1_100) } }),
      record(8, { context: { Genre: "rock" } }),
      record(9, { operation: "browse", context: {} }),
    ]);
    expect([accepted, refused.map(({ index }) => index)]).toEqual([2, [1, 2, 3, 4, 5, 6, 7]]);
    expect(refused[0]?.problems).toEqual([
      "durationMilliseconds -1 is too small; it must be at least 0",
      "quality 1.5 is too large; it must be at most 1",
    ]);
    const texts = refused.map(({ problems }) => problems.join("; "));
    expect(texts[2]).toBe(
      'operation is unknown: The component "shop" has no operation "chekout"; did you mean "checkout"?',
    );
    expect(texts[3]).toBe('component is unknown: The component "shp" is not configured; did you mean "shop"?');
    expect(texts[4]).toContain("latency is unknown");
    expect(texts[5]).toContain("metadata is larger than 1 KiB of JSON");
    expect(texts[6]).toContain('"Genre" is no context key');
    expect(await ids()).toEqual(["call-1", "call-9"]);
  });

  test("a batch that is sent again after a lost answer is accepted and kept once", async () => {
    await send([record(1), record(2)]);
    expect(await send([record(1), record(2), record(3)])).toEqual({ accepted: 3, refused: [] });
    expect(await ids()).toEqual(["call-1", "call-2", "call-3"]);
  });

  test("a time that is still to come counts as now, so that a clock that is ahead hides nothing for long", async () => {
    await send([record(-3_600), record(5)]);
    expect((await listed()).map(({ at }) => at)).toEqual(["2026-11-20T10:00:00.000Z", "2026-11-20T09:59:55.000Z"]);
  });

  test("no batch is empty or larger than 500", async () => {
    expect(await send([], 400)).toMatchObject({ code: "BODY_INVALID", problems: [{ path: "records" }] });
    const many = Array.from({ length: 501 }, (_, index) => record(index));
    expect(await send(many, 400)).toMatchObject({ code: "BODY_INVALID" });
    expect(await send(many.slice(1))).toEqual({ accepted: 500, refused: [] });
  });
});

describe("GET /v1/records", () => {
  test("gives the newest 100 first, of the operation and the context that were asked for", async () => {
    await send(Array.from({ length: 150 }, (_, index) => record(150 - index)));
    await send([
      record(200, { context: { genre: "jazz", user_tier: "gold" } }),
      record(201, { operation: "browse", context: { user_tier: "gold" } }),
    ]);
    expect(await ids()).toEqual(Array.from({ length: 100 }, (_, index) => `call-${index + 1}`));
    expect(await ids("&ctx.genre=jazz")).toEqual(["call-200"]);
    expect(await ids("&ctx.user_tier=gold")).toEqual(["call-200", "call-201"]);
    expect(await ids("&operation=checkout&ctx.user_tier=gold")).toEqual(["call-200"]);
    expect(await ids("&ctx.genre=rock&limit=3")).toEqual(["call-1", "call-2", "call-3"]);
    expect(await ids("&ctx.genre=polka")).toEqual([]);
  });

  test("goes on where the page before ended, also when newer ones have come meanwhile", async () => {
    await send([record(1), record(2), record(3), record(4, { context: { genre: "jazz" } })]);
    const first = await app.fetch("/v1/records?component=shop&ctx.genre=rock&limit=2");
    const next = /<(.*)>; rel="next"/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
    await send([record(0)]);
    const second = await app.json<WireRecordPage>(next);
    expect([second.records.map(({ id }) => id), second.nextCursor]).toEqual([["call-3"], undefined]);
    const { nextCursor } = (await first.json()) as WireRecordPage;
    expect(await app.json(`/v1/records?component=shop&ctx.genre=jazz&cursor=${nextCursor}`, 400)).toMatchObject({
      code: "CURSOR_INVALID",
    });
  });

  test("says what is wrong with a question", async () => {
    expect(await app.json("/v1/records", 400)).toMatchObject({
      code: "PARAMETER_INVALID",
      problems: [{ path: "component" }],
    });
    expect(await app.json("/v1/records?component=shop&ctx.Genre=rock", 400)).toMatchObject({
      problems: [{ path: "ctx.Genre" }],
    });
    expect(await app.json("/v1/records?component=shp", 404)).toMatchObject({
      code: "COMPONENT_UNKNOWN",
      detail: expect.stringContaining('did you mean "shop"?'),
    });
    expect(await app.json("/v1/records?component=shop&operation=chekout", 404)).toMatchObject({
      code: "OPERATION_UNKNOWN",
    });
  });
});

test("a token for feedback sends records and may not read them; one for reading may not send", async () => {
  const tokens = [
    { name: "apps", token: "send-it", roles: ["feedback" as const] },
    { name: "grafana", token: "read-it", roles: ["read" as const] },
  ];
  const guarded = await startApp({ tokens, now: () => NOW });
  const status = async (token: string, body?: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const answer = await (body === undefined
      ? guarded.fetch("/v1/records?component=shop", { headers })
      : guarded.fetch("/v1/records", { headers, method: "POST", body }));
    return answer.status;
  };
  const body = JSON.stringify({ records: [record(1)] });
  expect([await status("send-it", body), await status("send-it")]).toEqual([200, 403]);
  expect([await status("read-it", body), await status("read-it")]).toEqual([403, 200]);
  await guarded.close();
});
