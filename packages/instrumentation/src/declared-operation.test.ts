import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { configure, defineOperation, shutdown } from "./index.ts";

/** What a controller was told: method, path and body. */
let told: [method: string, path: string, body: unknown, authorization: string | undefined][];
/** By operation the statuses of the next answers; after those 200. */
let statuses: Record<string, number[]>;
let server: Server;
let controllerUrl: string;
let names = 0;

beforeEach(async () => {
  told = [];
  statuses = {};
  server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      if (request.method === "GET") return void response.writeHead(404).end();
      const { method = "", url = "", headers } = request;
      told.push([method, url, JSON.parse(body), headers.authorization]);
      response.writeHead(statuses[url.split("/").at(-1) ?? ""]?.shift() ?? 200).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  controllerUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await shutdown();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const SPACE = { level: { type: "integer", base: 3, min: 1, max: 9, largestStep: 2 } } as const;
const toldOf = (name: string) => told.filter(([, path]) => path.endsWith(`/${name}`));
const aName = (): string => `declared_${++names}`;
const SECTION = { context: ["genre"], parameters: { level: { type: "integer", base: 3, min: 1, max: 9 } } };

test("nothing is told unless it is asked for", async () => {
  configure({ component: "shop", controllerUrl, registerOperations: false });
  const name = aName();
  defineOperation({ name, context: ["genre"], parameters: SPACE });
  configure({ registerOperations: true, token: "secret" });
  await vi.waitFor(() => expect(toldOf(name)).toHaveLength(1), 10_000);
  expect(toldOf(name)).toEqual([["PUT", `/v1/operations/shop/${name}`, SECTION, "Bearer secret"]]);
});

test("each declaration is told once, another one of the same name again, and one without parameters never", async () => {
  configure({ component: "shop", controllerUrl, registerOperations: true });
  const [name, silent] = [aName(), aName()];
  defineOperation({ name: silent, context: ["genre"] });
  defineOperation({ name, context: ["genre"], parameters: SPACE });
  defineOperation({ name, context: ["genre"], parameters: SPACE });
  defineOperation({ name, component: "a/b", context: ["genre"], parameters: SPACE });
  defineOperation({ name, parameters: SPACE });
  configure({});
  await vi.waitFor(() => expect(toldOf(name)).toHaveLength(3), 10_000);
  expect(toldOf(silent)).toEqual([]);
  expect(toldOf(name).map(([, path, body]) => [path, body])).toEqual([
    [`/v1/operations/shop/${name}`, SECTION],
    [`/v1/operations/a%2Fb/${name}`, SECTION],
    [`/v1/operations/shop/${name}`, { ...SECTION, context: [] }],
  ]);
});

test("a controller that is away is told later, and one that refuses is not asked again; no call notices", async () => {
  configure({ component: "shop", controllerUrl, registerOperations: true });
  const [first, second] = [aName(), aName()];
  statuses = { [first]: [503], [second]: [409] };
  const operation = defineOperation({ name: first, context: ["genre"], parameters: SPACE });
  defineOperation({ name: second, context: ["genre"], parameters: SPACE });
  expect(operation.track({}, (call) => call.parameters.level)).toBe(3);
  await vi.waitFor(() => expect([toldOf(first).length, toldOf(second).length]).toEqual([2, 1]), 20_000);
});
