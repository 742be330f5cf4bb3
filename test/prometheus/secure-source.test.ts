/** A real Prometheus behind TLS with a private authority, a client certificate, basic authentication and tenants. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ConfigError } from "../../packages/controller/src/config/config-error.ts";
import { parseConfig } from "../../packages/controller/src/config.ts";
import { createSource } from "../../packages/controller/src/metric-sources.ts";
import { silentLog } from "../../packages/engine/src/cycle/log.ts";
import {
  createOutcomeStore,
  createRollupStore,
  type Log,
  openSqliteDatabase,
  type QueryCost,
} from "../../packages/engine/src/index.ts";
import { startTestPrometheus, type TestPrometheus } from "./test-prometheus.ts";

let prometheus: TestPrometheus;
let folder: string;
let server: Server;
/** What the last question cost the server. */
let lastCost: QueryCost | undefined;
const asked: { tenant: unknown; authorization: unknown; client: string }[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "trimtab-tls-"));
  const openssl = (...args: string[]): void => void execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...newKey,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
    "-days",
    "2",
    "-subj",
    "/CN=test authority",
  );
  for (const [name, subject] of [
    ["server", "metrics.internal"],
    ["client", "controller"],
  ] as const) {
    writeFileSync(join(folder, `${name}.ext`), `subjectAltName=DNS:${subject}`);
    openssl("req", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${subject}`);
    openssl(
      "x509",
      "-req",
      "-in",
      `${name}.csr`,
      "-CA",
      "ca.pem",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
      "-days",
      "2",
      "-extfile",
      `${name}.ext`,
      "-out",
      `${name}.pem`,
    );
  }
  writeFileSync(join(folder, "password"), "s3cret\n");
  prometheus = await startTestPrometheus();
  const file = (name: string): Buffer => readFileSync(join(folder, name));
  const tls = { key: file("server.key"), cert: file("server.pem"), ca: file("ca.pem") };
  server = createServer({ ...tls, requestCert: true, rejectUnauthorized: true }, (request, response) => {
    void (async () => {
      const peer = (request.socket as TLSSocket).getPeerCertificate();
      const { "x-scope-orgid": tenant, authorization } = request.headers;
      asked.push({ tenant, authorization, client: String(peer.subject.CN) });
      let body = "";
      for await (const chunk of request) body += String(chunk);
      const url = new URL(request.url ?? "/", prometheus.url);
      const form = new URLSearchParams(body);
      const answer = await fetch(url, request.method === "POST" ? { method: "POST", body: form } : {});
      response.setHeader("content-type", "application/json").end(await answer.text());
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
}, 120_000);
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await prometheus.stop();
  rmSync(folder, { recursive: true, force: true });
});

function configOf(more: string): ReturnType<typeof parseConfig> {
  const { port } = server.address() as AddressInfo;
  const text = `metrics: { source: prometheus, url: "https://127.0.0.1:${port}", scrapeInterval: 1s, ${more} }
components: { shop: { operations: { checkout: {} } } }`;
  return parseConfig(text, join(folder, "trimtab.yaml"), {});
}

async function reach(more: string, log = silentLog): Promise<{ kind: string; detail?: string }> {
  const database = await openSqliteDatabase(":memory:");
  const source = createSource(configOf(more).metrics, {
    rollups: createRollupStore(database),
    outcomes: createOutcomeStore(database),
    isReported: () => false,
    outcomeLatenessMilliseconds: () => 0,
    intervalMilliseconds: 1_000,
    observer: { onQuestion: (_question, _seconds, _kind, cost) => void (lastCost = cost) },
    log,
  });
  const { reachable } = await source.inspect(Date.now());
  await source.close();
  await database.destroy();
  return reachable;
}

const CLIENT = "certificate: client.pem, key: client.key, serverName: metrics.internal";

describe("a Prometheus behind TLS", () => {
  test("is asked with the certificate, the password and the tenant of the configuration", async () => {
    const reachable = await reach(
      `tenant: team, username: trimtab, passwordFile: ./password, tls: { ca: ca.pem, ${CLIENT} }`,
    );
    expect(reachable).toEqual({ kind: "value", value: true });
    expect(asked.at(-1)).toEqual({
      tenant: "team",
      authorization: `Basic ${Buffer.from("trimtab:s3cret").toString("base64")}`,
      client: "controller",
    });
    expect(lastCost).toEqual({ samples: 0, serverSeconds: expect.any(Number) }); // nothing is stored in it
  });

  test.each([
    ["an authority that nobody knows", `tls: { ${CLIENT} }`, /certificate/],
    [
      "the name of another server",
      "tls: { ca: ca.pem, certificate: client.pem, key: client.key, serverName: other.internal }",
      /other\.internal|altnames/i,
    ],
    [
      "no certificate of ours",
      "tls: { ca: ca.pem, serverName: metrics.internal }",
      /certificate|alert|closed|disconnected/,
    ],
  ])("is not asked with %s", async (_, more, message) => {
    const before = asked.length;
    expect(await reach(more)).toMatchObject({ kind: "error", detail: expect.stringMatching(message) });
    expect(asked.length).toBe(before);
  });

  test("is asked whatever its certificate where the configuration says so, with a warning", async () => {
    const warning = vi.fn<Log["warning"]>();
    const more = `tls: { insecure: true, certificate: client.pem, key: client.key }`;
    expect(await reach(more, { ...silentLog, warning })).toEqual({ kind: "value", value: true });
    expect(warning).toHaveBeenCalledWith(expect.stringContaining("certificates are not checked"), {});
  });
});

describe("a configuration that cannot be right is refused with every problem and no secret", () => {
  test.each([
    ["tls: { ca: missing.pem }", "missing.pem is not there"],
    ["tls: { ca: password }", "password is not in PEM"],
    ["tls: { certificate: client.pem }", "certificate and key go together"],
    ["password: hunter2", "needs metrics.username"],
    ["username: trimtab, token: hunter2", "has a token and a username"],
    ["username: trimtab, password: hunter2, passwordFile: ./password", "password and passwordFile; keep one"],
    ["username: trimtab, passwordEnvironment: NOT_THERE", "NOT_THERE is not set"],
    ['tenant: "a\\nb"', "no HTTP header may have"],
  ])("%s", (more, message) => {
    let thrown: unknown;
    try {
      configOf(more);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ConfigError);
    expect(String(thrown)).toContain(message);
    expect(String(thrown)).not.toContain("hunter2");
  });
});
