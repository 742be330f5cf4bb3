/**
 * Keeps web pages away from a controller without tokens. It listens on this machine only, but every browser on it runs pages from
 * everywhere, and those can reach it in two ways:
 *
 *   a page sends a form or a fetch here               told by Origin, which names the page's own host; it cannot read the answer
 *   a page's own host name is made to point here      told by Host, which still has that name ("DNS rebinding"); it could read
 *
 * Where there are tokens neither helps a page: no browser adds a bearer token by itself.
 */
import type { IncomingMessage } from "node:http";
import { isLoopback } from "../config/listen-address.ts";
import { ControllerError } from "../errors.ts";

/**
 * For requests to a controller without any token.
 *
 * @throws {ControllerError} HOST_REFUSED or ORIGIN_REFUSED.
 */
export function guardAgainstPages(request: IncomingMessage): void {
  const { host } = request.headers;
  if (host !== undefined) refuseForeignHost(host); // a probe may speak HTTP/1.0; every browser names the host
  if (request.method !== "GET" && request.method !== "HEAD") refuseForeignOrigin(request);
}

function refuseForeignHost(host: string): void {
  const name = hostNameOf(host);
  if (name !== undefined && (isLoopback(name) || name.endsWith(".localhost"))) return;
  throw new ControllerError(
    "HOST_REFUSED",
    `Without tokens the controller is for this machine only, and "${host.slice(0, 255)}" may be anybody's name for it.`,
  );
}

function refuseForeignOrigin({ headers: { origin, host } }: IncomingMessage): void {
  if (origin === undefined || origin === `http://${host}`) return;
  throw new ControllerError("ORIGIN_REFUSED", `A page of ${origin.slice(0, 255)} may change nothing here.`);
}

/** In lower case, without port and brackets; undefined where it is no host. */
function hostNameOf(host: string): string | undefined {
  const parsed = URL.parse(`http://${host}`);
  if (parsed === null || parsed.username !== "" || parsed.pathname !== "/") return undefined;
  return parsed.hostname.replace(/^\[(.*)\]$/, "$1");
}
