/**
 * Servers that other people wrote, started unchanged under `register`: their routes are operations in a real Prometheus, and whatever
 * happens to us, they answer what they answer without us, to the byte.
 */
import { createHash } from "node:crypto";
import { cpSync, existsSync, globSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { sumOf } from "../../packages/instrumentation/src/exposition.test.support.ts";
import { cleanUp, freePort, type RunningProcess, temporaryFolder, until } from "../end-to-end/processes.ts";
import { startTestPrometheus } from "../prometheus/test-prometheus.ts";
import { closeServers, page, serve, serviceFolder, startService, stubController } from "./packed-service.ts";

afterEach(async () => {
  await cleanUp();
  closeServers();
});

interface Request {
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
}

interface ThirdParty {
  readonly name: string;
  readonly program: string;
  readonly args: (port: number) => readonly string[];
  /** Writes what the server starts from. */
  readonly prepare: (folder: string) => void;
  /** Requests that change what the server keeps, sent once before all others. */
  readonly changes: readonly Request[];
  readonly reads: readonly Request[];
  /** What Prometheus must know of the reads: operation, route and method. */
  readonly operations: readonly (readonly [operation: string, route: string, status: string])[];
}

const tarball = "a tarball of any bytes";
const shasum = createHash("sha1").update(tarball).digest("hex");
const leftPad = {
  _id: "left-pad",
  name: "left-pad",
  "dist-tags": { latest: "1.0.0" },
  versions: {
    "1.0.0": {
      name: "left-pad",
      version: "1.0.0",
      dist: { shasum, tarball: "http://x/left-pad-1.0.0.tgz" },
    },
  },
  _attachments: {
    "left-pad-1.0.0.tgz": { content_type: "application/octet-stream", data: btoa(tarball), length: tarball.length },
  },
};

const thirdParties: readonly ThirdParty[] = [
  {
    name: "json-server",
    program: "node_modules/json-server/lib/cli/bin.js",
    args: (port) => ["--host", "127.0.0.1", "--port", String(port), "--quiet", "db.json"],
    prepare: (folder) => {
      const posts = [1, 2, 3].map((id) => ({ id, title: `post ${id}` }));
      writeFileSync(join(folder, "db.json"), JSON.stringify({ posts, profile: { name: "somebody" } }));
    },
    changes: [
      { method: "POST", path: "/posts", body: { title: "new" } },
      { method: "PUT", path: "/posts/2", body: { title: "changed" } },
      { method: "DELETE", path: "/posts/3" },
    ],
    reads: [
      { path: "/posts" },
      { path: "/posts/1" },
      { path: "/posts/2" },
      { path: "/posts?title=new" },
      { path: "/profile" },
      { path: "/posts/99" },
      { path: "/no/such/thing" },
    ],
    operations: [
      ["get_posts_id", "/posts/:id", "2xx"],
      ["get_profile", "/profile", "2xx"],
    ],
  },
  {
    name: "verdaccio",
    program: "node_modules/verdaccio/bin/verdaccio",
    args: (port) => ["--config", "./config.yaml", "--listen", `127.0.0.1:${port}`],
    prepare: (folder) => {
      writeFileSync(
        join(folder, "config.yaml"),
        `storage: ./storage
auth: { htpasswd: { file: ./htpasswd } }
uplinks: {}
packages: { "**": { access: $all, publish: $all } }
web: { enable: false }
log: { type: stdout, format: json, level: fatal }
`,
      );
    },
    changes: [{ method: "PUT", path: "/left-pad", body: leftPad }],
    reads: [
      { path: "/-/ping" },
      { path: "/left-pad" },
      { path: "/left-pad/latest" },
      { path: "/left-pad/-/left-pad-1.0.0.tgz" },
      { path: "/-/package/left-pad/dist-tags" },
      { path: "/no-such-package" },
    ],
    operations: [["get_ping", "/-/ping", "2xx"]],
  },
];

/** What differs from one second to the next also without us. */
const MOVING_HEADERS = new Set(["date", "x-ratelimit-reset", "x-ratelimit-remaining", "keep-alive", "connection"]);

async function ask(port: number, { method = "GET", path, body }: Request): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const headers = [...response.headers].filter(([name]) => !MOVING_HEADERS.has(name));
  return JSON.stringify([
    method,
    path,
    response.status,
    headers,
    Buffer.from(await response.arrayBuffer()).toString("latin1"),
  ]);
}

/** Each request five times over, all at once, in the order in which they were sent. */
const askAll = (port: number, requests: readonly Request[]): Promise<string[]> =>
  Promise.all(Array.from({ length: 5 }, () => requests).flatMap((all) => all.map((each) => ask(port, each))));

interface Run {
  readonly third: ThirdParty;
  readonly port: number;
  /** Undefined: without us. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** What the server kept at the end of another run. */
  readonly stateOf?: string;
  /** No file can grow beyond a block: there is room for what the server itself writes, and none for what we keep. */
  readonly diskIsFull?: boolean;
}

