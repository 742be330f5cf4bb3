// How long one decision takes, and what it keeps, as the contexts of an operation grow: it must grow no faster than they do.
//
// usage: node scripts/dev.mjs bench learning [strategy ...]      default: response-surface thompson-sampling threshold-rule
//
// Each row is a process of its own. Every context has its 120 calls in each cycle, so that every second cycle closes a window in all
// of them at once: the worst there is. "deciding" is such a cycle, "collecting" the one between. More than 10,000 contexts are never
// remembered, so beyond that only the reading grows.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { decide, STRATEGY_IDS } from "@trimtab/learning";

const CONTEXTS = [10, 1_000, 10_000, 50_000];
/** Two cycles to compile the code; then at least one of each kind. Fewer of the large ones, which take minutes. */
const cyclesOf = (/** @type {number} */ count) => (count > 1_000 ? 4 : 8);

/** @typedef {{ deciding: number, collecting: number, kept: number, heap: number, state: number }} Measured */
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
 * @returns {Measured}
 */
function run(kind, count) {
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
  for (let cycle = 0; cycle < cyclesOf(count); cycle++) {
    const cells = contexts.flatMap((context, index) => {
      const variants = served.get(`${context.genre} ${context.mood}`) ?? [{ id: baselineId(policy), weight: 1 }];
      return variants.map(({ id, weight }) => ({
        context,
        variant: id,
        reading: {
          kind: /** @type {const} */ ("value"),
          value: measured(120 * weight, 0.7 + ((index * 7 + cycle) % 10) / 50),
        },
      }));
    });
    const window = { from: cycle * 1_000, to: (cycle + 1) * 1_000 };
    const evidence = { window, queries: [], cells: { kind: /** @type {const} */ ("value"), value: cells } };
    const startedAt = performance.now();
    const output = decide({ policy, state, evidence, now: window.to, seed: "bench" });
    const milliseconds = performance.now() - startedAt;
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
  return { deciding: median(times.deciding), collecting: median(times.collecting), kept, heap: heapUsed, state: text };
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
 * @returns {Measured}
 */
function runAlone(kind, count) {
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
    ],
    { encoding: "utf8", maxBuffer: 1 << 20 },
  );
  if (status !== 0) throw new Error(`${kind} with ${count} contexts failed:\n${stderr}`);
  return JSON.parse(stdout);
}

const [first, ...rest] = process.argv.slice(2);
if (first === "--one") {
  const [kind = "", count = ""] = rest;
  console.log(JSON.stringify(run(kind, Number(count))));
} else {
  const wanted = first === undefined ? ["response-surface", "thompson-sampling", "threshold-rule"] : [first, ...rest];
  const unknown = wanted.find((kind) => !STRATEGY_IDS.includes(kind));
  if (unknown !== undefined)
    throw new RangeError(`there is no strategy "${unknown}"; write some of ${STRATEGY_IDS.join(", ")}`);
  console.log(
    `Node ${process.version}; medians in milliseconds, the state as JSON, the heap with state and decision in it\n`,
  );
  console.log(
    "| strategy | contexts | remembered | deciding ms | per context µs | collecting ms | state MB | heap MB |",
  );
  console.log("|---|---:|---:|---:|---:|---:|---:|---:|");
  for (const kind of wanted) {
    for (const count of CONTEXTS) {
      const { deciding, collecting, kept, heap, state } = runAlone(kind, count);
      const cells = [
        kind,
        count,
        kept,
        deciding.toFixed(1),
        ((1_000 * deciding) / count).toFixed(1),
        collecting.toFixed(1),
        (state / 1e6).toFixed(2),
        (heap / 1e6).toFixed(0),
      ];
      console.log(`| ${cells.join(" | ")} |`);
    }
  }
}
