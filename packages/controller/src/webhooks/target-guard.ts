/**
 * Keeps webhooks from reaching what only the controller can reach: an address that somebody writes must not become a way into the
 * private network. The address is checked at each connection, after its name was resolved, so that a name whose answer changes
 * (DNS rebinding) gains nothing; redirects are not followed by the sender.
 *
 * Source: OWASP, "Server Side Request Forgery Prevention Cheat Sheet"; the ranges of the IANA special-purpose address registries.
 */
import { type LookupAddress, type LookupOptions, lookup as resolveName } from "node:dns";
import { BlockList, isIP } from "node:net";

/** The target is one that this hook may not have. */
export class TargetRefusedError extends Error {
  override readonly name = "TargetRefusedError";
}

/** Never a target: this host, link-local (cloud metadata), multicast, reserved. */
const FORBIDDEN = blockList(
  ["0.0.0.0/8", "169.254.0.0/16", "168.63.129.16/32", "224.0.0.0/4", "240.0.0.0/4"],
  ["::/128", "fe80::/10", "ff00::/8", "fd00:ec2::/32"],
);

/** Only where the hook says so: loopback, private networks, and prefixes that carry another address inside. */
const PRIVATE = blockList(
  ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15"],
  ["::/96", "fc00::/7", "fec0::/10", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"],
);

/** What is wrong with an address as a target; undefined where nothing is. */
export function addressProblem(address: string, allowPrivate: boolean): string | undefined {
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  if (FORBIDDEN.check(address, family)) return `${address} can be no target of a webhook`;
  if (!allowPrivate && PRIVATE.check(address, family))
    return `${address} is a private address; write allowPrivate: true where it is meant`;
  return undefined;
}

/** The same for the host of a URL, as far as it can be told without asking anybody; brackets of IPv6 are understood. */
export function hostProblem(host: string, allowPrivate: boolean): string | undefined {
  const bare = host.replace(/^\[|\]$/g, "");
  if (isIP(bare) !== 0) return addressProblem(bare, allowPrivate);
  const isLocal = bare === "localhost" || bare.endsWith(".localhost");
  return isLocal && !allowPrivate ? `${bare} is this machine; write allowPrivate: true where it is meant` : undefined;
}

type Answer = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/** A `lookup` for a connection: a name of which any address is refused has none. */
export function guardedLookup(allowPrivate: boolean, resolve: typeof resolveName = resolveName) {
  return (host: string, options: LookupOptions, answer: Answer): void => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return answer(error, []);
      const problem = addresses.map(({ address }) => addressProblem(address, allowPrivate)).find((each) => each);
      if (problem !== undefined) return answer(new TargetRefusedError(`${host}: ${problem}`), []);
      const [first] = addresses;
      if (first === undefined) return answer(new Error(`${host} has no address`), []);
      if (options.all === true) answer(null, addresses);
      else answer(null, first.address, first.family);
    });
  };
}

function blockList(ipv4: readonly string[], ipv6: readonly string[]): BlockList {
  const list = new BlockList();
  for (const [family, networks] of [["ipv4", ipv4] as const, ["ipv6", ipv6] as const])
    for (const network of networks) {
      const [address = "", prefix] = network.split("/");
      list.addSubnet(address, Number(prefix), family);
    }
  return list;
}
