/**
 * Do the variants get the calls that their shares promise? Where they do not (an instance that never heard of the allocation, calls
 * that lose their label), the calls of a variant are not a fair sample, and nothing may be concluded from them.
 *
 * Calls come in clusters (users in a row, retries), so their counts vary more than independent draws would, and by an unknown factor: a
 * χ² test of independent calls would cry wolf. So the deviations d of each cycle are measured against themselves, over blocks of
 * 40 cycles, for baseline, incumbent and challengers (under an experiment for the holdout, each arm, and what both arms serve):
 *
 *     z = Σ d / √(Σ d²)
 *
 * For independent d that are as likely too high as too low, P(|z| > x) <= 2·exp(−x²/2) whatever their sizes (Hoeffding 1963, on the
 * signs). With x = 4, three roles, whichever of them, and two blocks in a row that is at most (3 · 2·e⁻⁸)² = 4.1e-6 per pair of blocks.
 */
import type { VariantId } from "@trimtab/conventions";
import { callsOf, type Measurements } from "../evidence/evidence.ts";

type Deviations = { readonly sum: number; readonly squares: number; readonly expected: number };

/** What is remembered of a context's shares; JSON. */
export type SampleRatioMemory = {
  /** Cycles and calls of the block so far, and the deviations by role. */
  readonly cycles: number;
  readonly calls: number;
  readonly roles: Readonly<Record<string, Deviations>>;
  /** Blocks in a row that did not fit. */
  readonly misfits: number;
  /** The last misfit, in words with numbers. */
  readonly sentence: string;
};

/** Nothing counted yet. */
export const NO_SAMPLE_RATIO: SampleRatioMemory = { cycles: 0, calls: 0, roles: {}, misfits: 0, sentence: "" };

const BLOCK_CYCLES = 40;
/** A block with fewer calls says nothing. */
export const MINIMUM_CALLS = 400;
const BOUND = 4;
/** A smaller difference, in shares of all calls, does no harm worth stopping for. */
const HARMLESS = 0.02;
const MISFITS = 2;

/** What a context serves, as far as it matters here. */
export interface ServedShare {
  readonly id: VariantId;
  /** What is counted together: a role, or an arm of an experiment. */
  readonly role: string;
  /** The share of the calls, 0 to 1. */
  readonly weight: number;
}

/**
 * Counts one cycle. A context with one variant, or without calls, says nothing.
 *
 * @param served Each variant once.
 */
export function learnSampleRatio(
  before: SampleRatioMemory,
  served: readonly ServedShare[],
  measured: ReadonlyMap<VariantId, Measurements>,
): SampleRatioMemory {
  const counts = served.map(({ id }) => callsOf(measured.get(id) ?? NOTHING));
  const calls = counts.reduce((sum, count) => sum + count, 0);
  if (served.length < 2 || calls === 0) return before;
  const deviations: Record<string, { expected: number; deviation: number }> = {};
  served.forEach(({ role, weight }, index) => {
    const { expected = 0, deviation = 0 } = deviations[role] ?? {};
    deviations[role] = {
      expected: expected + calls * weight,
      deviation: deviation + (counts[index] as number) - calls * weight,
    };
  });
  const roles: Record<string, Deviations> = { ...before.roles };
  for (const role of Object.keys(deviations).sort()) {
    const { sum, squares, expected } = roles[role] ?? { sum: 0, squares: 0, expected: 0 };
    const now = deviations[role] ?? { expected: 0, deviation: 0 };
    roles[role] = {
      sum: sum + now.deviation,
      squares: squares + now.deviation ** 2,
      expected: expected + now.expected,
    };
  }
  const next = { ...before, cycles: before.cycles + 1, calls: before.calls + calls, roles };
  return next.cycles >= BLOCK_CYCLES && next.calls >= MINIMUM_CALLS ? closeBlock(next) : next;
}

/** Has it been so for two blocks? */
export function isSampleMismatched({ misfits }: SampleRatioMemory): boolean {
  return misfits >= MISFITS;
}

/** The first role whose deviations are too many to be chance, and large enough to do harm. */
export function unfairRole({ calls, roles }: SampleRatioMemory): string | undefined {
  return Object.keys(roles).find((role) => {
    const { sum = 0, squares = 0 } = roles[role] ?? {};
    return Math.abs(sum) > BOUND * Math.sqrt(squares) && Math.abs(sum) > HARMLESS * calls;
  });
}

function closeBlock(block: SampleRatioMemory): SampleRatioMemory {
  const { calls, roles, misfits } = block;
  const role = unfairRole(block);
  const deviations = role === undefined ? undefined : roles[role];
  if (deviations === undefined) return NO_SAMPLE_RATIO;
  const { sum, expected } = deviations;
  const percent = (count: number): string => `${((100 * count) / calls).toFixed(1)} %`;
  const sentence = `The ${role} had ${percent(expected + sum)} of ${Math.round(calls)} calls where its share is ${percent(expected)}`;
  return { ...NO_SAMPLE_RATIO, misfits: misfits + 1, sentence };
}

const NOTHING: Measurements = { success: 0, failure: 0, partial: 0 };
