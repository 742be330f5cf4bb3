// CPU per request of the controller against a bare node:http server, side by side: rounds of the two take turns, and each is a process
// of its own. Requests a second swing with whatever else the machine does; the CPU time of a request repeats within a few per cent.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median, startMeasured } from "./processes.mjs";
import { BODIES, KEY, TOKEN } from "./served.mjs";
import { prepare } from "./store.mjs";
import { missed } from "./targets.mjs";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7);
const MILLISECONDS = Number(process.env.BENCH_ROUND_MS ?? 2000);
const CONNECTIONS = 32;

/** @typedef {Awaited<ReturnType<typeof startMeasured>>} Measured */

/** @param {string} method @param {string} path @param {string} body @param {Record<string, string>} [headers] */
const request = (method, path, body, headers = {}) => {
  const all = {
    Host: "127.0.0.1",
    Authorization: `Bearer ${TOKEN}`,
    ...(body === "" ? {} : { "Content-Type": "application/json", "Content-Length": String(body.length) }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
};

const FLAGS = "/ofrep/v1/evaluate/flags";
const ALLOCATIONS = "/v1/allocations?component=llm_orchestrator";
const BARE_TAG = '"0123456789abcdefghijkl"';

/** @param {number} port @param {string} path @param {RequestInit} [init] */
const ask = (port, path, init = {}) =>
  fetch(`http://127.0.0.1:${port}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
  });

export async function measureRequests() {
  const folder = mkdtempSync(join(tmpdir(), "trimtab-bench-"));
  /** @type {Measured[]} */
  const started = [];
  try {
    const controller = await startMeasured("./controller-server.mjs", [await prepare(folder)]);
    started.push(controller);
    const polled = await ask(controller.port, ALLOCATIONS);
    const documentTag = polled.headers.get("etag") ?? "";
    const document = Buffer.from(await polled.arrayBuffer());
    const bare = await startMeasured("./bare-server.mjs", [document.toString("base64")]);
    const load = await startMeasured("./load.mjs");
    started.push(bare, load);
    const tags = await Promise.all(
      BODIES.map(
        async (body) => (await ask(controller.port, FLAGS, { method: "POST", body })).headers.get("etag") ?? "",
      ),
    );
    // More than the controller remembers, so that each is read and its tag is made anew.
    /** @type {{ body: string, tag: string }[]} */
    const strangers = [];
    for (let index = 0; index < 12_000; index++) {
      const body = JSON.stringify({ context: { targetingKey: `stranger-${index}`, genre: "rock", mood: "calm" } });
      const answer = await ask(controller.port, FLAGS, { method: "POST", body });
      strangers.push({ body, tag: answer.headers.get("etag") ?? "" });
      await answer.body?.cancel();
    }
    const single = await ask(controller.port, `${FLAGS}/${KEY}`, { method: "POST", body: BODIES[0] ?? "" });
    console.log(`one flag is answered with ${(await single.text()).length} bytes, the document has ${document.length}`);

    /** @type {{ name: string, target?: number, status: number, requests: (isBare: boolean) => string[] }[]} */
    const scenarios = [
      {
        name: "OFREP, one flag",
        target: 1.4,
        status: 200,
        requests: () => BODIES.map((body) => request("POST", `${FLAGS}/${KEY}`, body)),
      },
      {
        name: "OFREP, all flags, 304",
        target: 1.2,
        status: 304,
        requests: (isBare) =>
          BODIES.map((body, index) =>
            request("POST", FLAGS, body, { "If-None-Match": isBare ? BARE_TAG : (tags[index] ?? "") }),
          ),
      },
      {
        name: "the same, no body twice",
        status: 304,
        requests: (isBare) =>
          strangers.map(({ body, tag }) => request("POST", FLAGS, body, { "If-None-Match": isBare ? BARE_TAG : tag })),
      },
      {
        name: "GET allocations, 304",
        status: 304,
        requests: (isBare) => [request("GET", ALLOCATIONS, "", { "If-None-Match": isBare ? BARE_TAG : documentTag })],
      },
      { name: "GET allocations, 200", status: 200, requests: () => [request("GET", ALLOCATIONS, "")] },
    ];
    console.log(
      `\n${"".padEnd(26)}${"bare".padStart(10)}${"trimtab".padStart(10)}${"ratio".padStart(8)}   (µs of CPU; median of ${ROUNDS} rounds)`,
    );
    for (const { name, target, status, requests } of scenarios) {
      /** @type {[number[], number[]]} */
      const used = [[], []];
      for (let round = -1; round < ROUNDS; round++) {
        for (const [at, server] of [bare, controller].entries()) {
          const before = await server.cpu();
          const { answered, error } = await load.ask({
            port: server.port,
            requests: requests(server === bare),
            connections: CONNECTIONS,
            milliseconds: MILLISECONDS,
            status,
          });
          if (error !== undefined) throw new Error(`${name}: ${error}`);
          // The first round compiles.
          if (round >= 0) used[at]?.push(((await server.cpu()) - before) / answered);
        }
      }
      const [floor, own] = [median(used[0]), median(used[1])];
      const ratio = median(used[1].map((each, round) => each / (used[0][round] ?? Number.NaN)));
      const verdict = missed(name, ratio, target);
      console.log(
        `${name.padEnd(26)}${floor.toFixed(1).padStart(10)}${own.toFixed(1).padStart(10)}${ratio.toFixed(2).padStart(8)}   ${verdict}`,
      );
    }
  } finally {
    for (const each of started) each.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
