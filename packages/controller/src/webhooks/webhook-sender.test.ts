import {
  createDeliveryStore,
  createSqlStore,
  type Delivery,
  type DeliveryStatus,
  NOTICE_TYPES,
  openSqliteDatabase,
  silentLog,
} from "@trimtab/engine";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { WebhookSettings } from "../config/webhook-settings.ts";
import { adaptationOf, decisionOf } from "../http/app-fixture.ts";
import { startWebhookReceiver, type WebhookReceiver } from "./webhook-receiver.test.support.ts";
import { createWebhookSender, type WebhookSender } from "./webhook-sender.ts";

const SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

let receiver: WebhookReceiver;
let other: WebhookReceiver;
let store: ReturnType<typeof createSqlStore>;
let deliveries: ReturnType<typeof createDeliveryStore>;
let sender: WebhookSender;
let hooks: WebhookSettings[];
/** Added to the clock: so a wait of minutes is over at once. */
let ahead: number;
let results: string[];
let cycle: number;

beforeEach(async () => {
  receiver = await startWebhookReceiver();
  other = await startWebhookReceiver();
  const database = await openSqliteDatabase(":memory:");
  ahead = 0;
  cycle = 0;
  results = [];
  hooks = [hook("first", receiver.url), hook("other", other.url)];
  store = createSqlStore(database, undefined, () => ["first", "other"]);
  deliveries = createDeliveryStore(database);
  sender = createWebhookSender({
    store: deliveries,
    hooks: () => hooks,
    now: () => Date.now() + ahead,
    chance: () => 0,
    onAttempt: (name, result) => results.push(`${name} ${result}`),
    log: silentLog,
  });
});
afterEach(async () => {
  await sender.stop();
  await Promise.all([receiver.close(), other.close()]);
  await store.close();
});

function hook(name: string, url: string, changes: Partial<WebhookSettings> = {}): WebhookSettings {
  return {
    name,
    url,
    events: new Set(NOTICE_TYPES),
    secret: SECRET,
    timeoutMilliseconds: 20_000,
    retryForMilliseconds: 86_400_000,
    allowsPrivate: true,
    ...changes,
  };
}

/** Records a cycle that applies a change, so that both hooks have something to tell. */
async function change(): Promise<void> {
  cycle++;
  const decision = decisionOf(cycle, {
    at: Date.now(),
    adaptations: [adaptationOf(`a-${cycle}`, Date.now(), { context: { genre: `g${cycle}` } })],
  });
  await store.recordCycle({
    component: "shop",
    operation: "checkout",
    cycle,
    seed: "s",
    policyHash: "p",
    state: { schema: 1 },
    policy: {} as never,
    evidence: { window: decision.window, queries: [], cells: { kind: "no-data", detail: "" } },
    decision,
  } as never);
}

const contextsOf = (received: readonly { readonly body: string }[]): unknown[] =>
  received.map(({ body }) => (JSON.parse(body) as { data: { context: unknown } }).data.context);
const deliveriesOf = async (name: string): Promise<readonly Delivery[]> =>
  (await deliveries.listDeliveries({ hook: name }, { limit: 100 })).items;
const untilAll = (name: string, status: DeliveryStatus): Promise<void> =>
  vi.waitFor(async () => {
    sender.wake();
    const all = await deliveriesOf(name);
    if (all.length === 0 || all.some((each) => each.status !== status)) throw new Error(`not all are ${status}`);
  }, WAIT);
const WAIT = { timeout: 30_000, interval: 20 };

test("a target gets what was decided, signed, in order, once", async () => {
  sender.start();
  for (let count = 0; count < 3; count++) await change();
  await untilAll("first", "delivered");
  expect(contextsOf(receiver.received)).toEqual([{ genre: "g1" }, { genre: "g2" }, { genre: "g3" }]);
  const [first] = receiver.received;
  expect(first?.headers["content-type"]).toBe("application/json");
  expect(new Webhook(SECRET).verify(first?.body ?? "", first?.headers as Record<string, string>)).toMatchObject({
    type: "adaptation.applied",
    data: { component: "shop", operation: "checkout", change: "c-a-1" },
  });
  expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size).toBe(3);
});

