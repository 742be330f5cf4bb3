/** A server on a port, and its orderly end. */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type ListenAddress, originOf } from "../config/listen-address.ts";

/** The address cannot be listened on; the message says what to do. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/** A server that listens. */
export interface ListeningServer {
  /** Where to reach it; the port is the real one, also where port 0 was asked for. */
  readonly url: string;
  /** Accepts nothing any more, lets running requests end, and cuts what is left after the grace (milliseconds). */
  readonly close: (graceMilliseconds: number) => Promise<void>;
}

/**
 * Listens.
 *
 * @throws {ListenError} when the port is taken, forbidden, or the address is not this machine's.
 */
export async function listen(app: RequestListener, address: ListenAddress): Promise<ListeningServer> {
  const server = createServer(app);
  // Slow senders must not hold connections for ever.
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(listenError(error, address)));
    server.listen(address.port, address.host, resolve);
  });
  server.on("error", () => {}); // one connection that cannot be accepted must not end the process
  const { port } = server.address() as AddressInfo;
  return { url: originOf({ host: address.host, port }), close: (grace) => close(server, grace) };
}

async function close(server: Server, graceMilliseconds: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  const cut = setTimeout(() => server.closeAllConnections(), graceMilliseconds);
  await closed;
  clearTimeout(cut);
}

function listenError(error: Error, { host, port }: ListenAddress): Error {
  const code = "code" in error ? String(error.code) : "";
  const remedy = "choose another one with controller.listen or TRIMTAB_LISTEN";
  switch (code) {
    case "EADDRINUSE":
      return new ListenError(`Port ${port} of ${host} is taken by another process; stop that one, or ${remedy}.`);
    case "EACCES":
      return new ListenError(
        `This user may not listen on port ${port}; ports below 1024 need a right of their own, so ${remedy}.`,
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new ListenError(`${host} is no address of this machine; ${remedy}.`);
    default:
      return error;
  }
}
