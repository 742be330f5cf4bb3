/** No secret of the configuration is ever shown: not in a log line of any level, an error, an answer, a metric, or by the tool. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createNetServer, type Server as NetServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCli } from "./cli/run-cli.ts";
import { parseConfig } from "./config.ts";
import { createLog } from "./logging.ts";
import { type RunningController, startController } from "./main.ts";

let folder: string;
let refusing: Server;
let database: NetServer;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "trimtab-secrets-"));
  // Metric source and target of webhooks in one: whoever asks is refused, so that failures are told, too.
  refusing = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(401, { connection: "close" }).end("who are you?"));
  });
  await new Promise<void>((resolve) => refusing.listen(0, "127.0.0.1", resolve));
  // As a PostgreSQL does that does not know the password.
  database = createNetServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      const fields = Buffer.from('SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "ann"\0\0');
      const head = Buffer.alloc(5, "E");
      head.writeInt32BE(fields.length + 4, 1);
      socket.end(Buffer.concat([head, fields]));
    });
  });
  await new Promise<void>((resolve) => database.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  await new Promise((resolve) => refusing.close(resolve));
  await new Promise((resolve) => database.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

function portOf(server: NetServer): number {
  return (server.address() as AddressInfo).port;
}

/** Long enough to stand nowhere by chance. */
const word = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._~+-]{20,40}$/);
const secrets = fc.record({
  operate: word,
  read: word,
  evaluate: word,
  source: word,
  header: word,
  store: word.map((text) => `${text}/ä:%`),
  webhook: fc.uint8Array({ minLength: 32, maxLength: 48 }).map((bytes) => Buffer.from(bytes).toString("base64")),
  webhookPath: word,
});
type Secrets = typeof secrets extends fc.Arbitrary<infer Value> ? Value : never;

/** In each form that a secret is sent in, or that is easily undone. */
function formsOf(all: Secrets): string[] {
  return Object.values(all).flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString("base64").replace(/=+$/, ""),
    Buffer.from(`ann:${secret}`).toString("base64").replace(/=+$/, ""),
  ]);
}

function environmentOf({ evaluate }: Secrets): NodeJS.ProcessEnv {
  return { EVALUATE: evaluate };
}

/** Every setting that holds a secret, by value, file or variable. */
function fileOf(all: Secrets, { postgres = false, isBasic = false } = {}): string {
  writeFileSync(join(folder, "read-token"), `${all.read}\n`);
  const port = portOf(refusing);
  const store = postgres
    ? `{ kind: postgres, url: ${JSON.stringify(`postgres://ann:${encodeURIComponent(all.store)}@127.0.0.1:${portOf(database)}/trimtab`)} }`
    : '{ kind: sqlite, path: ":memory:" }';
  const access = isBasic
    ? `username: ann, password: ${JSON.stringify(all.source)}`
    : `token: ${JSON.stringify(all.source)}`;
  return `
controller:
  listen: "127.0.0.1:0"
  interval: 1s
  store: ${store}
  tokens:
    - { name: ann, roles: [operate, read], token: ${JSON.stringify(all.operate)} }
    - { name: grafana, roles: [read], tokenFile: read-token }
    - { name: services, roles: [evaluate], tokenEnvironment: EVALUATE }
metrics:
  source: prometheus
  url: http://127.0.0.1:${port}
  scrapeInterval: 1s
  headers: { X-Key: ${JSON.stringify(all.header)} }
  ${access.split(", ").join("\n  ")}
webhooks:
  - { name: chat, url: "http://127.0.0.1:${port}/${all.webhookPath}", secret: ${JSON.stringify(`whsec_${all.webhook}`)}, allowPrivate: true }
components: { shop: { operations: { checkout: { parameters: { level: { type: integer, base: 3, min: 1, max: 9 } } } } } }
`;
}

