/** A run's utility per cycle, for plots. */
import type { EnvironmentEvent } from "../environment.ts";
import type { CycleLedger, EnvironmentTrace } from "../run-environment.ts";

/** Utility per call of an environment, cycle by cycle: means over the seeds. */
export interface Curves {
  readonly environment: string;
  readonly served: readonly number[];
  /** The least and the most that any seed had. */
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** The base values, which the holdout keeps. */
  readonly holdout: readonly number[];
  readonly oracle: readonly number[];
  /** What happens when. */
  readonly events: readonly EnvironmentEvent[];
}

/** The curves of an environment's runs. */
export function curvesOf(traces: readonly EnvironmentTrace[], events: readonly EnvironmentEvent[] = []): Curves {
  const length = Math.min(...traces.map(({ cycles }) => cycles.length));
  const perSeed = traces.map(({ cycles }) => cycles.map((cycle) => perCall(cycle, "served")));
  const at = (of: (values: readonly number[]) => number): number[] =>
    Array.from({ length }, (_, cycle) => of(perSeed.map((seed) => seed[cycle] ?? 0)));
  const meanOf = (field: "base" | "best"): number[] =>
    Array.from({ length }, (_, cycle) =>
      mean(
        traces.map(({ cycles }) => {
          const ledger = cycles[cycle];
          return ledger === undefined ? 0 : perCall(ledger, field);
        }),
      ),
    );
  return {
    environment: traces[0]?.environment ?? "",
    served: at(mean),
    low: at((values) => Math.min(...values)),
    high: at((values) => Math.max(...values)),
    holdout: meanOf("base"),
    oracle: meanOf("best"),
    events: events.filter(({ from }) => from < length),
  };
}

const BARS = "▁▂▃▄▅▆▇█";

/** The share of the possible lift that was had, as bars from 0 to 1; a dot where nothing could be won. */
export function sparkline({ served, holdout, oracle }: Curves, width: number): string {
  return Array.from({ length: Math.min(width, served.length) }, (_, index) => {
    const from = Math.floor((index * served.length) / width);
    const to = Math.max(from + 1, Math.floor(((index + 1) * served.length) / width));
    const sum = (values: readonly number[]): number => values.slice(from, to).reduce((all, value) => all + value, 0);
    const stake = sum(oracle) - sum(holdout);
    if (stake <= 0.002 * (to - from)) return "·";
    const share = (sum(served) - sum(holdout)) / stake;
    return BARS.charAt(Math.round(Math.min(1, Math.max(0, share)) * (BARS.length - 1)));
  }).join("");
}

function perCall(cycle: CycleLedger, field: "served" | "base" | "best"): number {
  return cycle.traffic > 0 ? cycle[field] / cycle.traffic : 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
