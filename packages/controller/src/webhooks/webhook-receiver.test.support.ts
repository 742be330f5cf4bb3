/** A target of webhooks on loopback, for tests: it can fail, hang, go away and come back. */
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** One request as it arrived. */
interface ReceivedWebhook {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A target. */
export interface WebhookReceiver {
  readonly url: string;
  readonly received: readonly ReceivedWebhook[];
  /** How it answers from now on: a status, or never. */
  answer(how: number | "never"): void;
  /** Takes connections no more, or again at the same port. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  /** Resolves when so many have arrived. */
  waitFor(count: number): Promise<readonly ReceivedWebhook[]>;
  close(): Promise<void>;
}

/** Starts one that answers 204. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = [];
  let how: number | "never" = 204;
  let server: Server | undefined;
  let port = 0;
  const listeners = new Set<() => void>();
  const comeBack = async (): Promise<void> => {
    const next = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
        if (how !== "never") response.writeHead(how, { location: "http://127.0.0.1:1/" }).end();
        for (const listener of listeners) listener();
      });
    });
    await new Promise<void>((resolve) => {
      next.listen(port, "127.0.0.1", resolve);
    });
    port = (next.address() as AddressInfo).port;
    server = next;
  };
  const goAway = async (): Promise<void> => {
    const last = server;
    server = undefined;
    if (last === undefined) return;
    last.closeAllConnections();
    await new Promise((resolve) => {
      last.close(resolve);
    });
  };
  await comeBack();
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    answer(next) {
      how = next;
    },
    goAway,
    comeBack,
    async waitFor(count) {
      while (received.length < count)
        await new Promise<void>((resolve) => {
          const listener = (): void => {
            listeners.delete(listener);
            resolve();
          };
          listeners.add(listener);
        });
      return received.slice(0, count);
    },
    close: goAway,
  };
}
