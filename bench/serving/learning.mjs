// Reads while the controller learns: two controllers with the same thousands of contexts, one of which runs a cycle every second or as
// often as it can, and one that runs none. Requests go to both at the same moments, at a fixed rate; the clock begins when a request is
// due, so that one that waits behind another is not left out.
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quantile, startMeasured } from "./processes.mjs";
import { KEY, TOKEN } from "./served.mjs";
import { prepare } from "./store.mjs";

const CONTEXTS = Number(process.env.BENCH_CONTEXTS ?? 3000);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 40);
const RATE = 50;

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
  const folders = [0, 1].map(() => mkdtempSync(join(tmpdir(), "trimtab-bench-")));
  const page = await startMeasured("./metrics-page.mjs", [String(CONTEXTS)]);
  const scrape = `http://127.0.0.1:${page.port}/metrics`;
  const [still = "", learning = ""] = folders;
  const controllers = [
    await startMeasured("./controller-server.mjs", [await prepare(still, { isDecided: false, scrape })]),
    await startMeasured("./controller-server.mjs", [
      await prepare(learning, { isDecided: false, interval: "1s", scrape }),
    ]),
  ];
  const cyclesOf = async () => {
    const answer = await fetch(
      `http://127.0.0.1:${controllers[1]?.port}/v1/operations/llm_orchestrator/generate_lyrics`,
      {
        headers: { authorization: `Bearer ${TOKEN}-of-people` },
      },
    );
    return /** @type {{ cycles: number }} */ (await answer.json()).cycles;
  };
  try {
    await new Promise((resolve) => setTimeout(resolve, 10_000)); // both have compiled, and one has begun to learn
    const before = await cyclesOf();
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
    const cycles = (await cyclesOf()) - before;
    console.log(
      `${CONTEXTS} contexts, ${RATE} requests a second to each for ${SECONDS} s; ${cycles} cycles of the one that learns`,
    );
    for (const share of [0.5, 0.95, 0.99, 0.999]) {
      const [without, withCycles] = waited.map((each) => quantile(each, share));
      if (without === undefined || withCycles === undefined) continue;
      console.log(
        `p${share * 100}: ${without.toFixed(1)} ms without cycles, ${withCycles.toFixed(1)} ms with them, ratio ${(withCycles / without).toFixed(2)}`,
      );
    }
  } finally {
    for (const each of [...controllers, page]) each.stop();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}
