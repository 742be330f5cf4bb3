import { createDeliveryStore, createSqlStore, openSqliteDatabase } from "@trimtab/engine";
import express from "express";
import { afterEach, beforeEach, expect, test } from "vitest";
import { adaptationOf, decisionOf } from "./app-fixture.ts";
import { type ListeningServer, listen } from "./listen.ts";
import { problemHandler } from "./problem.ts";
import { mountRoutes } from "./route.ts";
import { webhookRoutes } from "./webhook-routes.ts";

const NOW = Date.UTC(2026, 10, 20, 12);

let server: ListeningServer;
let store: ReturnType<typeof createSqlStore>;
let deliveries: ReturnType<typeof createDeliveryStore>;
let woken: number;
beforeEach(async () => {
  const database = await openSqliteDatabase(":memory:");
  store = createSqlStore(database, undefined, () => ["chat", "mail"]);
  deliveries = createDeliveryStore(database);
  woken = 0;
  const decision = decisionOf(1, { adaptations: [adaptationOf("a-1", NOW)] });
  await store.recordCycle({
    component: "shop",
    operation: "checkout",
    cycle: 1,
    seed: "s",
    policyHash: "p",
    state: { schema: 1 },
    policy: {},
    evidence: { window: decision.window, queries: [], cells: { kind: "no-data", detail: "" } },
    decision,
  } as never);
  const app = express();
  app.set("query parser", "simple");
  mountRoutes(app, webhookRoutes({ store: deliveries, now: () => NOW, onWaiting: () => woken++ }), {
    authorize: () => ({ token: undefined }),
    limitRate: () => {},
    limitFailures: () => {},
  });
  app.use(problemHandler(() => {}));
  server = await listen(app, { host: "127.0.0.1", port: 0 });
});
afterEach(async () => {
  await server.close(0);
  await store.close();
});

const call = async (path: string, method = "GET"): Promise<any> => {
  const response = await fetch(`${server.url}${path}`, { method });
  return { status: response.status, ...((await response.json()) as object) };
};

test("deliveries are listed by hook and status, with their bodies, in pages", async () => {
  const { deliveries: listed } = await call("/v1/webhook-deliveries?hook=mail");
  expect(listed).toMatchObject([
    {
      hook: "mail",
      type: "adaptation.applied",
      status: "waiting",
      attempts: 0,
      createdAt: "2025-11-20T10:00:00.000Z",
      body: { type: "adaptation.applied", data: { change: "c-a-1" } },
    },
  ]);
  const first = await call("/v1/webhook-deliveries?limit=1");
  const second = await call(`/v1/webhook-deliveries?limit=1&cursor=${first.nextCursor}`);
  expect([first.deliveries[0].hook, second.deliveries[0].hook]).toEqual(["mail", "chat"]);
  expect(second.nextCursor).toBeUndefined();
  expect(await call("/v1/webhook-deliveries?status=dead")).toEqual({ status: 200, deliveries: [] });
  expect(await call("/v1/webhook-deliveries?status=gone")).toMatchObject({ status: 400, code: "PARAMETER_INVALID" });
});

test("a dead delivery is sent again, one that waits stays as it is, and an unknown one is told", async () => {
  const { id } = (await call("/v1/webhook-deliveries?hook=mail")).deliveries[0];
  await deliveries.recordAttempt(id, { status: "dead", at: NOW, nextAttemptAt: NOW, answer: "HTTP 400" });
  expect((await call("/v1/webhook-deliveries?status=dead")).deliveries).toMatchObject([{ id, answer: "HTTP 400" }]);
  expect(await call(`/v1/webhook-deliveries/${id}/retry`, "POST")).toMatchObject({ status: "waiting", attempts: 0 });
  expect(woken).toBe(1);
  expect(await call(`/v1/webhook-deliveries/msg_nobody/retry`, "POST")).toMatchObject({
    status: 404,
    code: "WEBHOOK_DELIVERY_UNKNOWN",
  });
});
