/** For tests: seven months of one operation as its cycles recorded them, with a season of the week, a slow rise and some gaps. */
import { variantId } from "@trimtab/conventions";
import { policyHash } from "@trimtab/engine";
import { type Measurements, type OperationPolicy, randomFromSeed } from "@trimtab/learning";
import { type AppUnderTest, allocationOf, decisionOf } from "./app-fixture.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A Wednesday, half past noon: what is asked in tests is asked then. */
export const HISTORY_ENDS: number = Date.UTC(2026, 6, 1, 12, 30);

/** The whole day without any evidence: its metric source was away. */
export const DARK_DAY: number = Date.UTC(2026, 4, 20);

/** The day on which everything took twice as long. */
export const SLOW_DAY: number = Date.UTC(2026, 5, 24);

/** How many days it lasts. */
export const HISTORY_DAYS = 213;

/** Calls of an hour, the same every week: busy at noon. */
export function callsAt(hour: number): number {
  return Math.round(600 + 400 * Math.sin((2 * Math.PI * ((hour / HOUR) % 24)) / 24 - Math.PI / 2));
}

/**
 * Records it: every hour in the last 60 days, before that one hour in six, up to the hour that ends at noon. The success rate rises
 * from 0.9 to 0.95, the lift from 0 to 0.04.
 */
export async function recordHistory({ store, config }: AppUnderTest): Promise<void> {
  const random = randomFromSeed("seven months");
  const policy = config.policies.find(({ operation }) => operation === "checkout") as OperationPolicy;
  const end = Math.floor(HISTORY_ENDS / HOUR) * HOUR;
  const begin = end - HISTORY_DAYS * DAY;
  let cycle = 0;
  for (let from = begin; from < end; from += from < end - 60 * DAY ? 6 * HOUR : HOUR) {
    cycle++;
    const to = from + HOUR;
    const calls = callsAt(from);
    const rate = 0.9 + (0.05 * (from - begin)) / (end - begin);
    const success = Math.round(calls * Math.min(1, rate + 0.01 * random.gaussian()));
    const isSlow = Math.floor(from / DAY) * DAY === SLOW_DAY;
    const seconds = 0.2 * Math.exp(0.1 * random.gaussian()) * (1 + calls / 1000) * (isSlow ? 2 : 1);
    const value: Measurements = {
      success,
      failure: calls - success,
      partial: 0,
      duration: { bounds: [0.1, 0.5, 1], counts: [0, calls, 0, 0], sum: seconds * calls, count: calls },
      quality: { bounds: [], counts: [], sum: calls * (0.7 + 0.02 * random.gaussian()), count: calls },
      cost: { usd: { sum: calls * 0.002 } },
    };
    const isDark = Math.floor(from / DAY) * DAY === DARK_DAY;
    const decision = decisionOf(cycle, {
      at: to + 1,
      window: { from, to },
      allocations: [allocationOf("rock")],
      contexts: [
        {
          context: { genre: "rock" },
          kind: "hold",
          reason: { code: "COLLECTING", sentence: "The window is not full yet." },
          refused: [],
          lift: { ...LIFT, estimate: (0.04 * (from - begin)) / (end - begin) },
        },
      ],
    });
    await store.recordCycle({
      component: "shop",
      operation: "checkout",
      cycle,
      policy,
      policyHash: policyHash(policy),
      seed: `seed-${cycle}`,
      evidence: {
        window: { from, to },
        queries: [],
        cells: isDark
          ? { kind: "timeout", detail: "no answer within 10 s" }
          : {
              kind: "value",
              value: [
                { context: { genre: "rock" }, variant: variantId({ level: 5 }), reading: { kind: "value", value } },
              ],
            },
      },
      decision,
      state: { schema: 1 },
    });
  }
}

const side = { variant: variantId({ level: 5 }), parameters: { level: 5 }, calls: 900 };
const LIFT = { estimate: 0, lower: -0.05, upper: 0.1, level: 0.95, windows: 9, since: 0, holdout: side, served: side };
