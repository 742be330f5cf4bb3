/**
 * What another strategy would have seen of recorded calls: of each setting that it would have served at most as many as it would have
 * had, and of settings that it would not have served nothing. Calls that were never made are not made up.
 *
 * This is the replay of logged decisions of Li, Chu, Langford and Wang (2011), with counts in the place of single events.
 */
import { type Context, canonicalContext, contextId } from "@trimtab/conventions";
import { callsOf, type Evidence, type EvidenceCell, type Histogram, type Measurements } from "@trimtab/learning";
import { isSameShares, type Shares } from "./recorded-cycle.ts";

/** The shares of both sides in a context. */
export type SharesOf = (context: Context) => { readonly recorded: Shares; readonly other: Shares };

/** The evidence as the other side would have seen it. Where both sides serve the same, it is what was recorded. */
export function thinnedEvidence(evidence: Evidence, declaredKeys: readonly string[], sharesOf: SharesOf): Evidence {
  if (evidence.cells.kind !== "value") return evidence;
  const byContext = Map.groupBy(evidence.cells.value, ({ context }) =>
    contextId(canonicalContext(context, declaredKeys)),
  );
  const cells = [...byContext.values()].flatMap((list) => {
    const { recorded, other } = sharesOf(canonicalContext(list[0]?.context ?? {}, declaredKeys));
    return isSameShares(recorded, other) ? list : thinned(list, other);
  });
  return { ...evidence, cells: { kind: "value", value: cells } };
}

function thinned(cells: readonly EvidenceCell[], other: Shares): EvidenceCell[] {
  const total = cells.reduce((sum, { reading }) => sum + (reading.kind === "value" ? callsOf(reading.value) : 0), 0);
  return cells.flatMap((cell) => {
    const { reading, variant } = cell;
    if (reading.kind !== "value") return [cell]; // what cannot be read holds, whoever asks
    const weight = other.find(({ id }) => id === variant)?.weight ?? 0;
    const calls = callsOf(reading.value);
    const factor = calls === 0 ? 0 : Math.min(1, (weight * total) / calls);
    return factor === 0 ? [] : [{ ...cell, reading: { kind: "value", value: scaled(reading.value, factor) } }];
  });
}

function scaled(measurements: Measurements, factor: number): Measurements {
  if (factor === 1) return measurements;
  const { success, failure, partial, duration, quality, feedback, cost } = measurements;
  return {
    ...measurements, // what is no count of calls, such as a process that stopped the variant
    success: success * factor,
    failure: failure * factor,
    partial: partial * factor,
    ...(duration === undefined ? {} : { duration: scaledHistogram(duration, factor) }),
    ...(quality === undefined ? {} : { quality: scaledHistogram(quality, factor) }),
    ...(feedback === undefined ? {} : { feedback: scaledHistogram(feedback, factor) }),
    ...(cost === undefined
      ? {}
      : {
          cost: Object.fromEntries(
            Object.entries(cost).map(([unit, { sum, squares }]) => [
              unit,
              { sum: sum * factor, ...(squares === undefined ? {} : { squares: squares * factor }) },
            ]),
          ),
        }),
  };
}

function scaledHistogram({ bounds, counts, sum, count, squares }: Histogram, factor: number): Histogram {
  return {
    bounds,
    counts: counts.map((each) => each * factor),
    sum: sum * factor,
    count: count * factor,
    ...(squares === undefined ? {} : { squares: squares * factor }),
  };
}
