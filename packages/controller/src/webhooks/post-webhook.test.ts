import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { postWebhook } from "./post-webhook.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

test("a target that answers with an upgrade has failed, and keeps nobody waiting", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const hook = { url: `http://127.0.0.1:${port}/hook`, timeoutMilliseconds: 10_000, allowsPrivate: true };
  const result = await postWebhook(hook, { headers: {}, body: "{}" }, new AbortController().signal);
  expect(result.kind).toBe("failed");
});
