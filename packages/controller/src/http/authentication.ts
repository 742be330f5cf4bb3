/** Who may do what: bearer tokens with roles. Without any token, everybody who reaches the port may do everything. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { AccessToken } from "../config/access-tokens.ts";
import type { Role } from "../config/config-file.ts";
import { ControllerError } from "../errors.ts";

/** Checks the header `Authorization` of a request for a role; throws a ControllerError when it does not suffice. */
export type Authorize = (header: string | undefined, role: Role) => void;

/** Does the header suffice for a role? */
export function isAllowed(authorize: Authorize, header: string | undefined, role: Role): boolean {
  try {
    authorize(header, role);
    return true;
  } catch {
    return false;
  }
}

/** The check for a set of tokens. */
export function authorizer(tokens: readonly AccessToken[]): Authorize {
  // Digests have one length, so that the comparison tells nothing about the length or the beginning of a token.
  const known = tokens.map(({ roles, token }) => ({ roles, digest: digestOf(token) }));
  return (header, role) => {
    if (known.length === 0) return;
    const challenge = { headers: { "WWW-Authenticate": 'Bearer realm="trimtab"' } };
    const given = /^Bearer +(\S+) *$/i.exec(header ?? "")?.[1];
    if (given === undefined) throw new ControllerError("TOKEN_MISSING", "The request has no bearer token.", challenge);
    const digest = digestOf(given);
    let roles: readonly Role[] | undefined;
    for (const each of known) if (timingSafeEqual(each.digest, digest)) roles = each.roles;
    if (roles === undefined) throw new ControllerError("TOKEN_UNKNOWN", "The bearer token is not known.", challenge);
    if (!allows(roles, role))
      throw new ControllerError("ROLE_MISSING", `This needs the role ${role}; the token has ${roles.join(", ")}.`);
  };
}

/** Whoever may operate may do everything; whoever may read may also see what services are given. */
function allows(roles: readonly Role[], needed: Role): boolean {
  return roles.includes(needed) || roles.includes("operate") || (needed === "evaluate" && roles.includes("read"));
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
