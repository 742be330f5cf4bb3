/**
 * Signs what is sent, in the form of the Standard Webhooks specification 1.0.0, so that targets may use any of its libraries:
 *
 *     webhook-id: msg_…            the same at each attempt
 *     webhook-timestamp: seconds   of the attempt
 *     webhook-signature: v1,base64(HMAC-SHA256(key, id + "." + timestamp + "." + body))
 *
 * Source: https://github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md.
 */
import { createHmac } from "node:crypto";

const PREFIX = "whsec_";

/** A shorter key could be guessed from one signed body, in bytes. */
const SHORTEST_KEY_BYTES = 16;

/** The key of a secret: after `whsec_` base64, else the text itself. */
function signingKey(secret: string): Buffer {
  return secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), "base64") : Buffer.from(secret);
}

/** What is wrong with a secret; undefined where nothing is. Never shows it. */
export function secretProblem(secret: string): string | undefined {
  if (secret.startsWith(PREFIX) && !/^[A-Za-z0-9+/]+={0,2}$/.test(secret.slice(PREFIX.length)))
    return `has something after "${PREFIX}" that is no base64`;
  return signingKey(secret).length < SHORTEST_KEY_BYTES
    ? `has a key of fewer than ${SHORTEST_KEY_BYTES} bytes; "openssl rand -base64 32" makes a good one`
    : undefined;
}

/** The headers of one attempt. */
export function signedHeaders(
  { id, payload }: { readonly id: string; readonly payload: string },
  secret: string,
  now: number,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1000));
  const signature = createHmac("sha256", signingKey(secret)).update(`${id}.${timestamp}.${payload}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}
