// From the moment at which a change is in the store to the moment at which 200 services hold it: each has a stream of its own, and they
// are in two processes beside the controller's. A person's act makes the change. The clock begins with the decision, which is before it is
// recorded: what is told is rather too long.
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { quantile, startMeasured } from "./processes.mjs";
import { GENRES, MOODS, TOKEN } from "./served.mjs";
import { prepare } from "./store.mjs";
import { missed } from "./targets.mjs";

const STREAMS = 200;
const READERS = 2;
const CHANGES = Number(process.env.BENCH_CHANGES ?? 30);

export async function measureStreams() {
  const folder = mkdtempSync(join(tmpdir(), "trimtab-bench-"));
  const controller = await startMeasured("./controller-server.mjs", [await prepare(folder, { isDecided: false })]);
  const url = `http://127.0.0.1:${controller.port}`;
  /** @type {Map<string, number[]>} */
  const held = new Map();
  let onHeld = () => {};
  const readers = Array.from({ length: READERS }, () =>
    fork(fileURLToPath(new URL("./stream-reader.mjs", import.meta.url)), [url, String(STREAMS / READERS)], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    }),
  );
  /** @param {string} what @param {() => boolean} condition @returns {Promise<void>} */
  const until = (what, condition) =>
    new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`never: ${what}`)), 60_000);
      const look = () => {
        if (!condition()) return;
        clearTimeout(late);
        resolve();
      };
      onHeld = look;
      look();
    });
  try {
    for (const reader of readers) {
      reader.on("message", (message) => {
        const { revision, delay } = /** @type {{ revision?: string, delay?: number }} */ (message);
        if (revision === undefined || delay === undefined) return;
        held.set(revision, [...(held.get(revision) ?? []), delay]);
        onHeld();
      });
    }
    /** A person sets a value in one context. @param {string} genre @param {string} mood @param {number} temperature */
    const set = async (genre, mood, temperature) => {
      const response = await fetch(
        `${url}/v1/overrides/llm_orchestrator/generate_lyrics?ctx.genre=${genre}&ctx.mood=${mood}`,
        {
          method: "PUT",
          headers: { authorization: `Bearer ${TOKEN}-of-people`, "content-type": "application/json" },
          body: JSON.stringify({ values: { temperature }, why: "a measurement" }),
        },
      );
      if (!response.ok) throw new Error(await response.text());
      await response.body?.cancel();
    };
    for (const genre of GENRES) for (const mood of MOODS) await set(genre, mood, 0.6);
    await until("200 streams", () => [...held.values()].some((times) => times.length === STREAMS));
    /** @type {number[]} */
    const delays = [];
    for (let change = 0; change < CHANGES; change++) {
      const before = new Set(held.keys());
      await set("rock", "calm", change % 2 === 0 ? 0.5 : 0.8);
      const isHeld = () => [...held].find(([revision, times]) => !before.has(revision) && times.length === STREAMS);
      await until("the change at all services", () => isHeld() !== undefined);
      delays.push(...(isHeld()?.[1] ?? []));
    }
    const p95 = quantile(delays, 0.95);
    console.log(
      `${STREAMS} streams, ${CHANGES} changes: median ${quantile(delays, 0.5).toFixed(0)} ms, p99 ${quantile(delays, 0.99).toFixed(0)} ms, longest ${Math.max(...delays).toFixed(0)} ms`,
    );
    console.log(
      `from the decision to the service, p95: ${p95.toFixed(0)} ms   ${missed("streams, p95 in ms", p95, 250)}`,
    );
  } finally {
    for (const reader of readers) reader.kill("SIGKILL");
    controller.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
