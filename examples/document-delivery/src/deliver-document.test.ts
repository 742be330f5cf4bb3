import { assertRecorded, recordOperations, useParameters } from "@trimtab/instrumentation/testing";
import { expect, test } from "vitest";
import { deliverDocument } from "./deliver-document.ts";

const document = Buffer.from("the same words again and again, ".repeat(100));

test("a document is compressed with the parameters in force, and scored by the share that was saved", () =>
  recordOperations(async (recorder) => {
    useParameters({ deliver_document: { algorithm: "zstd", level: 1 } });
    const { body, coding } = await deliverDocument("text", document, "gzip, br, zstd");
    expect(coding).toBe("zstd");
    const [call] = assertRecorded(recorder, "deliver_document", {
      context: { content_type: "text" },
      outcome: "success",
      parameters: { algorithm: "zstd", level: 1 },
    });
    expect(call?.quality).toBeCloseTo(1 - body.length / document.length, 12);
  }));

test("a client that takes no compression gets the document as it is, and counts for the variant all the same", () =>
  recordOperations(async (recorder) => {
    useParameters({ deliver_document: { algorithm: "brotli" } });
    expect(await deliverDocument("html", document, undefined)).toEqual({ body: document, coding: "identity" });
    assertRecorded(recorder, "deliver_document", { quality: 0, parameters: { algorithm: "brotli" } });
  }));
