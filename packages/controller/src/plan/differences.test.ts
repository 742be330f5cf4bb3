import { expect, test } from "vitest";
import { differences } from "./differences.ts";

test("of secrets only that they differ is told: keys of TLS, digests of tokens, secrets of webhooks", () => {
  const pem = "-----BEGIN PRIVATE KEY-----";
  const before = {
    metrics: { tls: { certificate: "cert", key: pem }, headers: { authorization: "Bearer s3cret" } },
    tokens: { grafana: { digest: "abcdef0123" } },
    webhooks: { pager: { secret: "whsec_1" } },
  };
  const told = JSON.stringify([...differences(before, {}), ...differences({}, before)]);
  for (const secret of [pem, "s3cret", "abcdef0123", "whsec_1"]) expect(told).not.toContain(secret);
  expect(differences(before, {}).map(({ path }) => path)).toContain("metrics.tls");
  expect(differences({ interval: 1 }, { interval: 2 })).toEqual([{ path: "interval", before: "1", after: "2" }]);
});
