/**
 * The address of a stream of change notices for clients that can send no header, as an EventSource of a browser: what it allows stands
 * in the address itself, signed, and for a short time. It tells that something changed, never a value.
 *
 *     v1.<base64url of [components or null, the state that the holder knows, end of validity]>.<HMAC-SHA-256>
 *
 * Made once for each hour and state, so that an answer which carries it can keep its entity tag.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

/** What a capability allows. */
export interface StreamCapability {
  /** Undefined: all of them. */
  readonly components: readonly string[] | undefined;
  /** The state of the flags that its holder knows. */
  readonly knownState: string;
  /** In milliseconds since 1970. */
  readonly expiresAt: number;
}

const VERSION = "v1";
const HOUR_MILLISECONDS = 3_600_000;
const LONGEST_TEXT = 16_384;

/** From the full hour in which a capability is given out. */
export const CAPABILITY_LIFE_MILLISECONDS: number = 2 * HOUR_MILLISECONDS;

/** When a capability that is given out now ends, in milliseconds since 1970: in one to two hours. */
export function capabilityEnd(now: number): number {
  return Math.floor(now / HOUR_MILLISECONDS) * HOUR_MILLISECONDS + CAPABILITY_LIFE_MILLISECONDS;
}

/**
 * The secret that signs capabilities: the same in every replica with the same tokens, and another one as soon as a token ends.
 *
 * @param tokens Whatever tells the tokens apart.
 */
export function streamSecretOf(tokens: readonly unknown[]): string {
  return createHmac("sha256", "trimtab stream capability").update(JSON.stringify(tokens)).digest("base64url");
}

/** A capability as text that may stand in a URL. */
export function signCapability({ components, knownState, expiresAt }: StreamCapability, secret: string): string {
  const payload = Buffer.from(JSON.stringify([components ?? null, knownState, expiresAt])).toString("base64url");
  return `${VERSION}.${payload}.${signatureOf(payload, secret).toString("base64url")}`;
}

/** Reads a capability; undefined where it was not signed with this secret, or its time is over. */
export function readCapability(text: string, secret: string, now: number): StreamCapability | undefined {
  const [version, payload, signature, ...rest] = text.length > LONGEST_TEXT ? [] : text.split(".");
  if (version !== VERSION || payload === undefined || signature === undefined || rest.length > 0) return undefined;
  const expected = signatureOf(payload, secret);
  const given = Buffer.from(signature, "base64url");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  // Signed by ourselves, so it has our form.
  const fields = JSON.parse(Buffer.from(payload, "base64url").toString()) as [string[] | null, string, number];
  const [components, knownState, expiresAt] = fields;
  return now < expiresAt ? { components: components ?? undefined, knownState, expiresAt } : undefined;
}

function signatureOf(payload: string, secret: string): Buffer {
  return createHmac("sha256", secret).update(`${VERSION}.${payload}`).digest();
}
