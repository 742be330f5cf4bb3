/** What every service of the examples does around its work: it listens, tells whoever started it where, and ends in order. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { stopWithParent } from "./parent.ts";

/** What a service tells the process that started it, once it listens. */
export interface ServiceAddress {
  readonly url: string;
}

/**
 * Listens on 127.0.0.1. SIGTERM, SIGINT and the end of whoever started it end it: what has begun is answered, nothing new is taken.
 * The second signal does not wait.
 *
 * @param options `port` 0 is any free one; `onStop` tidies up after the last answer.
 */
export function runService(
  listener: RequestListener,
  { port, onStop = async () => {} }: { readonly port: number; readonly onStop?: () => Promise<void> },
): void {
  const server = createServer(listener);
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    const end = (): void => {
      void onStop().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    };
    server.close(end);
    server.closeIdleConnections();
    setTimeout(end, 1000).unref();
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  stopWithParent();
  server.listen(port, "127.0.0.1", () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    console.log(`listening at ${url}`);
    process.send?.({ url } satisfies ServiceAddress);
  });
  server.on("error", (error) => {
    console.error(error.message);
    process.exit(1);
  });
}
