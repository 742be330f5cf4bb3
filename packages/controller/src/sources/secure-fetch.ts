/** `fetch` for servers whose certificates are of a private authority, or that want one of ours. */
import { Agent, fetch as undiciFetch } from "undici";

/** How a TLS connection is made; texts in PEM. */
export interface TlsSettings {
  /** Trusted instead of the authorities that Node knows. */
  readonly ca?: string;
  readonly certificate?: string;
  /** A secret. */
  readonly key?: string;
  /** The name that the server's certificate must have, where it is not the address'. */
  readonly serverName?: string;
  /** Any certificate will do: whoever sits between can read and change everything. */
  readonly insecure?: boolean;
}

/** As much of `fetch` as is used here. */
export type Fetch = (url: URL, init: RequestInit) => Promise<Response>;

/** Node's own `fetch`, or one with connections of its own. Connections are kept and used again. */
export function createFetch(tls: TlsSettings | undefined): Fetch {
  if (tls === undefined) return (url, init) => fetch(url, init);
  const { ca, certificate, key, serverName, insecure } = tls;
  const dispatcher = new Agent({
    connect: {
      ...(ca === undefined ? {} : { ca }),
      ...(certificate === undefined ? {} : { cert: certificate }),
      ...(key === undefined ? {} : { key }),
      ...(serverName === undefined ? {} : { servername: serverName }),
      rejectUnauthorized: insecure !== true,
    },
  });
  // The two declare the same shapes, each as its own types.
  const request = undiciFetch as unknown as (url: URL, init: object) => Promise<Response>;
  return (url, init) => request(url, { ...init, dispatcher });
}
