import { afterEach, describe, expect, test, vi } from "vitest";
import { HEARTBEAT_MILLISECONDS } from "../serving/event-streams.ts";
import { type AppUnderTest, allocationOf, decisionOf, startApp } from "./app-fixture.ts";
import { type EventReader, openEvents, type ReceivedEvent } from "./event-reader.test.support.ts";

const ALLOCATIONS = "/v1/allocations?component=shop";
const FLAGS = "/ofrep/v1/evaluate/flags";
const OTHER_FILE = `
controller: { interval: 30s }
metrics: { source: embedded, scrape: [http://127.0.0.1:1/metrics] }
components: { other: { operations: { work: {} } } }
`;

let app: AppUnderTest;
const readers: EventReader[] = [];
const open = async (path: string, headers: Record<string, string> = {}): Promise<EventReader> => {
  const reader = await openEvents(`${app.url}${path}`, headers);
  readers.push(reader);
  return reader;
};
afterEach(async () => {
  vi.useRealTimers();
  for (const reader of readers.splice(0)) reader.close();
  await app.close();
});

/** What is told, is told for its own reason, and not with the next sign of life. */
const withoutHeartbeat = ({ now }: { readonly now?: number } = {}) =>
  vi.useFakeTimers({
    toFake: ["setInterval", "clearInterval", ...(now === undefined ? [] : ["Date" as const])],
    ...(now === undefined ? {} : { now }),
  });
const isDocument = (event: ReceivedEvent) => event.event === "document";
const revisionOf = ({ data }: ReceivedEvent) => (JSON.parse(data ?? "") as { revision: string }).revision;
const served = (salt: string, at = Date.now()) =>
  decisionOf(1, { at, allocations: [{ ...allocationOf("rock"), salt }] });
const metric = async (line: string) =>
  (await (await app.fetch("/metrics")).text())
    .split("\n")
    .find((each) => each.startsWith(line))
    ?.split(" ")
    .at(-1);

