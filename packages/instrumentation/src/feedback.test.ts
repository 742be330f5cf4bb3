import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type FeedbackItem, type FeedbackReceipt, feedbackScore } from "@trimtab/conventions";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { configure, createTracker, feedback, shutdown, track } from "./index.ts";
import { instrumentation } from "./instance.ts";

/** As the contract of `POST /v1/feedback` says: keeps each key once, and names what it refuses. */
class Controller {
  readonly kept = new Map<string, FeedbackItem>();
  readonly requests: { readonly authorization: string | undefined; readonly items: readonly FeedbackItem[] }[] = [];
  /** Statuses of the next answers; after those 200. */
  failures: number[] = [];
  /** Never answers. */
  isSilent = false;
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "POST" || request.url !== "/v1/feedback") return void response.writeHead(404).end();
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += String(chunk);
    if (Buffer.byteLength(body) > 1024 * 1024) return void response.writeHead(413).end("{}");
    const { items } = JSON.parse(body) as { items: readonly FeedbackItem[] };
    this.requests.push({ authorization: request.headers.authorization, items });
    if (this.isSilent) return;
    const status = this.failures.shift() ?? 200;
    if (status !== 200) return void response.writeHead(status).end("{}");
    const refused = items.flatMap(({ id, type }, index) =>
      type === "unwanted" ? [{ index, id, problems: ["no"] }] : [],
    );
    const fresh = items.filter(({ id, type }) => type !== "unwanted" && !this.kept.has(id));
    for (const item of fresh) this.kept.set(item.id, item);
    const known = items.length - refused.length - fresh.length;
    const receipt: FeedbackReceipt = { accepted: fresh.length, known, refused };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(receipt));
  }
}

let controller: Controller;
let controllerUrl: string;

/** What became of feedback since the test began. */
const counted = () => {
  const now = instrumentation().deliveries.feedback.delivered;
  return [now.accepted - before.accepted, now.refused - before.refused, now.dropped - before.dropped];
};
let before = { accepted: 0, refused: 0, dropped: 0 };

beforeEach(async () => {
  controller = new Controller();
  controllerUrl = await controller.listen();
  configure({ component: "web", controllerUrl, token: "secret", requestTimeoutMilliseconds: 2000 });
  before = { ...instrumentation().deliveries.feedback.delivered };
});

afterEach(async () => {
  controller.isSilent = false;
  await shutdown();
  configure({ controllerUrl: undefined as never });
  await controller.close();
});

