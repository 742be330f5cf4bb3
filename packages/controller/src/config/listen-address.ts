/** Where the controller listens. */

/** A host and a port; port 0 is any free one. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** @returns The address that a text such as `127.0.0.1:4600`, `[::1]:4600` or `:4600` (every interface) names, or what is wrong with it. */
export function parseListenAddress(text: string): ListenAddress | { readonly problem: string } {
  const match = /^(?:\[([0-9A-Fa-f:.%]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text.trim());
  if (match === null) return { problem: `"${text}" is no address; write host and port, such as "127.0.0.1:4600"` };
  const port = Number(match[3]);
  if (port > 65_535) return { problem: `${port} is no port; the highest is 65535` };
  const host = match[1] ?? match[2] ?? "";
  return { host: host === "" ? "0.0.0.0" : host, port };
}

/** Can only this machine reach the host? */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** The address as a URL's origin. */
export function originOf({ host, port }: ListenAddress): string {
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}
