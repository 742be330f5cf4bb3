/** What was decided reaches a webhook, though the controller is killed between the commit and the delivery. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { afterEach, expect, test } from "vitest";
import {
  startWebhookReceiver,
  type WebhookReceiver,
} from "../../packages/controller/src/webhooks/webhook-receiver.test.support.ts";
import { cleanUp, freePort, getJson, startNode, temporaryFolder, until } from "./processes.ts";

const SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

let receiver: WebhookReceiver;
afterEach(async () => {
  await cleanUp();
  await receiver.close();
});

test.each([
  ["before it is tried", "away"],
  ["while the target is asked", "never"],
] as const)("a notice survives kill -9 %s, with the id that it had", async (_, how) => {
  receiver = await startWebhookReceiver();
  const folder = temporaryFolder();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const configuration = join(folder, "trimtab.yaml");
  writeFileSync(
    configuration,
    `controller: { listen: "127.0.0.1:${port}", interval: 1h, store: { kind: sqlite, path: ./trimtab.db } }
metrics: { source: reported }
webhooks: [{ name: chat, url: "${receiver.url}", secretEnvironment: HOOK_SECRET, allowPrivate: true }]
components: { shop: { operations: { checkout: { parameters: { level: { type: integer, base: 3, min: 1, max: 9 } } } } } }
`,
  );
  const startController = async () => {
    const controller = startNode(
      "controller",
      ["packages/controller/src/cli/cli.ts", "serve", "--config", configuration],
      {
        HOOK_SECRET: SECRET,
      },
    );
    await until("the controller", async () => (await fetch(`${url}/livez`)).ok, { watching: [controller] });
    return controller;
  };
  if (how === "away") await receiver.goAway();
  else receiver.answer("never");

  const first = await startController();
  const answer = await fetch(`${url}/v1/operations/shop/checkout/freeze`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ by: "ann", why: "sale on Friday" }),
  });
  expect(answer.status).toBe(200);
  if (how === "never") await receiver.waitFor(1);
  const waiting = await getJson(`${url}/v1/webhook-deliveries`);
  expect(await first.end("SIGKILL")).toBe("SIGKILL");
  expect(waiting.deliveries).toMatchObject([{ hook: "chat", type: "operation.frozen", status: "waiting" }]);

  receiver.answer(204);
  if (how === "away") await receiver.comeBack();
  const second = await startController();
  const received = await receiver.waitFor(how === "never" ? 2 : 1);
  const last = received.at(-1);
  expect(new Webhook(SECRET).verify(last?.body ?? "", last?.headers as Record<string, string>)).toMatchObject({
    type: "operation.frozen",
    data: { component: "shop", operation: "checkout", by: "ann", why: "sale on Friday" },
  });
  expect(new Set(received.map(({ headers }) => headers["webhook-id"]))).toEqual(new Set([waiting.deliveries[0].id]));
  await until(
    "the delivery to be recorded",
    async () => (await getJson(`${url}/v1/webhook-deliveries`)).deliveries[0].status === "delivered",
    { watching: [second] },
  );
  const page = await (await fetch(`${url}/metrics`)).text();
  expect(page).toContain('trimtab_webhook_attempt_duration_seconds_count{hook="chat",result="delivered"} 1');
  expect(await second.end("SIGTERM")).toBe(0);
});
