/** Services of other people for tests: the packed tarballs unpacked beside what such a service has installed. */
import { execFileSync } from "node:child_process";
import { copyFileSync, globSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { inject } from "vitest";
import { parseExposition, type Sample } from "../../packages/instrumentation/src/exposition.test.support.ts";
import { type RunningProcess, root, start, temporaryFolder, until } from "../end-to-end/processes.ts";

/** What a kind of service has installed: a folder of test/services, or nothing but the API. */
export type Installed =
  | "opentelemetry-1"
  | "opentelemetry-2"
  | "opentelemetry-3"
  | "prom-client"
  | "third-party"
  | "api-only";

/** @returns A folder with the files of test/packed/services, the unpacked packages, and links to what is installed. */
export function serviceFolder(installed: Installed): string {
  const folder = temporaryFolder();
  for (const file of globSync("test/packed/services/*", { cwd: root })) {
    copyFileSync(join(root, file), join(folder, file.replace(/^.*\//, "")));
  }
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  unpack(folder);
  const from = join(root, "test/services", installed === "api-only" ? "opentelemetry-3" : installed, "node_modules");
  for (const name of globSync(["@*/*", "[!@.]*"], { cwd: from })) {
    if (installed === "api-only" && name !== "@opentelemetry/api") continue;
    const link = join(folder, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(from, name), link);
  }
  return folder;
}

/** Unpacks packages (what a service installs, where none are named) below `folder`, as an installer would. */
export function unpack(folder: string, names: readonly string[] = ["conventions", "instrumentation"]): void {
  for (const name of names) {
    const target = join(folder, "node_modules", "@trimtab", name);
    mkdirSync(target, { recursive: true });
    const [tarball] = globSync(`trimtab-${name}-*.tgz`, { cwd: inject("tarballs") });
    execFileSync("tar", ["-xzf", join(inject("tarballs"), tarball ?? ""), "-C", target, "--strip-components=1"]);
  }
}

/** Starts a program in the folder of a service, with nothing of ours in its environment but what is given. */
export function startService(
  node: string,
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): RunningProcess {
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(OTEL|TRIMTAB|NODE|VITEST|npm_)/.test(name)),
  );
  return start(args.at(-1) ?? "", node, args, { cwd: folder, env: { ...inherited, ...environment } });
}

/** The page of a service, as soon as it has one that is wanted. */
export function page(
  port: number,
  service: RunningProcess,
  isWanted: (samples: readonly Sample[]) => boolean = () => true,
): Promise<readonly Sample[]> {
  return until(
    "the metrics page",
    async () => {
      const response = await fetch(`http://localhost:${port}/metrics`);
      const samples = parseExposition(await response.text());
      return response.ok && isWanted(samples) && samples;
    },
    { watching: [service], seconds: 30 },
  );
}

const servers = new Set<Server>();

/** Serves on loopback until `closeServers`. */
export async function serve(
  handle: (request: IncomingMessage, body: string) => { type: string; body: string },
): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { type, body } = handle(request, Buffer.concat(chunks).toString());
      response.setHeader("content-type", type).end(body);
    });
  });
  servers.add(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** For `afterEach`. */
export function closeServers(): void {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  servers.clear();
}

/** A controller that serves one document of some kilobytes: operation `deliver`, with the level 9, and others like it. */
export function stubController(): Promise<string> {
  const variant = { id: "v-test", role: "incumbent", weight: 1, parameters: { level: 9 } };
  const deliver = {
    context: ["type"],
    holdoutSalt: "h",
    parameters: { level: { type: "integer", base: 4, min: 1, max: 9 } },
    allocations: [{ context: {}, salt: "s", variants: [variant] }],
  };
  const times = { issuedAt: "2026-11-20T10:00:00Z", exploreUntil: "2026-11-20T10:05:00Z" };
  return serve((request) => {
    const component = new URL(request.url ?? "", "http://x").searchParams.get("component");
    const others = Array.from({ length: 20 }, (_, index) => [`other_${index}`, deliver]);
    const operations = { deliver, ...Object.fromEntries(others) };
    const document = { schema: 1, revision: "r1", component, operations, ...times };
    return { type: "application/json", body: JSON.stringify(document) };
  });
}

/** What a receiver of OTLP in JSON has been sent: name, attributes and value of each number. */
export interface ReceivedPoint {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A receiver of metrics by OTLP over HTTP, as JSON; what it is sent is added to `points`. */
export function otlpReceiver(points: ReceivedPoint[]): Promise<string> {
  return serve((request, body) => {
    if (request.url === "/v1/metrics") points.push(...pointsOf(JSON.parse(body)));
    return { type: "application/json", body: "{}" };
  });
}

function* pointsOf({ resourceMetrics }: any): Generator<ReceivedPoint> {
  for (const { scopeMetrics } of resourceMetrics) {
    for (const { metrics } of scopeMetrics) {
      for (const { name, sum, gauge, histogram } of metrics) {
        for (const { attributes = [], asInt, asDouble, count } of (sum ?? gauge ?? histogram)?.dataPoints ?? []) {
          const entries = attributes.map(({ key, value }: any) => [key, String(Object.values(value)[0])]);
          yield { name, attributes: Object.fromEntries(entries), value: Number(asInt ?? asDouble ?? count) };
        }
      }
    }
  }
}
