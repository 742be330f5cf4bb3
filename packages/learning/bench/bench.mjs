// How long one decision takes, and what it keeps, as the contexts of an operation grow: it must grow no faster than they do.
//
// usage: node scripts/dev.mjs bench learning [strategy ...]      default: response-surface thompson-sampling threshold-rule
//
// Each row is a process of its own. Every context has its 120 calls in each cycle, so that windows close in all of them at once: the
// worst there is. The row "sparse" has 1,500 calls in a cycle, dealt by Zipf, so that few contexts have enough. "deciding" is a cycle with
// an odd number, "collecting" one with an even number: which of them closes more windows depends on the strategy. More than 10,000
// contexts are never remembered, so beyond that only the reading grows.
//
// Times are those of the processor, which other programs on the machine move least; "block" is by the clock: how long the event loop
// stands still where the decision is made in place.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { decide, STRATEGY_IDS } from "@trimtab/learning";

const CONTEXTS = [10, 240, 1_000, 10_000, 50_000];
/** Contexts of the row in which most have a few calls only, and all their calls in one cycle. */
const SPARSE = { contexts: 240, calls: 1_500, cycles: 40 };
/** Ten times the contexts may take so many times ten times as long before the growth is called faster than linear: noise. */
const TOLERANCE = 1.3;
/** Two cycles to compile the code; then at least one of each kind. Fewer of the large ones, which take minutes. */
const cyclesOf = (/** @type {number} */ count) => (count > 1_000 ? 4 : 8);

/** @typedef {{ deciding: number, collecting: number, block: number, kept: number, heap: number, state: number }} Measured */
/** @typedef {import("@trimtab/learning").OperationPolicy} OperationPolicy */
/** @typedef {import("@trimtab/learning").Measurements} Measurements */

const BOUNDS = Array.from({ length: 33 }, (_, index) => 0.001 * 1.5 ** index);

/**
 * @param {number} calls
 * @param {number} rate
 * @returns {Measurements}
 */
function measured(calls, rate) {
  const counts = BOUNDS.map((_, index) => (index > 8 && index < 20 ? calls / 11 : 0));
  const success = Math.round(calls * rate);
  return {
    success,
    failure: calls - success,
    partial: 0,
    duration: { bounds: BOUNDS, counts: [...counts, 0], sum: calls / 5, count: calls },
  };
}

/**
 * @param {string} kind
 * @returns {OperationPolicy}
 */
function policyOf(kind) {
  return {
    component: "bench",
    operation: "decide",
    context: ["genre", "mood"],
    parameters: {
      temperature: { type: "number", base: 0.7, min: 0.5, max: 0.9, step: 0.1 },
      retries: { type: "integer", base: 2, min: 0, max: 5 },
    },
    objective: { success: { weight: 0.7 }, latency: { weight: 0.3, goodSeconds: 0.1, badSeconds: 5 } },
    constraints: [{ kind: "success-rate", minimum: 0.5 }],
    mode: "auto",
    confidence: 0.7,
    holdout: 0.05,
    strategy: { kind, options: {} },
  };
}

/**
 * Runs cycles of so many contexts.
 *
 * @param {string} kind
 * @param {number} count
 * @param {boolean} isSparse
 * @returns {Measured}
 */
function run(kind, count, isSparse) {
  const policy = policyOf(kind);
  const contexts = Array.from({ length: count }, (_, index) => ({
    genre: `g${Math.floor(index / 10)}`,
    mood: `m${index % 10}`,
  }));
  let state;
  /** @type {Map<string, readonly import("@trimtab/conventions").AllocatedVariant[]>} */
  let served = new Map();
  const times = { deciding: /** @type {number[]} */ ([]), collecting: /** @type {number[]} */ ([]) };
  let kept = 0;
  let block = 0;
  const harmonic = contexts.reduce((sum, _, index) => sum + 1 / (index + 1), 0);
  const callsOf = (/** @type {number} */ index, /** @type {number} */ cycle) =>
    isSparse ? Math.floor(SPARSE.calls / harmonic / (index + 1) + ((index * 7 + cycle * 3) % 10) / 10) : 120;
  for (let cycle = 0; cycle < (isSparse ? SPARSE.cycles : cyclesOf(count)); cycle++) {
    const cells = contexts.flatMap((context, index) => {
      const variants = served.get(`${context.genre} ${context.mood}`) ?? [{ id: baselineId(policy), weight: 1 }];
      const calls = callsOf(index, cycle);
      if (calls === 0) return [];
      return variants.map(({ id, weight }) => ({
        context,
        variant: id,
        reading: {
          kind: /** @type {const} */ ("value"),
          value: measured(calls * weight, 0.7 + ((index * 7 + cycle) % 10) / 50),
        },
      }));
    });
    const window = { from: cycle * 1_000, to: (cycle + 1) * 1_000 };
    const evidence = { window, queries: [], cells: { kind: /** @type {const} */ ("value"), value: cells } };
    const startedAt = performance.now();
    const usedBefore = process.cpuUsage();
    const output = decide({ policy, state, evidence, now: window.to, seed: "bench" });
    const { user, system } = process.cpuUsage(usedBefore);
    const milliseconds = (user + system) / 1_000;
    if (cycle >= 2) block = Math.max(block, performance.now() - startedAt);
    // the first cycles compile the code
    if (cycle >= 2) times[cycle % 2 === 1 ? "deciding" : "collecting"].push(milliseconds);
    state = JSON.parse(JSON.stringify(output.state)); // as a store gives it back
    kept = output.decision.contexts.length;
    served = new Map(
      output.decision.allocations.map(({ context, variants }) => [`${context["genre"]} ${context["mood"]}`, variants]),
    );
  }
  globalThis.gc?.();
  const { heapUsed } = process.memoryUsage();
  const text = JSON.stringify(state).length;
  return {
    deciding: median(times.deciding),
    collecting: median(times.collecting),
    block,
    kept,
    heap: heapUsed,
    state: text,
  };
}