describe("a component's stream", () => {
  test("begins with the document, and has each one that follows, with its revision as id", async () => {
    app = await startApp();
    const reader = await open(ALLOCATIONS);
    expect([reader.status, reader.headers["content-type"], reader.headers["cache-control"]]).toEqual([
      200,
      "text/event-stream; charset=utf-8",
      "no-store",
    ]);
    const first = await reader.next(isDocument);
    const polled = await app.fetch(ALLOCATIONS);
    expect([first.data, `"${first.id}"`]).toEqual([await polled.text(), polled.headers.get("etag")]);

    app.decide(served("s1"), 1);
    const second = await reader.next(isDocument);
    expect(second.id).toBe(revisionOf(second));
    expect(second.data).toContain('"salt":"s1"');
    expect(await metric('trimtab_streams{kind="allocations"}')).toBe("1");
    expect(await metric('trimtab_stream_events_total{kind="allocations"}')).toBe("2");
  });

  test("a reader that has the document is told only that, by its last event or by its tag", async () => {
    app = await startApp();
    let { id: known } = await (await open(ALLOCATIONS)).next(isDocument);
    for (const headers of [{ "last-event-id": `${known}` }, { "if-none-match": `"${known}"` }]) {
      const reader = await open(ALLOCATIONS, headers as Record<string, string>);
      expect(await reader.next()).toMatchObject({ id: known, event: "unchanged" });
      expect(reader.events.filter(isDocument)).toEqual([]);
    }
    app.decide(served("s1"), 1);
    for (const reader of readers) expect((await reader.next(isDocument)).data).toContain('"salt":"s1"');
    const stale = await open(ALLOCATIONS, { "last-event-id": `${known}` });
    ({ id: known } = await stale.next());
    expect(known).toBe(readers[0]?.events.at(-1)?.id);
  });

  test("arrives event by event, also at a reader that takes compressed answers", async () => {
    withoutHeartbeat();
    app = await startApp();
    const reader = await open(ALLOCATIONS, { "accept-encoding": "gzip, deflate, br" });
    expect(reader.headers["content-encoding"]).toBeUndefined();
    await reader.next(isDocument);
    app.decide(served("s1"), 1);
    expect((await reader.next(isDocument)).data).toContain('"salt":"s1"');
  });

  test("several changes at once are told once, by the newest", async () => {
    app = await startApp();
    const reader = await open(ALLOCATIONS);
    await reader.next(isDocument);
    for (let cycle = 1; cycle <= 50; cycle++) app.decide(served(`s${cycle}`), cycle);
    expect((await reader.next(isDocument)).data).toContain('"salt":"s50"');
    expect(reader.events.filter(isDocument)).toHaveLength(2);
  });

  test("the end of the time to explore is told although nothing was decided", async () => {
    const until = Math.ceil(Date.now() / 150_000) * 150_000; // the step in which it moves
    withoutHeartbeat({ now: until - 200 });
    app = await startApp();
    app.decide(served("s1", until - 300_000), 1);
    const reader = await open(ALLOCATIONS);
    expect((await reader.next(isDocument)).data).toContain("challenger");
    vi.setSystemTime(until);
    expect((await reader.next(isDocument)).data).not.toContain("challenger");
  });

  test("signs of life come in between, with the time of the controller", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    app = await startApp();
    const reader = await open(ALLOCATIONS);
    const { id } = await reader.next(isDocument);
    for (let beat = 0; beat < 3; beat++) {
      vi.advanceTimersByTime(HEARTBEAT_MILLISECONDS);
      const event = await reader.next();
      expect(event.event).toBe("unchanged");
      const { revision, time } = JSON.parse(event.data ?? "") as { revision: string; time: string };
      expect(revision).toBe(id);
      expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(60_000);
    }
  });

  test("a reader that does not read gets the newest alone, and nothing piles up for it", async () => {
    app = await startApp();
    // 2,000 contexts: a document of more than the buffers of a connection hold.
    const large = (salt: string) =>
      decisionOf(1, {
        at: Date.now(),
        allocations: Array.from({ length: 2000 }, (_, index) => ({ ...allocationOf(`genre-${index}`), salt })),
      });
    app.decide(large("first"), 1);
    const slow = await open(ALLOCATIONS);
    await slow.next(isDocument);
    slow.pause();
    const quick = await open(ALLOCATIONS);
    await quick.next(isDocument);
    const told = async () => Number(await metric('trimtab_stream_events_total{kind="allocations"}'));
    let cycle = 2;
    // Until three changes in a row reached the quick one alone: the buffers of the slow one are full.
    for (let unheard = 0; unheard < 3 && cycle < 100; cycle++) {
      const before = await told();
      app.decide(large(`salt-${cycle}`), cycle);
      await quick.next((event) => event.data?.includes(`"salt":"salt-${cycle}"`) ?? false);
      unheard = (await told()) === before + 1 ? unheard + 1 : 0;
    }
    expect(cycle).toBeLessThan(100);
    slow.resume();
    await slow.next((event) => event.data?.includes(`"salt":"salt-${cycle - 1}"`) ?? false);
    expect(slow.events.filter(isDocument).length).toBeLessThan(quick.events.filter(isDocument).length);
  });

  test("the number of streams has a limit; who can take the document itself gets that", async () => {
    app = await startApp({ mostStreams: 1 });
    const first = await open(ALLOCATIONS);
    await first.next(isDocument);
    const refused = await app.fetch(ALLOCATIONS, { headers: { accept: "text/event-stream" } });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "10"]);
    expect(await refused.json()).toMatchObject({ code: "STREAM_LIMIT_REACHED" });
    const polled = await app.fetch(ALLOCATIONS, { headers: { accept: "text/event-stream, application/json;q=0.5" } });
    expect([polled.status, polled.headers.get("content-type")]).toEqual([200, "application/json; charset=utf-8"]);
    await polled.body?.cancel();
    first.close();
    await vi.waitFor(async () => expect(await metric('trimtab_streams{kind="allocations"}')).toBe("0"), 10_000);
    expect((await open(ALLOCATIONS)).status).toBe(200);
  });

  test("of an unknown component is refused, and needs a token where there are any", async () => {
    app = await startApp({ tokens: [{ name: "service", roles: ["evaluate"], token: "s3cret" }] });
    const headers = { accept: "text/event-stream" };
    expect((await app.fetch(ALLOCATIONS, { headers })).status).toBe(401);
    const authorization = "Bearer s3cret";
    expect((await app.fetch("/v1/allocations?component=shpo", { headers: { ...headers, authorization } })).status).toBe(
      404,
    );
    expect((await open(ALLOCATIONS, { authorization })).status).toBe(200);
  });

  test("goes on over a reload, and ends with its token or its component", async () => {
    withoutHeartbeat();
    const service = { name: "service", roles: ["evaluate" as const], token: "s3cret" };
    const other = { name: "other", roles: ["evaluate" as const], token: "0ther" };
    app = await startApp({ tokens: [service, other] });
    const ofService = await open(ALLOCATIONS, { authorization: "Bearer s3cret" });
    const ofOther = await open(ALLOCATIONS, { authorization: "Bearer 0ther" });
    await ofService.next(isDocument);
    await app.reload({ tokens: [service] });
    await ofOther.ended;
    app.decide(served("after"), 1);
    await ofService.next((event) => event.data?.includes('"salt":"after"') ?? false);
    await app.reload({ file: OTHER_FILE });
    await ofService.ended;
    expect(ofService.events.filter(isDocument).length).toBeGreaterThan(1);
  });

  test("ends when the controller shuts down, so that nothing holds it up", async () => {
    app = await startApp();
    const reader = await open(ALLOCATIONS);
    await reader.next(isDocument);
    app.beginShutdown();
    await reader.ended;
    expect((await app.fetch(ALLOCATIONS, { headers: { accept: "text/event-stream" } })).status).toBe(503);
  });
});