/** Mistakes that people make around a secret. */
const mistakes: readonly ((file: string, all: Secrets) => string)[] = [
  (file) => file.replaceAll("token:", "tokn:"),
  (file) => file.replaceAll("token: ", "token: [ 1, ").replaceAll(/(\[ 1, "[^"]*")/g, "$1 ]"),
  (file, { operate }) => file.replace(operate, `${operate} and more`),
  (file, { source }) => file.replace(source, `${source}\\u0001`),
  (file, { webhook }) =>
    file.replace(`whsec_${webhook}`, `whsec_${webhook.slice(0, 12)}`).replace("chat", webhook.slice(12)),
  (file, { webhook }) => file.replace(`whsec_${webhook}`, webhook),
  (file, { header }) => file.replace(header, `${header}\\n`),
  (file) => file.replace("http://127", "ann:secret@127"),
  (file, { store }) =>
    file.replace("postgres://", "mysql://").replace("sqlite", `postgres, url: ${JSON.stringify(store)}`),
  (file) => file.replace("roles: [operate", "roles: [operat"),
  (file) => file.replaceAll('"', "'").replace("'127.0.0.1:0'", "'127.0.0.1:0"),
  (file) => file.replace("metrics:", "metrics: {"),
];

/** Collects what is written anywhere. */
function witness(all: Secrets): {
  readonly say: (text: unknown) => void;
  readonly expectSilent: () => void;
  readonly said: () => string;
} {
  const said: string[] = [];
  return {
    say: (text) =>
      void said.push(text instanceof Error ? `${text.message}\n${text.stack}\n${String(text.cause)}` : String(text)),
    said: () => said.join("\n"),
    expectSilent() {
      const text = said.join("\n");
      expect(text.length).toBeGreaterThan(0);
      const shown = formsOf(all).filter((form) => text.includes(form));
      const places = shown.map((form) =>
        text.slice(Math.max(0, text.indexOf(form) - 200), text.indexOf(form) + form.length),
      );
      expect(places).toEqual([]);
    },
  };
}

function logInto(say: (text: string) => void) {
  const both = (["json", "text"] as const).map((format) =>
    createLog({ level: "debug", format, hasColor: false, write: say, now: Date.now }),
  );
  const each =
    (level: "debug" | "info" | "warning" | "error") => (message: string, fields: Readonly<Record<string, unknown>>) => {
      for (const log of both) log[level](message, fields);
    };
  return { debug: each("debug"), info: each("info"), warning: each("warning"), error: each("error") };
}

async function runTool(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  say: (text: string) => void,
): Promise<number> {
  return runCli(args, { print: say, complain: say, environment, paint: (_, text) => text });
}

test("a controller that works, fails, refuses and reloads shows none", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(secrets, fc.boolean(), async (all, isBasic) => {
      const { say, said, expectSilent } = witness(all);
      const file = fileOf(all, { isBasic });
      const configuration = join(folder, "trimtab.yaml");
      writeFileSync(configuration, file);
      const parse = (text: string) => parseConfig(text, configuration, environmentOf(all));
      let controller: RunningController | undefined;
      try {
        controller = await startController(parse(file), { log: logInto(say) });
        const { url } = controller;
        const ask = async (path: string, token: string, init: RequestInit = {}): Promise<Response> => {
          const answer = await fetch(`${url}${path}`, {
            ...init,
            headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
          });
          say(`${path} ${[...answer.headers].join("\n")}\n${await answer.text()}`);
          return answer;
        };
        const document = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: Record<string, object> };
        const addresses = Object.entries(document.paths)
          .filter(([, methods]) => "get" in methods)
          .map(([path]) =>
            path
              .replace("{component}", "shop")
              .replace("{operation}", "checkout")
              .replaceAll(/\{\w+\}/g, "none"),
          )
          .filter((path) => !/streams?\b|changes/.test(path));
        expect(addresses.length).toBeGreaterThan(15);
        const act = { method: "POST", body: JSON.stringify({ why: "sale on Friday" }) };
        const frozen = await ask("/v1/operations/shop/checkout/freeze", all.operate, act);
        expect(frozen.status).toBe(200);
        await ask("/v1/operations/shop/checkout/freeze", all.read, act); // has not the role
        await ask("/v1/learning-cycles", all.operate, { method: "POST", body: "{}" });
        for (const path of addresses) await ask(path, all.read);
        for (const token of [`${all.operate}x`, all.operate.slice(1), all.store]) {
          await ask("/v1/operations", encodeURIComponent(token));
          say(
            await (await fetch(`${url}/v1/operations`, { headers: { "x-api-key": encodeURIComponent(token) } })).text(),
          );
        }
        await ask("/v1/operations/shop/checkout/freeze", all.operate, { method: "POST", body: "{" });
        const tool = { TRIMTAB_TOKEN: all.operate, ...environmentOf(all) };
        for (const command of ["check", "status", "doctor"])
          await runTool(
            [command, "--config", configuration, ...(command === "check" ? [] : ["--url", url])],
            tool,
            say,
          );
        await controller.reload(parse(file.replace("max: 9", "max: 8")));
        await expect(controller.reload(parse(file.replace(":memory:", "elsewhere.db")))).rejects.toSatisfy((error) => {
          say(error);
          return true;
        });
        // Both have failed once, and have been told: else the test would say nothing about them.
        await expect.poll(() => said(), { timeout: 30_000 }).toContain("webhook failed");
        expect(said()).toContain("The configuration is good.");
      } finally {
        await controller?.stop();
      }
      expectSilent();
    }),
    { numRuns: 4 },
  );
});

test("a store that refuses is told without its password, by the controller and by check", {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(secrets, async (all) => {
      const { say, said, expectSilent } = witness(all);
      const file = fileOf(all, { postgres: true });
      const configuration = join(folder, "trimtab.yaml");
      writeFileSync(configuration, file);
      const config = parseConfig(file, configuration, environmentOf(all));
      const failed = await startController(config, { log: logInto(say) }).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failed).toBeInstanceOf(Error);
      say(failed);
      expect(await runTool(["check", "--config", configuration], environmentOf(all), say)).toBe(0);
      expect(said()).toContain(`127.0.0.1:${portOf(database)}`);
      expectSilent();
    }),
    { numRuns: 3 },
  );
});

test("a mistake beside a secret is told without it", async () => {
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(
      secrets,
      fc.boolean(),
      fc.boolean(),
      fc.constantFrom(...mistakes),
      async (all, postgres, isBasic, mistake) => {
        const { say, expectSilent } = witness(all);
        const configuration = join(folder, "trimtab.yaml");
        writeFileSync(configuration, mistake(fileOf(all, { postgres, isBasic }), all));
        const code = await runTool(["check", "--config", configuration], environmentOf(all), say);
        if (code === 2) refused++;
        expectSilent();
      },
    ),
    { numRuns: 100, examples: mistakes.map((mistake) => [EXAMPLE, true, false, mistake]) },
  );
  expect(refused).toBeGreaterThan(50);
});

const EXAMPLE: Secrets = {
  operate: "operate-7Gq2vX9pLw3nRz5tYb8k",
  read: "read-7Gq2vX9pLw3nRz5tYb8k1",
  evaluate: "evaluate-7Gq2vX9pLw3nRz5tYb8k",
  source: "source-7Gq2vX9pLw3nRz5tYb8k",
  header: "header-7Gq2vX9pLw3nRz5tYb8k",
  store: "store-7Gq2vX9pLw3nRz5tYb8k/ä:%",
  webhook: "C2FVsBQIhrscChlQIMV+b5sSYspob7oDq2vX9pLw3nM=",
  webhookPath: "path-7Gq2vX9pLw3nRz5tYb8k1",
};
