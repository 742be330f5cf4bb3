/**
 * The evidence of one arm: of each variant the part of the calls that the arm had. The holdout belongs to both, so that each compares
 * with all of it.
 */
import { type ContextId, canonicalContext, contextId, hash32, type VariantId } from "@trimtab/conventions";
import { EVERY_CONTEXT } from "../decision/hold-reasons.ts";
import type { CostSum, Evidence, EvidenceWindow, Measurements } from "../evidence/evidence.ts";
import { scaleHistogram } from "../evidence/measurements.ts";
import type { ServedArms, WholeContext } from "./experiment-memory.ts";

/** What the parts depend on. */
export interface Splitting {
  readonly contextKeys: readonly string[];
  readonly contexts: Readonly<Record<ContextId, WholeContext>>;
  /** Contexts that cannot be judged: both arms are given all of them, so that both hold. */
  readonly unusable: ReadonlySet<ContextId>;
  /** What a context that nothing is known of is served. */
  readonly unseen: ServedArms;
  readonly baseline: VariantId;
  /** The holdout's share of the calls, 0 to 1. */
  readonly holdout: number;
}

/** The evidence of the control and that of the treatment. */
export function splitEvidence(evidence: Evidence, splitting: Splitting): readonly [Evidence, Evidence] {
  const known = new Map<ContextId, PartsOf>();
  const partsIn = (id: ContextId): PartsOf => {
    const before = known.get(id);
    if (before !== undefined) return before;
    const parts = partsOf(splitting.contexts[id] ?? splitting.contexts[EVERY_CONTEXT], evidence.window, splitting);
    known.set(id, parts);
    return parts;
  };
  const idOf = (context: Readonly<Record<string, string>>): ContextId =>
    contextId(canonicalContext(context, splitting.contextKeys));
  const ofArm = (arm: 0 | 1): Evidence => {
    const { cells, feedback } = evidence;
    return {
      ...evidence,
      cells:
        cells.kind !== "value"
          ? cells
          : {
              kind: "value",
              value: cells.value.flatMap((cell) => {
                const id = idOf(cell.context);
                if (splitting.unusable.has(id)) return [cell];
                const part = partsIn(id)(cell.variant)[arm];
                if (part === 0) return [];
                return part === 1 || cell.reading.kind !== "value"
                  ? [cell]
                  : [
                      {
                        ...cell,
                        reading: { kind: "value" as const, value: scaleMeasurements(cell.reading.value, part) },
                      },
                    ];
              }),
            },
      ...(feedback?.kind !== "value"
        ? {}
        : {
            feedback: {
              kind: "value" as const,
              value: feedback.value.filter((entry) => {
                const [control, treatment] = partsIn(idOf(entry.context))(entry.variant ?? splitting.baseline);
                // an entry cannot be halved: its id decides, in proportion
                const isTreatment = hash32(entry.id) / 2 ** 32 < treatment / (control + treatment);
                return isTreatment === (arm === 1);
              }),
            },
          }),
    };
  };
  return [ofArm(0), ofArm(1)];
}

/** The parts of a variant's calls that count for the control and for the treatment, each 0 to 1. */
type PartsOf = (variant: VariantId) => readonly [number, number];

/** In a window that straddles a change of what is served, as much from before and after it as there was of each. */
function partsOf(
  context: WholeContext | undefined,
  { from, to }: EvidenceWindow,
  { unseen, baseline, holdout }: Splitting,
): PartsOf {
  const changedAt = context?.memory.changedAt ?? 0;
  const before = to > from ? Math.min(1, Math.max(0, (changedAt - from) / (to - from))) : 0;
  const now = context?.arms ?? unseen;
  const stages = [
    { arms: context?.armsBefore ?? unseen, part: before },
    { arms: now, part: 1 - before },
  ];
  const shares = new Map<VariantId, [number, number]>();
  for (const { arms, part } of stages) {
    arms.forEach(({ share, variants }, arm) => {
      for (const { id, role, weight } of variants) {
        const own = shares.get(id) ?? [0, 0];
        own[arm as 0 | 1] += part * share * (role === "baseline" ? Math.max(0, weight - holdout) : weight);
        shares.set(id, own);
      }
    });
  }
  return (variant) => {
    const [control, treatment] = shares.get(variant) ?? [0, 0];
    const common = variant === baseline ? holdout : 0;
    const total = control + treatment + common;
    // what neither serves any more (late ratings) or ever did goes by the shares
    return total > 0 ? [(control + common) / total, (treatment + common) / total] : [now[0].share, now[1].share];
  };
}

function scaleMeasurements(measurements: Measurements, part: number): Measurements {
  const { duration, quality, feedback, cost, stops } = measurements;
  return {
    success: measurements.success * part,
    failure: measurements.failure * part,
    partial: measurements.partial * part,
    ...(duration === undefined ? {} : { duration: scaleHistogram(duration, part) }),
    ...(quality === undefined ? {} : { quality: scaleHistogram(quality, part) }),
    ...(feedback === undefined ? {} : { feedback: scaleHistogram(feedback, part) }),
    ...(cost === undefined ? {} : { cost: scaleCosts(cost, part) }),
    ...(stops === undefined ? {} : { stops }), // a process stops a variant for both arms
  };
}

function scaleCosts(cost: NonNullable<Measurements["cost"]>, part: number): Record<string, CostSum> {
  return Object.fromEntries(
    Object.entries(cost).map(([unit, { sum, squares }]) => [
      unit,
      { sum: sum * part, ...(squares === undefined ? {} : { squares: squares * part }) },
    ]),
  );
}
