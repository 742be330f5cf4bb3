/**
 * A stretch of cycles in which neither side changed its shares in a context, and what can be said of the difference between them.
 *
 *     D = Σ a_v · ū_v,   a_v = w′_v / Σ_known w′  −  w_v / Σ_measured w
 *
 * ū_v is the mean utility that variant v had in the stretch, w what was served, w′ what the other side would have served. Whatever hits all
 * variants of the stretch alike drops out, because the a_v sum to 0; and because the shares are constant, so does a day that gets better.
 * Where w′ holds variants that had no calls in the stretch, nothing is said about that share of the calls: it is unknown.
 */
import type { ParameterValues } from "@trimtab/conventions";
import { addMeasurements, callsOf, type Measurements, type OperationPolicy, utilityOf } from "@trimtab/learning";
import { isSameShares, type Shares } from "./recorded-cycle.ts";

/** With fewer calls a variant counts as not measured. */
const LEAST_CALLS = 5;

/** What one cycle adds to the variance of a variant's mean beyond sampling, as at the beginning of learning. */
const CYCLE_VARIANCE = 0.015 ** 2;

/** What a stretch says. */
export interface SegmentEstimate {
  readonly calls: number;
  /** Share of the other side's calls, 0 to 1, on settings that were measured in the stretch. */
  readonly known: number;
  /** Of those calls: utility of the other side less that of what was served; absent where nothing is known. */
  readonly difference?: number;
  readonly variance: number;
  /** Utility of all calls that were made, where it was measured. */
  readonly served?: number;
}

/** One stretch. */
export class ShareSegment {
  readonly recorded: Shares;
  readonly other: Shares;
  private readonly sums = new Map<string, Measurements>();
  private cycles = 0;

  constructor(recorded: Shares, other: Shares) {
    this.recorded = recorded;
    this.other = other;
  }

  /** Does a cycle with these shares belong to it? */
  fits(recorded: Shares, other: Shares): boolean {
    return isSameShares(recorded, this.recorded) && isSameShares(other, this.other);
  }

  add(measured: ReadonlyMap<string, Measurements>): void {
    this.cycles += 1;
    for (const [variant, measurements] of measured) {
      const before = this.sums.get(variant);
      this.sums.set(variant, before === undefined ? measurements : addMeasurements(before, measurements));
    }
  }

  /** Calls by variant. */
  *callsByVariant(): Iterable<readonly [string, number]> {
    for (const [variant, measurements] of this.sums) yield [variant, callsOf(measurements)];
  }

  estimate({ objective }: OperationPolicy): SegmentEstimate {
    const utilities = new Map<string, { readonly mean: number; readonly variance: number }>();
    let [calls, sum, counted] = [0, 0, 0];
    for (const [variant, measurements] of this.sums) {
      const count = callsOf(measurements);
      calls += count;
      const utility = count > 0 ? utilityOf(measurements, objective) : undefined;
      if (utility === undefined) continue;
      sum += count * utility.mean;
      counted += count;
      if (count < LEAST_CALLS) continue;
      utilities.set(variant, { mean: utility.mean, variance: utility.variance + CYCLE_VARIANCE / this.cycles });
    }
    const served = counted > 0 ? { served: sum / counted } : {};
    if (isSameShares(this.recorded, this.other)) return { calls, known: 1, difference: 0, variance: 0, ...served };
    const measured = (shares: Shares): number =>
      shares.reduce((total, { id, weight }) => (utilities.has(id) ? total + weight : total), 0);
    const [known, reference] = [Math.min(1, measured(this.other)), measured(this.recorded)];
    if (known < 1e-9 || reference < 1e-9) return { calls, known: 0, variance: 0, ...served };
    let [difference, variance] = [0, 0];
    for (const [variant, utility] of utilities) {
      const factor = weightOf(this.other, variant) / known - weightOf(this.recorded, variant) / reference;
      difference += factor * utility.mean;
      variance += factor ** 2 * utility.variance;
    }
    return { calls, known, difference, variance, ...served };
  }
}

function weightOf(shares: Shares, variant: string): number {
  return shares.find(({ id }) => id === variant)?.weight ?? 0;
}

/** A setting and its share. */
export interface SettingShare {
  readonly variant: string;
  readonly parameters: ParameterValues;
  /** 0 to 1. */
  readonly share: number;
}