describe("feedback", () => {
  test("on a result reaches the controller with its handle, rating and comment", async () => {
    const handle = createTracker("llm_orchestrator").track("generate_lyrics", {}, (call) => call.result());
    expect(feedback(handle, { rating: 4, comment: "catchy", key: "form-17" })).toBe(true);
    await shutdown();
    const [item] = controller.kept.values();
    expect(item).toEqual({
      id: "form-17",
      type: "user_rating",
      result: handle,
      rating: 4,
      comment: "catchy",
      source: "web",
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
    expect(feedbackScore(item ?? {})).toBe(0.8);
    expect(controller.requests[0]?.authorization).toBe("Bearer secret");
    expect(counted()).toEqual([1, 0, 0]);
  });

  test("on an entity has a type, data, a source and a target", async () => {
    const given = { type: "low_engagement", data: { plays: 3 }, target: "artist_builder", at: new Date(0) };
    createTracker("artist_flow").feedback({ entity: "artist-7" }, given);
    feedback({ component: "shop", operation: "search", context: { lang: "de" } }, { errorRate: 0.25 });
    await shutdown();
    const [entity, performance] = controller.kept.values();
    expect(entity).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      type: "low_engagement",
      entity: "artist-7",
      source: "artist_flow",
      target: "artist_builder",
      data: { plays: 3 },
      at: "1970-01-01T00:00:00.000Z",
    });
    expect(performance).toMatchObject({ type: "performance", errorRate: 0.25, context: { lang: "de" }, source: "web" });
  });

  test("travels in batches, and twice under one key counts once", async () => {
    for (let index = 0; index < 1200; index++) feedback({ entity: "artist" }, { score: 0.5, key: `key-${index}` });
    feedback({ entity: "artist" }, { score: 0.5, key: "key-3" });
    await shutdown();
    expect(controller.requests.map(({ items }) => items.length)).toEqual([500, 500, 201]);
    expect(controller.kept.size).toBe(1200);
  });

  test("that is long travels in requests that the controller takes, and none is lost", async () => {
    const comment = "la ".repeat(1300);
    for (let number = 0; number < 300; number++)
      feedback({ entity: `song-${number}` }, { comment, key: `form-${number}` });
    await vi.waitFor(() => expect(controller.kept.size).toBe(300), { timeout: 10_000 });
    expect(controller.requests.length).toBeGreaterThan(1); // 1.2 MB in all; a request holds one megabyte at most
    expect(counted()).toEqual([300, 0, 0]);
  });

  test("is sent again until the controller has it, in its order and once", async () => {
    controller.failures = [503, 429, 401];
    for (let index = 0; index < 3; index++) feedback({ entity: "artist" }, { score: 1, key: `key-${index}` });
    await vi.waitFor(() => expect(controller.kept.size).toBe(3), { timeout: 20_000, interval: 50 });
    expect([...controller.kept.keys()]).toEqual(["key-0", "key-1", "key-2"]);
    expect(controller.requests.length).toBe(4);
    expect(counted()).toEqual([3, 0, 0]);
  });

  test("waits for a controller that comes later", async () => {
    configure({ controllerUrl: undefined as never });
    feedback({ entity: "artist" }, { score: 1 });
    await shutdown();
    configure({ controllerUrl });
    await vi.waitFor(() => expect(controller.kept.size).toBe(1));
  });

  test("that the controller refuses is counted and costs no other", async () => {
    feedback({ entity: "artist" }, { type: "unwanted" });
    feedback({ entity: "artist" }, { type: "wanted" });
    await shutdown();
    expect(controller.kept.size).toBe(1);
    controller.failures = [400];
    feedback({ entity: "artist" }, { type: "wanted" });
    await shutdown();
    expect(controller.requests.length).toBe(2);
    expect(counted()).toEqual([1, 2, 0]);
  });

  test("beyond what may wait drops the oldest, and counts them", async () => {
    configure({ controllerUrl: undefined as never });
    for (let index = 0; index < 5010; index++) feedback({ entity: "artist" }, { key: `key-${index}` });
    configure({ controllerUrl });
    await vi.waitFor(() => expect(controller.kept.size).toBe(5000), { timeout: 20_000 });
    expect(controller.kept.has("key-9")).toBe(false);
    expect(controller.kept.has("key-10")).toBe(true);
    expect(counted()).toEqual([5000, 0, 10]);
  });

  test.each([
    ["runs out", "", null],
    ["gets SIGTERM", "setInterval(() => {}, 1000); process.kill(process.pid, 'SIGTERM');", "SIGTERM"],
  ])("is sent at the end of a process that %s", async (_, last, endedBy) => {
    const index = new URL("index.ts", import.meta.url).href;
    const code = `
      import { configure, feedback } from ${JSON.stringify(index)};
      configure({ component: "child", controllerUrl: ${JSON.stringify(controllerUrl)} });
      feedback({ entity: "artist" }, { score: 1, key: "last words" });
      ${last}`;
    const child = spawn(process.execPath, ["--conditions=source", "--input-type=module", "--eval", code], {
      stdio: "ignore",
    });
    const [, signal] = (await once(child, "exit")) as [number | null, string | null];
    expect([...controller.kept.keys()]).toEqual(["last words"]);
    expect(signal).toBe(endedBy);
  });

  test("does not hold up the end of a process: a silent controller is given up", async () => {
    controller.isSilent = true;
    feedback({ entity: "artist" }, { score: 1 });
    await vi.waitFor(() => expect(controller.requests.length).toBe(1));
    await instrumentation().deliveries.flush(50);
    expect(controller.kept.size).toBe(0);
  });

  test("that says nothing that can be used is refused at once, and never throws", () => {
    const handle = track("op", {}, (call) => call.result());
    const nasty = new Proxy({}, { get: () => fail() });
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    const refused: [unknown, unknown][] = [
      ["no handle", { rating: 5 }],
      [{}, { rating: 5 }],
      [{ operation: "search" }, { rating: 5 }],
      [{ component: "shop", variant: "v-abc" }, {}],
      [{ result: handle, component: "shop" }, {}],
      [handle, { rating: 6 }],
      [handle, { rating: Number.NaN }],
      [handle, { score: -0.1 }],
      [handle, { errorRate: "1" }],
      [handle, { rating: 5, score: 1 }],
      [handle, { type: "Two Words" }],
      [handle, { target: "no spaces here" }],
      [{ entity: "" }, {}],
      [{ component: "two words" }, {}],
      [handle, { comment: 7 }],
      [handle, { key: "" }],
      [handle, { key: "x".repeat(129) }],
      [handle, { data: { text: "x".repeat(17_000) } }],
      [handle, { data: cyclic }],
      [handle, { at: new Date(Number.NaN) }],
      [nasty, {}],
      [handle, nasty],
      [undefined, undefined],
    ];
    const taken = refused.flatMap(([about, given], index) => (feedback(about as never, given as never) ? [index] : []));
    expect(taken).toEqual([]);
  });

  test("while tracking is disabled goes nowhere", () => {
    configure({ disabled: true });
    try {
      expect(feedback({ entity: "artist" }, { score: 1 })).toBe(false);
    } finally {
      configure({ disabled: false });
    }
  });
});

function fail(): never {
  throw new Error("trap");
}
