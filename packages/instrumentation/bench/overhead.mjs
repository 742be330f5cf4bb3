/**
 * What measuring a call costs: every contestant in a process of its own, in turns.
 *
 *     node --conditions=source packages/instrumentation/bench/overhead.mjs [turns]
 */
import { execFileSync } from "node:child_process";
import { contestants, SAME_JOB } from "./contestants.mjs";
import { measured } from "./targets.mjs";

const BATCHES = 20;
const CALLS = 10_000;
/** No collection of garbage may fall into this many calls. */
const CALLS_FOR_BYTES = 2000;

/** @typedef {import("./contestants.mjs").Call} Call */

/** The CPU time of a call in nanoseconds, in a batch that little disturbed. @param {Call} call */
async function nanoseconds(call) {
  const batches = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    const started = process.cpuUsage();
    for (let n = 0; n < CALLS; n++) await call(n);
    const { user, system } = process.cpuUsage(started);
    batches.push(((user + system) * 1000) / CALLS);
  }
  return quantile(batches.slice(BATCHES / 4), 0.1); // the first quarter warms up
}

/** What a call allocates. @param {Call} call */
async function bytes(call) {
  for (let n = 0; n < CALLS * 4; n++) await call(n);
  const rounds = [];
  for (let round = 0; round < 5; round++) {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < CALLS_FOR_BYTES; n++) await call(n);
    rounds.push((process.memoryUsage().heapUsed - before) / CALLS_FOR_BYTES);
  }
  return quantile(rounds, 0.5);
}

/** @param {readonly number[]} values @param {number} share */
function quantile(values, share) {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}

/** @param {string} measure @param {string} contestant */
function inOwnProcess(measure, contestant) {
  const flags = measure === "bytes" ? ["--expose-gc", "--min-semi-space-size=64", "--max-semi-space-size=64"] : [];
  const args = [...flags, "--conditions=source", "--disable-warning=ExperimentalWarning", import.meta.filename];
  const options = /** @type {const} */ ({ encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  return Number(
    execFileSync(process.execPath, [...args, measure, contestant], options)
      .trim()
      .split("\n")
      .at(-1),
  );
}

const [measure = "5", chosen] = process.argv.slice(2);
const contestant = contestants.find(({ name }) => name === chosen);
if (contestant !== undefined) {
  const call = await contestant.make();
  console.log(measure === "bytes" ? await bytes(call) : await nanoseconds(call));
  process.exit();
}

const turns = Number(measure);
const times = new Map(contestants.map(({ name }) => [name, /** @type {number[]} */ ([])]));
for (let turn = 0; turn < turns; turn++) {
  for (const [name, values] of times) values.push(inOwnProcess("nanoseconds", name));
}
const time = (/** @type {string} */ name) => quantile(times.get(name) ?? [], 0.5);
const allocated = new Map(contestants.map(({ name }) => [name, inOwnProcess("bytes", name)]));
const over = (/** @type {string} */ name) => time(name) - time("bare");
const ratio = (/** @type {string} */ name, /** @type {string} */ peer) => (over(name) / over(peer)).toFixed(2);
for (const { name } of contestants) {
  measured.set(`ns ${name}`, over(name));
  measured.set(`bytes ${name}`, (allocated.get(name) ?? 0) - (allocated.get("bare") ?? 0));
}
console.log(
  `Node ${process.versions.node}, ${turns} turns; a bare call takes ${Math.round(time("bare"))} ns of CPU and ` +
    `${Math.round(allocated.get("bare") ?? 0)} bytes. Read the ratios: the nanoseconds belong to the machine.`,
);
console.table(
  contestants.map(({ name, says }) => ({
    contestant: name,
    says,
    "CPU ns over bare": Math.round(over(name)),
    "bytes over bare": Math.round((allocated.get(name) ?? 0) - (allocated.get("bare") ?? 0)),
    "of the same job": ratio(name, SAME_JOB),
    "of prom-client": ratio(name, "prom-client"),
  })),
);