test("a target that hangs delays no other one", async () => {
  receiver.answer("never");
  sender.start();
  for (let count = 0; count < 5; count++) await change();
  await untilAll("other", "delivered");
  expect(receiver.received).toHaveLength(1);
  expect((await deliveriesOf("first")).every(({ status }) => status === "waiting")).toBe(true);
});

test("a target that fails or is away gets everything when it is back, in order, each with the id it had", async () => {
  receiver.answer(503);
  sender.start();
  await change();
  await change();
  await receiver.waitFor(1);
  await receiver.goAway();
  ahead += 600_000;
  await vi.waitFor(async () => {
    sender.wake();
    const failed = (await deliveriesOf("first")).find(({ answer }) => answer?.includes("ECONNREFUSED"));
    if (failed === undefined) throw new Error("not tried while it was away");
  }, WAIT);
  receiver.answer(200);
  await receiver.comeBack();
  ahead += 600_000;
  await untilAll("first", "delivered");
  const ids = receiver.received.map(({ headers }) => headers["webhook-id"]);
  expect(ids[0]).toBe(ids[1]); // after the 503 the same again
  expect(contextsOf(receiver.received)).toEqual([{ genre: "g1" }, { genre: "g1" }, { genre: "g2" }]);
  expect(results).toContain("first failed");
});

test("a target that answers too late has failed", async () => {
  receiver.answer("never");
  hooks = [hook("first", receiver.url, { timeoutMilliseconds: 50 })];
  sender.start();
  await change();
  await vi.waitFor(async () => {
    expect((await deliveriesOf("first"))[0]?.answer).toBe("no answer within 0.05 s");
  }, WAIT);
});

test("a target that refuses one notice for good gets the next ones; a person may have it sent again", async () => {
  receiver.answer(400);
  hooks = [hook("first", receiver.url)];
  sender.start();
  await change();
  await vi.waitFor(async () => {
    ahead += 600_000;
    sender.wake();
    expect((await deliveriesOf("first"))[0]?.status).toBe("dead");
  }, WAIT);
  expect(receiver.received).toHaveLength(5);
  receiver.answer(200);
  await change();
  await vi.waitFor(async () => expect((await deliveriesOf("first"))[0]?.status).toBe("delivered"), WAIT);
  const dead = (await deliveriesOf("first"))[1];
  await deliveries.retryDelivery(dead?.id ?? "", Date.now() + ahead);
  await untilAll("first", "delivered");
  expect(receiver.received.at(-1)?.headers["webhook-id"]).toBe(dead?.id);
});

test("a redirect is not followed, and a private target without permission is not called", async () => {
  receiver.answer(307);
  hooks = [hook("first", receiver.url), hook("other", other.url, { allowsPrivate: false })];
  sender.start();
  await change();
  await vi.waitFor(async () => {
    expect((await deliveriesOf("first"))[0]?.answer).toBe("HTTP 307");
    expect((await deliveriesOf("other"))[0]?.answer).toContain("private address");
  }, WAIT);
  expect(other.received).toHaveLength(0);
});

test("whatever was under way when the process ended is sent by the next one", async () => {
  receiver.answer("never");
  sender.start();
  await change();
  const [broken] = await receiver.waitFor(1);
  await sender.stop();
  receiver.answer(204);
  sender.start();
  await untilAll("first", "delivered");
  expect(receiver.received[1]?.headers["webhook-id"]).toBe(broken?.headers["webhook-id"]);
});

test("a hook that is configured while the sender runs is told from then on, one that was removed no more", async () => {
  hooks = [];
  sender.start();
  await change();
  hooks = [hook("first", receiver.url)];
  sender.start();
  await untilAll("first", "delivered");
  hooks = [hook("other", other.url)];
  sender.start();
  await change();
  await untilAll("other", "delivered"); // so the sender has had its turn
  expect(receiver.received).toHaveLength(1);
  expect((await deliveriesOf("first"))[0]?.status).toBe("waiting");
});
