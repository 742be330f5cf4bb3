/** The books of one context over a replay: who served what, and how the two sides compare. */
import type { Context, ParameterValues } from "@trimtab/conventions";
import type { Measurements, OperationPolicy } from "@trimtab/learning";
import type { Shares } from "./recorded-cycle.ts";
import { type SegmentEstimate, type SettingShare, ShareSegment } from "./share-segment.ts";

/** Sums over calls. Utilities are per call, 0 to 1. */
export interface ReplayTotals {
  readonly calls: number;
  /** Utility of the calls that were made; absent where it was not measured. */
  readonly served?: number;
  /** Share of the other strategy's calls, 0 to 1, on settings that were measured at the time. */
  readonly known: number;
  /** Of these calls: utility of the other strategy less that of what was served, with a 95 % interval; absent where nothing is known. */
  readonly difference?: { readonly estimate: number; readonly lower: number; readonly upper: number };
  /** The difference over all calls if every unknown call had the utility 0, and 1: a bound, no estimate. */
  readonly bounds?: { readonly lower: number; readonly upper: number };
}

/** One context. */
export interface ReplayedContext extends ReplayTotals {
  readonly context: Context;
  /** Settings by their share of the calls that were made, and of those that the other strategy would have had; largest first. */
  readonly servedSettings: readonly SettingShare[];
  readonly otherSettings: readonly SettingShare[];
  readonly variance: number;
}

/** What a cycle brings. */
export interface TalliedCycle {
  readonly policy: OperationPolicy;
  readonly measured: ReadonlyMap<string, Measurements>;
  readonly recorded: Shares;
  readonly other: Shares;
}

const Z95 = 1.959963984540054;

/** From so many stretches on, how far they lie apart says more than what theory expects. */
const MANY_SEGMENTS = 8;

/** The books of one context. */
export class ContextTally {
  private readonly context: Context;
  private readonly estimates: SegmentEstimate[] = [];
  private readonly served = new Map<string, number>();
  private readonly would = new Map<string, number>();
  private open: { readonly segment: ShareSegment; readonly policy: OperationPolicy } | undefined;

  constructor(context: Context) {
    this.context = context;
  }

  add({ policy, measured, recorded, other }: TalliedCycle): void {
    if (this.open === undefined || this.open.policy !== policy || !this.open.segment.fits(recorded, other)) {
      this.closeSegment();
      this.open = { segment: new ShareSegment(recorded, other), policy };
    }
    this.open.segment.add(measured);
  }

  close(parameters: ReadonlyMap<string, ParameterValues>): ReplayedContext {
    this.closeSegment();
    const totals = combine(this.estimates);
    const shares = (sums: ReadonlyMap<string, number>): SettingShare[] =>
      [...sums]
        .map(([variant, calls]) => ({
          variant,
          parameters: parameters.get(variant) ?? {},
          share: calls / Math.max(1, totals.calls),
        }))
        .filter(({ share }) => share > 0)
        .toSorted((left, right) => right.share - left.share || (left.variant < right.variant ? -1 : 1));
    return {
      context: this.context,
      ...totals,
      servedSettings: shares(this.served),
      otherSettings: shares(this.would),
    };
  }

  private closeSegment(): void {
    if (this.open === undefined) return;
    const { segment, policy } = this.open;
    this.open = undefined;
    const estimate = segment.estimate(policy);
    this.estimates.push(estimate);
    const add = (sums: Map<string, number>, variant: string, calls: number): void =>
      void sums.set(variant, (sums.get(variant) ?? 0) + calls);
    for (const [variant, calls] of segment.callsByVariant()) add(this.served, variant, calls);
    for (const { id, weight } of segment.other) add(this.would, id, weight * estimate.calls);
  }
}

/** Stretches of one context together, each with the weight of the calls that are known in it. */
function combine(estimates: readonly SegmentEstimate[]): ReplayTotals & { readonly variance: number } {
  const calls = sum(estimates, (each) => each.calls);
  const known = estimates.filter(({ difference }) => difference !== undefined);
  const weightOf = ({ calls: count, known: share }: SegmentEstimate): number => count * share;
  const weight = sum(known, weightOf);
  const difference = weight === 0 ? 0 : sum(known, (each) => weightOf(each) * (each.difference ?? 0)) / weight;
  const theory = weight === 0 ? 0 : sum(known, (each) => weightOf(each) ** 2 * each.variance) / weight ** 2;
  const different = known.filter(({ variance }) => variance > 0);
  const share = sum(different, weightOf) / Math.max(weight, Number.MIN_VALUE);
  const mean = share === 0 ? 0 : difference / share; // of the stretches in which the two sides differ
  const apart =
    different.length < MANY_SEGMENTS
      ? 0
      : ((different.length / (different.length - 1)) *
          sum(different, (each) => (weightOf(each) * ((each.difference ?? 0) - mean)) ** 2)) /
        weight ** 2;
  return totals({
    calls,
    weight,
    difference,
    variance: Math.max(theory, apart),
    served: estimates.filter((each) => each.served !== undefined).map((each) => [each.calls, each.served ?? 0]),
  });
}

/** All contexts together. */
export function totalsOf(contexts: readonly ReplayedContext[]): ReplayTotals {
  const weights = contexts.map(({ calls, known }) => calls * known);
  const weight = sum(weights, (each) => each);
  const weighted = (value: (context: ReplayedContext) => number, power: number): number =>
    weight === 0 ? 0 : sum(contexts, (each) => (each.calls * each.known) ** power * value(each)) / weight ** power;
  const { variance: _variance, ...all } = totals({
    calls: sum(contexts, (each) => each.calls),
    weight,
    difference: weighted((each) => each.difference?.estimate ?? 0, 1),
    variance: weighted((each) => each.variance, 2),
    served: contexts.filter((each) => each.served !== undefined).map((each) => [each.calls, each.served ?? 0]),
  });
  return all;
}

function totals({
  calls,
  weight,
  difference,
  variance,
  served: list,
}: {
  readonly calls: number;
  /** Calls of the other side that are known. */
  readonly weight: number;
  readonly difference: number;
  readonly variance: number;
  readonly served: readonly (readonly [number, number])[];
}): ReplayTotals & { readonly variance: number } {
  const counted = sum(list, ([count]) => count);
  const served = counted === 0 ? undefined : sum(list, ([count, utility]) => count * utility) / counted;
  const known = calls === 0 ? 0 : Math.min(1, weight / calls);
  const half = Z95 * Math.sqrt(variance);
  return {
    calls,
    known,
    variance,
    ...(served === undefined ? {} : { served }),
    ...(weight === 0
      ? {}
      : { difference: { estimate: difference, lower: difference - half, upper: difference + half } }),
    ...(served === undefined || known === 1
      ? {}
      : {
          bounds: {
            lower: known * (difference - half) - (1 - known) * served,
            upper: known * (difference + half) + (1 - known) * (1 - served),
          },
        }),
  };
}

function sum<Item>(list: readonly Item[], value: (item: Item) => number): number {
  return list.reduce((total, item) => total + value(item), 0);
}
