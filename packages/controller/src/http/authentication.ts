/** Who may do what: tokens with roles. Without any token, everybody who reaches the port may do everything. */
import { timingSafeEqual } from "node:crypto";
import { type AccessToken, digestOfToken } from "../config/access-tokens.ts";
import type { Role } from "../config/config-file.ts";
import { ControllerError } from "../errors.ts";

/** The headers that carry a token: `Authorization: Bearer <token>`, or `X-API-Key: <token>`. */
export interface Credentials {
  readonly authorization?: string | undefined;
  readonly "x-api-key"?: string | readonly string[] | undefined;
}

/** Who asks, as far as it is proved. */
export interface Principal {
  /** The name of the token; undefined where no tokens are configured. */
  readonly token: string | undefined;
}

/** Checks the token of a request for a role; throws a ControllerError when it does not suffice. */
export type Authorize = (credentials: Credentials, role: Role) => Principal;

/** Do the credentials suffice for a role? */
export function isAllowed(authorize: Authorize, credentials: Credentials, role: Role): boolean {
  try {
    authorize(credentials, role);
    return true;
  } catch {
    return false;
  }
}

/** Whoever asks for what is open to everybody, or where no tokens are configured. */
export const NOBODY: Principal = { token: undefined };

/** The check for a set of tokens. */
export function authorizer(tokens: readonly AccessToken[]): Authorize {
  // Digests have one length, so that the comparison tells nothing about the length or the beginning of a token.
  const known = tokens.map(({ name, roles, digest }) => ({
    roles,
    principal: { token: name },
    digest: Buffer.from(digest, "hex"),
  }));
  return (credentials, role) => {
    if (known.length === 0) return NOBODY;
    const given = givenToken(credentials);
    if (given === undefined)
      throw new ControllerError("TOKEN_MISSING", "The request has no token.", { headers: CHALLENGE });
    const holder = find(known, given);
    if (holder === undefined)
      throw new ControllerError("TOKEN_UNKNOWN", "It is none of the tokens in controller.tokens.", {
        headers: CHALLENGE,
      });
    if (!allows(holder.roles, role))
      throw new ControllerError(
        "ROLE_MISSING",
        `This needs the role ${role}; the token has ${holder.roles.join(", ")}.`,
      );
    return holder.principal;
  };
}

const CHALLENGE = { "WWW-Authenticate": 'Bearer realm="trimtab"' };

function givenToken({ authorization, "x-api-key": key }: Credentials): string | undefined {
  if (authorization !== undefined) return /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
  return typeof key === "string" && key !== "" ? key : undefined;
}

function find<Known extends { readonly digest: Buffer }>(known: readonly Known[], given: string): Known | undefined {
  const digest = Buffer.from(digestOfToken(given), "hex");
  let holder: Known | undefined;
  for (const each of known) if (timingSafeEqual(each.digest, digest)) holder = each;
  return holder;
}

/** Whoever may operate may do everything; whoever may read may also see what services are given. */
function allows(roles: readonly Role[], needed: Role): boolean {
  return roles.includes(needed) || roles.includes("operate") || (needed === "evaluate" && roles.includes("read"));
}
