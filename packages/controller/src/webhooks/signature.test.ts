import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { secretProblem, signedHeaders } from "./signature.ts";

const delivery = { id: "msg_1", payload: '{"type":"adaptation.applied","data":{"name":"ö"}}' };

test.each([
  ["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", undefined],
  ["a text of our own that is long enough", "raw"],
] as const)("the specification's own library takes what %s signs, and nothing that was changed", (secret, format) => {
  const headers = signedHeaders(delivery, secret, Date.now());
  const verifier = new Webhook(secret, format === undefined ? undefined : { format });
  expect(verifier.verify(delivery.payload, { ...headers })).toMatchObject({ type: "adaptation.applied" });
  expect(() => verifier.verify(delivery.payload.replace("applied", "failed"), { ...headers })).toThrow(
    "No matching signature",
  );
  expect(() => verifier.verify(delivery.payload, { ...headers, "webhook-id": "msg_2" })).toThrow(
    "No matching signature",
  );
});

test("a signature is of no use a quarter of an hour later", () => {
  const secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
  const headers = signedHeaders(delivery, secret, Date.now() - 900_000);
  expect(() => new Webhook(secret).verify(delivery.payload, { ...headers })).toThrow("too old");
});

test("secrets that are no base64 or can be guessed are refused, and not shown", () => {
  expect(secretProblem("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")).toBeUndefined();
  for (const secret of ["whsec_not base64!", "whsec_c2hvcnQ=", "short"]) {
    expect(secretProblem(secret)).toBeDefined();
    expect(secretProblem(secret)).not.toContain("short");
  }
});
