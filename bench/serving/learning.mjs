// Reads while the controller learns: two controllers with the same thousands of contexts and one real Prometheus, one of which runs a cycle
// every five seconds, and one that runs none. Requests go to both at the same moments, at a fixed rate; the clock begins when a request
// is due, so that one that waits behind another is not left out.
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findOrFetchPrometheus } from "../../scripts/prometheus.mjs";
import { startPrometheusServer } from "../../scripts/prometheus-server.mjs";
import { quantile, startMeasured } from "./processes.mjs";
import { KEY, TOKEN } from "./served.mjs";
import { prepare } from "./store.mjs";
import { missed } from "./targets.mjs";

const CONTEXTS = Number(process.env.BENCH_CONTEXTS ?? 3000);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 60);
const RATE = 50;
const SCRAPE_INTERVAL = "5s";

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/** @param {number} port @param {string} body @returns {Promise<void>} */
const evaluate = (port, body) =>
  new Promise((resolve, reject) => {
    const sent = request(
      {
        port,
        host: "127.0.0.1",
        agent,
        method: "POST",
        path: `/ofrep/v1/evaluate/flags/${KEY}`,
        headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
      },
      (response) => {
        response.resume();
        response.on("end", () =>
          response.statusCode === 200 ? resolve() : reject(new Error(String(response.statusCode))),
        );
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });

export async function measureLearning() {
  const { prometheus: binary } = await findOrFetchPrometheus();
  const folders = [0, 1, 2].map(() => mkdtempSync(join(tmpdir(), "trimtab-bench-")));
  const page = await startMeasured("./metrics-page.mjs", [String(CONTEXTS)]);
  const [still = "", learning = "", directory = ""] = folders;
  const targets = [`http://127.0.0.1:${page.port}/metrics`];
  const prometheus = await startPrometheusServer({ binary, directory, targets, scrapeInterval: SCRAPE_INTERVAL });
  const metrics = { source: "prometheus", url: prometheus.url, scrapeInterval: SCRAPE_INTERVAL };
  const controllers = [
    await startMeasured("./controller-server.mjs", [await prepare(still, { isDecided: false, metrics })]),
    await startMeasured("./controller-server.mjs", [
      await prepare(learning, { isDecided: false, interval: SCRAPE_INTERVAL, metrics }),
    ]),
  ];
  const standing = async () => {
    const answer = await fetch(`http://127.0.0.1:${controllers[1]?.port}/v1/operations`, {
      headers: { authorization: `Bearer ${TOKEN}-of-people` },
    });
    const { operations } = /** @type {{ operations: { cycles: number, contexts: number }[] }} */ (await answer.json());
    return operations[0] ?? { cycles: 0, contexts: 0 };
  };
  /** @param {(now: { cycles: number, contexts: number }) => boolean} isSo */
  const until = async (isSo) => {
    while (!isSo(await standing())) await new Promise((resolve) => setTimeout(resolve, 500));
  };
  try {
    // Both have compiled, one has met all contexts, and its thread runs: the pass that meets them is still one of a small operation.
    await until(({ contexts }) => contexts > CONTEXTS);
    const met = (await standing()).cycles;
    await until(({ cycles }) => cycles > met);
    const before = (await standing()).cycles;
    for (const each of controllers) await each.ask("loop");
    /** @type {[number[], number[]]} */
    const waited = [[], []];
    const startedAt = performance.now();
    /** @type {Promise<unknown>[]} */
    const all = [];
    for (let index = 0; index < SECONDS * RATE; index++) {
      const dueAt = startedAt + (index * 1000) / RATE;
      const wait = dueAt - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      const body = JSON.stringify({
        context: { targetingKey: `user-${index}`, genre: `genre-${index % CONTEXTS}`, mood: "calm" },
      });
      for (const [at, { port }] of controllers.entries())
        all.push(evaluate(port, body).then(() => waited[at]?.push(performance.now() - dueAt)));
    }
    await Promise.all(all);
    const loops = [];
    for (const each of controllers) loops.push(await each.ask("loop"));
    const cycles = (await standing()).cycles - before;
    console.log(
      `${CONTEXTS} contexts, ${RATE} requests a second to each for ${SECONDS} s; ${cycles} cycles of the one that learns`,
    );
    for (const [name, { busy, cpu }] of [
      ["without cycles", loops[0]],
      ["with them", loops[1]],
    ])
      console.log(
        `the thread that serves, ${name}: ${(cpu / 1000).toFixed(2)} s of CPU; turns of more than 10 ms: ${busy.filter((/** @type {number} */ each) => each > 10).length}, of more than 50 ms: ${busy.filter((/** @type {number} */ each) => each > 50).length}, the longest ${Math.max(0, ...busy).toFixed(0)} ms`,
      );
    for (const share of [0.5, 0.95, 0.99, 0.999]) {
      const [without, withCycles] = waited.map((each) => quantile(each, share));
      if (without === undefined || withCycles === undefined) continue;
      console.log(
        `p${share * 100}: ${without.toFixed(1)} ms without cycles, ${withCycles.toFixed(1)} ms with them, ratio ${(withCycles / without).toFixed(2)} ${missed(`p${share * 100} while it learns`, withCycles / without, share === 0.99 ? 1.2 : undefined)}`,
      );
    }
  } finally {
    for (const each of [...controllers, page]) each.stop();
    await prometheus.stop();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}