async function startThird(run: Run): Promise<{ service: RunningProcess; folder: string }> {
  const { third, port, environment, files = {}, stateOf, diskIsFull = false } = run;
  const folder = serviceFolder("third-party");
  if (stateOf === undefined) third.prepare(folder);
  else cpSync(stateOf, folder, { recursive: true, filter: (path) => !path.includes("node_modules") });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const hook = environment === undefined ? [] : ["--import", "@trimtab/instrumentation/register"];
  const args = [...hook, third.program, ...third.args(port)];
  const service = diskIsFull
    ? startService("sh", folder, ["-c", 'ulimit -f 1 && exec "$0" "$@"', process.execPath, ...args], environment)
    : startService(process.execPath, folder, args, environment);
  await until(third.name, () => fetch(`http://127.0.0.1:${port}/`), { watching: [service], seconds: 30 });
  return { service, folder };
}

describe.each(thirdParties)("$name", (third) => {
  test("has its routes in Prometheus, and answers the same with everything of ours in ruins", async () => {
    const port = await freePort();
    const metricsPort = await freePort();
    const prometheus = await startTestPrometheus({ targets: [`http://localhost:${metricsPort}/metrics`] });
    const base = {
      OTEL_EXPORTER_PROMETHEUS_PORT: String(metricsPort),
      TRIMTAB_COMPONENT: third.name,
      TRIMTAB_POLL_INTERVAL: "100ms",
    };
    try {
      // Without us: what it answers, and what it keeps from then on.
      const bare = await startThird({ third, port });
      for (const change of third.changes) expect(JSON.parse(await ask(port, change))[2]).toBeLessThan(300);
      const expected = await askAll(port, third.reads);
      await bare.service.end("SIGKILL");

      // With us, a controller and a Prometheus.
      const kept = temporaryFolder();
      const environment = { ...base, TRIMTAB_CONTROLLER_URL: await stubController(), TRIMTAB_CACHE_DIRECTORY: kept };
      const healthy = await startThird({ third, port, stateOf: bare.folder, environment });
      expect(await askAll(port, third.reads)).toEqual(expected);
      const labels = third.operations.map(([operation, route, status]) => ({
        operation,
        ctx_route: route,
        ctx_status_class: status,
      }));
      const known = await until("the operations", async () => {
        const query = `trimtab_operation_calls_total{component="${third.name}",outcome="success",ctx_method="GET"} >= 5`;
        const response = await fetch(`${prometheus.url}/api/v1/query?query=${encodeURIComponent(query)}`);
        const { data } = (await response.json()) as { data: { result: { metric: Record<string, string> }[] } };
        return data.result.length >= third.operations.length && data.result.map(({ metric }) => metric);
      });
      expect(known).toEqual(expect.arrayContaining(labels.map((each) => expect.objectContaining(each))));
      await until("the kept document", () => globSync("**/*.json", { cwd: kept }).length > 0);

      // The controller and Prometheus are gone, while requests are under way.
      const underWay = askAll(port, third.reads);
      closeServers();
      await prometheus.stop();
      expect(await underWay).toEqual(expected);
      expect(await askAll(port, third.reads)).toEqual(expected);
      expect(await healthy.service.end("SIGKILL")).toBe("SIGKILL");
      const told = healthy.service
        .output()
        .split("\n")
        .filter((line) => line.includes("[trimtab]"));
      expect(told.filter((line) => !line.includes("gives no parameters"))).toEqual([]);

      // Rules of garbage, and a disk without room for the last known good.
      const full = temporaryFolder();
      const ruined = await startThird({
        third,
        port,
        stateOf: bare.folder,
        diskIsFull: true,
        files: { "trimtab.instrumentation.json": Uint8Array.from({ length: 999 }, (_, index) => (index * 7919) % 256) },
        environment: { ...base, TRIMTAB_CONTROLLER_URL: await stubController(), TRIMTAB_CACHE_DIRECTORY: full },
      });
      expect(await askAll(port, third.reads)).toEqual(expected);
      await until("the news of both", () =>
        ["trimtab.instrumentation.json cannot be used", "keeping the parameters in", "EFBIG"].every((text) =>
          ruined.service.output().includes(text),
        ),
      );
      const samples = await page(metricsPort, ruined.service);
      expect(sumOf(samples, "trimtab_operation_calls_total", { outcome: "failure" })).toBe(0);
      expect(await askAll(port, third.reads)).toEqual(expected);
      expect(globSync("**/*.json", { cwd: full })).toEqual([]);
      await ruined.service.end("SIGKILL");
    } finally {
      await prometheus.stop();
    }
  });

  test("answers the same where the controller says garbage, its folder cannot be and the port of the page is taken", async () => {
    const port = await freePort();
    const bare = await startThird({ third, port });
    for (const change of third.changes) await ask(port, change);
    const expected = await askAll(port, third.reads);
    await bare.service.end("SIGKILL");
    const environment = {
      OTEL_EXPORTER_PROMETHEUS_PORT: new URL(await serve(() => ({ type: "text/plain", body: "" }))).port, // taken
      TRIMTAB_CONTROLLER_URL: await serve(() => ({ type: "application/json", body: "\0{]" })),
      TRIMTAB_CACHE_DIRECTORY: "/dev/full/cache",
      TRIMTAB_POLL_INTERVAL: "100ms",
    };
    await startThird({ third, port, stateOf: bare.folder, environment });
    expect(await askAll(port, third.reads)).toEqual(expected);
    expect(existsSync("/dev/full/cache")).toBe(false);
  });
});
