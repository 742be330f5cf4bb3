/** What a client takes: the part of RFC 9110, section 12.5.3, that choosing one coding needs. */
import { type Algorithm, CONTENT_CODINGS } from "./compression.ts";

/**
 * The algorithm that serves a client who named what it accepts: the wanted one, else gzip, else none at all (`identity`).
 *
 * @param header The `Accept-Encoding` header; absent means that the client says nothing, and then nothing is compressed.
 */
export function negotiate(header: string | undefined, wanted: Algorithm): Algorithm | "identity" {
  const accepted = qualities(header ?? "");
  const accepts = (coding: string): boolean => (accepted.get(coding) ?? accepted.get("*") ?? 0) > 0;
  if (accepts(CONTENT_CODINGS[wanted])) return wanted;
  return accepts(CONTENT_CODINGS.gzip) ? "gzip" : "identity";
}

function qualities(header: string): Map<string, number> {
  const accepted = new Map<string, number>();
  for (const part of header.split(",")) {
    const [coding = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
    const quality = parameters.find((text) => text.startsWith("q="));
    if (coding !== "") accepted.set(coding, quality === undefined ? 1 : Number(quality.slice(2)) || 0);
  }
  return accepted;
}
