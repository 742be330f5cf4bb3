/**
 * What is tracked is the compression: how long it took, and which share of the bytes it saved. A client that does not take the
 * algorithm of its variant gets gzip, or the document as it is, and counts for that variant with what it really got: who runs
 * a variant is decided before anyone looks at the client, so the comparison stays fair.
 */
import { defineOperation } from "@trimtab/instrumentation";
import { negotiate } from "./accept-encoding.ts";
import { ALGORITHMS, type Algorithm, BASE, compress, LEVELS, savedRatio } from "./compression.ts";
import type { DocumentType } from "./documents.ts";

const operation = defineOperation({
  name: "deliver_document",
  context: ["content_type"],
  parameters: {
    algorithm: { type: "choice", base: BASE.algorithm, choices: ALGORITHMS },
    level: { type: "integer", base: BASE.level, ...LEVELS },
  },
});

/** A document as the client gets it. */
export interface DeliveredDocument {
  readonly body: Buffer;
  readonly coding: Algorithm | "identity";
}

/**
 * Compresses a document with the parameters in force.
 *
 * @param acceptEncoding The header of the client; undefined where it says nothing.
 */
export function deliverDocument(
  type: DocumentType,
  document: Buffer,
  acceptEncoding: string | undefined,
): Promise<DeliveredDocument> {
  return operation.track({ content_type: type }, async (call) => {
    const coding = negotiate(acceptEncoding, call.parameters.algorithm);
    const body = coding === "identity" ? document : await compress(coding, call.parameters.level, document);
    call.quality(savedRatio(document.length, body.length));
    return { body, coding };
  });
}
