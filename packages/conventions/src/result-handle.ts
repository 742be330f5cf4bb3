/**
 * The handle of a result: what somebody hands back with feedback, days later, so that it reaches the variant that had served.
 *
 *     t1.WyJsbG1fb3JjaGVzdHJhdG9yIiwi…            version, then base64url (RFC 4648, no padding) of a JSON array in UTF-8
 *     t1.WyJsbG1fb3JjaGVzdHJhdG9yIiwi….bm90LWE…  the same with a signature over everything before its dot
 *
 * Version 1 of the array: component, operation, variant, time of the call (milliseconds since 1970), revision of the document or
 * null, and the context as an object where it has keys. To everybody but the one who reads feedback it is opaque.
 */
import type { Context } from "./context.ts";
import { contextKeyProblem, MAXIMUM_CONTEXT_VALUE_LENGTH } from "./names.ts";
import type { VariantId } from "./variant-id.ts";

/** A handle as text; safe in URLs and headers. */
export type ResultHandle = string;

/** Where a result came from. */
export interface ResultOrigin {
  readonly component: string;
  readonly operation: string;
  /** In canonical form. */
  readonly context: Context;
  readonly variant: VariantId;
  /** Of the allocation document that had served; undefined for base values. */
  readonly revision: string | undefined;
  /** When the call began, in milliseconds since 1970. */
  readonly at: number;
}

/** The longest handle that is read, in characters. */
export const MAXIMUM_RESULT_HANDLE_LENGTH = 4096;

const VERSION = "t1";
const FORM = /^t1\.([A-Za-z0-9_-]+)(?:\.([A-Za-z0-9_-]+))?$/;
/** The last instant that ECMAScript has a date for. */
const LATEST = 8.64e15;

/** The handle of a result, without a signature. */
export function encodeResultHandle({
  component,
  operation,
  context,
  variant,
  revision,
  at,
}: ResultOrigin): ResultHandle {
  const fields: unknown[] = [component, operation, variant, Math.round(at), revision ?? null];
  if (Object.keys(context).length > 0) fields.push(context);
  return `${VERSION}.${toBase64Url(JSON.stringify(fields))}`;
}

/** The handle with a signature over it, which is base64url without padding. */
export function signResultHandle(handle: ResultHandle, signature: string): ResultHandle {
  return `${unsigned(handle)}.${signature}`;
}

/**
 * Reads a handle. What comes from outside is not believed: whoever needs to know that it was not made up compares the signature
 * with their own over `signed`.
 */
export function parseResultHandle(
  handle: unknown,
):
  | { readonly origin: ResultOrigin; readonly signed: string; readonly signature: string | undefined }
  | { readonly problem: string } {
  if (typeof handle !== "string" || handle.length > MAXIMUM_RESULT_HANDLE_LENGTH) {
    return { problem: `is not a text of at most ${MAXIMUM_RESULT_HANDLE_LENGTH} characters` };
  }
  const [, payload, signature] = FORM.exec(handle) ?? [];
  if (payload === undefined) return { problem: `is no handle of a result; one begins with "${VERSION}."` };
  const origin = readFields(fromBase64Url(payload));
  return origin === undefined
    ? { problem: "is a damaged handle of a result" }
    : { origin, signed: unsigned(handle), signature };
}

function unsigned(handle: ResultHandle): string {
  return handle.split(".", 2).join(".");
}

function readFields(fields: unknown): ResultOrigin | undefined {
  if (!Array.isArray(fields)) return undefined;
  const [component, operation, variant, at, revision, context = {}] = fields as unknown[];
  if (!isName(component) || !isName(operation) || !isName(variant)) return undefined;
  if (typeof at !== "number" || !(at >= 0 && at <= LATEST)) return undefined;
  if (revision !== null && !isName(revision)) return undefined;
  if (!isContext(context)) return undefined;
  return { component, operation, variant, at, revision: revision ?? undefined, context };
}

function isContext(value: unknown): value is Context {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([key, text]) => contextKeyProblem(key) === undefined && isShortText(text));
}

/** No name holds the character U+0000, and PostgreSQL keeps no text with it. */
function isName(value: unknown): value is string {
  return isShortText(value) && !value.includes("\0");
}

function isShortText(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= MAXIMUM_CONTEXT_VALUE_LENGTH;
}

function toBase64Url(text: string): string {
  let binary = "";
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The JSON value; undefined where there is none. */
function fromBase64Url(text: string): unknown {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown;
  } catch {
    return undefined;
  }
}