/** @param {OperationPolicy} policy */
function baselineId(policy) {
  const { decision } = decide({
    policy,
    state: undefined,
    evidence: { window: { from: 0, to: 1 }, queries: [], cells: { kind: "no-data", detail: "" } },
    now: 0,
    seed: "",
  });
  return /** @type {string} */ (decision.allocations[0]?.variants[0]?.id);
}

/** @param {number[]} values */
function median(values) {
  return /** @type {number} */ ([...values].sort((left, right) => left - right)[Math.floor(values.length / 2)]);
}

/**
 * @param {string} kind
 * @param {number} count
 * @param {boolean} isSparse
 * @returns {Measured}
 */
function runAlone(kind, count, isSparse) {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [
      "--conditions=source",
      "--disable-warning=ExperimentalWarning",
      "--expose-gc",
      fileURLToPath(import.meta.url),
      "--one",
      kind,
      String(count),
      ...(isSparse ? ["sparse"] : []),
    ],
    { encoding: "utf8", maxBuffer: 1 << 20 },
  );
  if (status !== 0) throw new Error(`${kind} with ${count} contexts failed:\n${stderr}`);
  return JSON.parse(stdout);
}

const [first, ...rest] = process.argv.slice(2);
if (first === "--one") {
  const [kind = "", count = "", sparse] = rest;
  console.log(JSON.stringify(run(kind, Number(count), sparse === "sparse")));
} else {
  const wanted = first === undefined ? ["response-surface", "thompson-sampling", "threshold-rule"] : [first, ...rest];
  const unknown = wanted.find((kind) => !STRATEGY_IDS.includes(kind));
  if (unknown !== undefined)
    throw new RangeError(`there is no strategy "${unknown}"; write some of ${STRATEGY_IDS.join(", ")}`);
  console.log(
    `Node ${process.version}; medians in milliseconds of the processor, the state as JSON, the heap with it\n`,
  );
  console.log(
    "| strategy | contexts | remembered | deciding ms | per context µs | collecting ms | block ms | state MB | heap MB |",
  );
  console.log("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
  for (const kind of wanted) {
    print(kind, `${SPARSE.contexts} sparse`, SPARSE.contexts, runAlone(kind, SPARSE.contexts, true));
    /** @type {Map<number, number>} */
    const perContext = new Map();
    for (const count of CONTEXTS) {
      const row = runAlone(kind, count, false);
      perContext.set(count, (row.deciding + row.collecting) / row.kept);
      print(kind, String(count), count, row);
    }
    const growth = (perContext.get(10_000) ?? 0) / (perContext.get(1_000) ?? 1);
    const verdict = growth <= TOLERANCE ? "linear or better" : "FASTER THAN LINEAR";
    console.log(`\n${kind}: a context of 10,000 takes ${growth.toFixed(2)} of one of 1,000: ${verdict}\n`);
  }
}

/**
 * @param {string} kind
 * @param {string} name
 * @param {number} count
 * @param {Measured} row
 */
function print(kind, name, count, { deciding, collecting, block, kept, heap, state }) {
  const cells = [
    kind,
    name,
    kept,
    deciding.toFixed(1),
    ((1_000 * deciding) / count).toFixed(1),
    collecting.toFixed(1),
    block.toFixed(0),
    (state / 1e6).toFixed(2),
    (heap / 1e6).toFixed(0),
  ];
  console.log(`| ${cells.join(" | ")} |`);
}
