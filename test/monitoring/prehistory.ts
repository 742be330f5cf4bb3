/**
 * The days that a controller has behind it: real cycles of the real engine over past hours, against a source that answers from an
 * invented world. What comes of it (lift, experiment, trends, baselines) is in the store when the controller starts.
 */

import { variantId } from "@trimtab/conventions";
import { createSqlStore, openSqliteDatabase, runCycle, type Store, silentLog } from "@trimtab/engine";
import {
  type EvidenceCell,
  type Histogram,
  type Measurements,
  type OperationPolicy,
  randomFromSeed,
} from "@trimtab/learning";
import { CompiledQuery } from "kysely";
import { parseConfig } from "../../packages/controller/src/config.ts";

const HOUR = 3_600_000;
const CALLS_PER_HOUR = 900;

/** What the past of an operation is made of. */
interface Past {
  /** How many hours have been learnt from; nothing is expected of an hour before there are 336. */
  readonly hours: number;
  readonly contexts: readonly Readonly<Record<string, string>>[];
}

const PASTS: Readonly<Record<string, Past>> = {
  write_lyrics: {
    hours: 36,
    contexts: ["rock", "jazz"].flatMap((genre) => ["calm", "wild"].map((mood) => ({ genre, mood }))),
  },
  render: { hours: 340, contexts: [{}] },
};

type Values = Readonly<Record<string, string | number | boolean>>;

/**
 * Runs a cycle for each past hour, the last one up to the full hour.
 *
 * @param text The configuration, as the controller will read it.
 * @param path Where the file lies.
 */
export async function recordPrehistory(text: string, path: string, storePath: string): Promise<void> {
  const config = parseConfig(text, path, {});
  const database = await openSqliteDatabase(":memory:"); // hundreds of transactions, none of which must be on disk at once
  const store = createSqlStore(database);
  const random = randomFromSeed("prehistory");
  const end = Math.floor(Date.now() / HOUR) * HOUR;
  for (const policy of config.policies) {
    const hours = PASTS[policy.operation]?.hours ?? 0;
    for (let to = end - (hours - 1) * HOUR; to <= end; to += HOUR) {
      await runCycle(policy, {
        store,
        source: {
          latestWindowEnd: () => to,
          scrapeIntervalMilliseconds: () => HOUR,
          readEvidence: async ({ window }) => ({
            window,
            queries: [],
            cells: { kind: "value", value: await cellsOf(policy, store, window.from, random.gaussian.bind(random)) },
          }),
        },
        log: silentLog,
        intervalMilliseconds: HOUR,
        now: to + 1000,
      });
    }
  }
  await database.executeQuery(CompiledQuery.raw("VACUUM INTO ?", [storePath]));
  await store.close();
}

async function cellsOf(
  policy: OperationPolicy,
  store: Store,
  from: number,
  gaussian: () => number,
): Promise<EvidenceCell[]> {
  const allocations = (await store.loadServed(policy))?.decision.allocations ?? [];
  const base = Object.fromEntries(Object.entries(policy.parameters).map(([name, { base: value }]) => [name, value]));
  const hourOfDay = (from / HOUR) % 24;
  const calls = CALLS_PER_HOUR * (1 + 0.5 * Math.sin((2 * Math.PI * hourOfDay) / 24));
  return (PASTS[policy.operation]?.contexts ?? []).flatMap((context) => {
    const allocation = allocations.find((each) => JSON.stringify(each.context) === JSON.stringify(context));
    const variants = allocation?.variants ?? [{ id: variantId(base), weight: 1, parameters: base }];
    return [...new Set(variants.map(({ id }) => id))].map((id) => {
      const served = variants.filter((variant) => variant.id === id); // a variant may stand there in several roles
      const weight = served.reduce((sum, variant) => sum + variant.weight, 0);
      const value = measured(Math.round(calls * weight), served[0]?.parameters ?? base, gaussian);
      return { context, variant: id, reading: { kind: "value", value } };
    });
  });
}

/** A warmer text is the better one, up to 0.8; nothing else matters. */
function measured(calls: number, values: Values, gaussian: () => number): Measurements {
  const noise = calls > 0 ? gaussian() / Math.sqrt(calls) : 0;
  const failure = Math.min(calls, Math.max(0, Math.round(calls * (0.05 + 0.2 * noise))));
  const temperature = typeof values["temperature"] === "number" ? values["temperature"] : 0.6;
  const quality = 0.6 - Math.abs(temperature - 0.8) + 0.15 * noise;
  const seconds = 0.25 * (1 + 0.5 * noise);
  return {
    success: calls - failure,
    failure,
    partial: 0,
    duration: spread(calls, seconds, 0.1, [0.1, 0.2, 0.3, 0.5, 1]),
    quality: spread(calls, quality, 0.1, []),
    cost: { usd: { sum: calls * 0.001, squares: calls * 0.000001 } },
  };
}

function spread(count: number, mean: number, deviation: number, bounds: readonly number[]): Histogram {
  const place = bounds.findIndex((bound) => mean <= bound);
  const counts = [...bounds, 0].map((_, index) => (index === (place < 0 ? bounds.length : place) ? count : 0));
  return { bounds, counts, sum: count * mean, count, squares: count * (mean * mean + deviation * deviation) };
}
