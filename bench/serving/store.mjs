// A store with one decision in it, as a controller of an hour ago would have left it: every context split between three variants.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { variantId } from "@trimtab/conventions";
import { loadConfig } from "../../packages/controller/src/config.ts";
import { createSqlStore, openSqliteDatabase, policyHash } from "../../packages/engine/src/index.ts";
import { GENRES, MOODS, PARAMETERS, TOKEN } from "./served.mjs";

/**
 * Writes the configuration and the store into a folder.
 *
 * @param {string} folder
 * @param {{ isDecided?: boolean, interval?: string, metrics?: object }} [options] Not decided: the controller begins with nothing.
 */
export async function prepare(
  folder,
  {
    isDecided = true,
    interval = "1h",
    metrics = { source: "embedded", scrape: ["http://127.0.0.1:1/metrics"], scrapeInterval: "1s" },
  } = {},
) {
  const file = join(folder, "trimtab.yaml");
  writeFileSync(
    file,
    JSON.stringify({
      controller: {
        listen: "127.0.0.1:0",
        interval,
        store: { kind: "sqlite", path: "./trimtab.db" },
        // Every request is counted against its limit, as shipped; only the limit is out of the way of the load.
        rateLimits: { evaluate: 1_000_000, read: 1_000_000, write: 1_000_000 },
        tokens: [
          { name: "service", roles: ["evaluate"], token: TOKEN },
          { name: "people", roles: ["operate"], token: `${TOKEN}-of-people` },
        ],
      },
      metrics,
      components: {
        llm_orchestrator: {
          operations: { generate_lyrics: { context: ["genre", "mood"], parameters: PARAMETERS, mode: "auto" } },
        },
      },
    }),
  );
  if (!isDecided) return file;
  const config = loadConfig(file, process.env);
  const [policy] = config.policies;
  if (policy === undefined) throw new Error("there is no operation");
  const store = createSqlStore(await openSqliteDatabase(join(folder, "trimtab.db")));
  const at = Date.now();
  const window = { from: at - 60_000, to: at - 30_000 };
  const named = GENRES.flatMap((genre) => MOODS.map((mood) => ({ genre, mood })));
  await store.recordCycle({
    component: policy.component,
    operation: policy.operation,
    cycle: 1,
    policy,
    policyHash: policyHash(policy),
    seed: "seed",
    evidence: { window, queries: [], cells: { kind: "value", value: [] } },
    decision: {
      component: policy.component,
      operation: policy.operation,
      id: "01J0000000000000000000000",
      at,
      window,
      contexts: [],
      adaptations: [],
      transitions: [],
      allocations: named.map((context, index) => ({
        context,
        salt: `s${index}`,
        decision: "01J0000000000000000000000",
        variants: variants(),
      })),
      mayExplore: true,
    },
    state: { schema: 1 },
  });
  await store.close();
  return file;
}

/** @returns {import("@trimtab/conventions").AllocatedVariant[]} */
function variants() {
  const base = { temperature: 0.7, retries: 2 };
  const learnt = { temperature: 0.6, retries: 3 };
  const tried = { temperature: 0.5, retries: 3 };
  return [
    { id: variantId(base, "baseline"), role: "baseline", weight: 0.05, parameters: base },
    { id: variantId(learnt), role: "incumbent", weight: 0.75, parameters: learnt },
    { id: variantId(tried), role: "challenger", weight: 0.2, parameters: tried },
  ];
}