describe("notices that flags have changed", () => {
  const streamPath = async (headers: Record<string, string> = {}) => {
    const response = await app.fetch(FLAGS, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: "{}",
    });
    const body = (await response.json()) as { eventStreams: { endpoint: { requestUri: string } }[] };
    return body.eventStreams[0]?.endpoint.requestUri ?? "";
  };

  test("follow the protocol, and say nothing to who knows", async () => {
    app = await startApp();
    const reader = await open(await streamPath());
    const known = await reader.next((event) => event.id !== undefined);
    expect(known.data).toBeUndefined();
    app.decide(served("s1", Date.parse("2026-11-20T10:00:00Z")), 1);
    const event = await reader.next();
    expect(event).toMatchObject({ event: "message" });
    const data = JSON.parse(event.data ?? "") as Record<string, unknown>;
    expect(data).toEqual({ type: "refetchEvaluation", etag: event.id, lastModified: expect.any(Number) });
    expect(event.id).not.toBe(known.id);

    const again = await open(await streamPath(), { "last-event-id": event.id ?? "" });
    await again.next((each) => each.id === event.id);
    expect(again.events.filter((each) => each.data !== undefined)).toEqual([]);
  });

  test("replay what was missed: between the evaluation and the stream, and while the reader was away", async () => {
    app = await startApp();
    const path = await streamPath();
    app.decide(served("s1"), 1);
    const reader = await open(path);
    const missed = await reader.next();
    reader.close();
    app.decide(served("s2"), 2);
    const back = await open(path, { "last-event-id": missed.id ?? "" });
    expect((await back.next()).id).not.toBe(missed.id);
  });

  test("have signs of life that no reader sees as an event", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    app = await startApp();
    const reader = await open(await streamPath());
    await reader.next((event) => event.id !== undefined);
    vi.advanceTimersByTime(HEARTBEAT_MILLISECONDS);
    expect(await reader.next((event) => event.comment !== undefined)).toEqual({ comment: "" });
  });

  test("need no header but the address, which is signed, ends in time and goes with the tokens", async () => {
    withoutHeartbeat();
    let now = Date.now();
    const service = { name: "service", roles: ["evaluate" as const], token: "s3cret" };
    app = await startApp({ tokens: [service], now: () => now });
    const path = await streamPath({ authorization: "Bearer s3cret" });
    const reader = await open(path);
    expect(reader.status).toBe(200);
    const refused = async (each: string) => {
      const response = await app.fetch(each);
      const { code } = (await response.json()) as { code: string };
      return [response.status, code];
    };
    const [version, payload, signature] = path.split("=")[1]?.split(".") ?? [];
    const longer = Buffer.from(JSON.stringify([null, "x", now + 1e12])).toString("base64url");
    for (const forged of [
      `${version}.${longer}.${signature}`,
      `${version}.${payload}.`,
      `${version}.${payload}`,
      "x",
    ]) {
      expect(await refused(`/v1/flag-changes?capability=${forged}`)).toEqual([403, "STREAM_ADDRESS_INVALID"]);
    }
    now += 2 * 3_600_000;
    expect(await refused(path)).toEqual([403, "STREAM_ADDRESS_INVALID"]);
    const fresh = await open(await streamPath({ authorization: "Bearer s3cret" }));
    await app.reload({ tokens: [{ ...service, token: "an0ther" }] });
    await Promise.all([reader.ended, fresh.ended]);
    expect(await refused(path)).toEqual([403, "STREAM_ADDRESS_INVALID"]);
  });

  test("the address comes with the tag, so that a client with an old one gets a new one", async () => {
    let now = Date.parse("2026-11-20T10:59:00Z");
    app = await startApp({ now: () => now });
    const ask = () => app.fetch(FLAGS, { method: "POST" });
    const first = (await ask()).headers.get("etag") ?? "";
    const path = await streamPath();
    now += 120_000;
    expect(await streamPath()).not.toBe(path);
    expect((await ask()).headers.get("etag")).not.toBe(first);
    expect((await open(path)).status).toBe(200); // the old one lasts a while
  });
});
