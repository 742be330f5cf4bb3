/** The shares of what is served: rounded, summing to one, never without the holdout. */
import type { AllocatedVariant, Allocation } from "@trimtab/conventions";
import type { Setting } from "../policy/setting.ts";

/** What shall be served in a context. */
export interface Serving {
  readonly baseline: Setting;
  /** The baseline itself, or what was proven better. */
  readonly incumbent: Setting;
  readonly challengers: readonly { readonly setting: Setting; readonly weight: number }[];
  /** The baseline's smallest share, 0 to 1. */
  readonly holdout: number;
}

/** Challengers together never get more than this. */
export const LARGEST_CHALLENGER_SHARE = 0.7;

const DECIMALS = 10_000;

/**
 * The variants with shares of four decimals that sum to exactly one (within the dust of doubles).
 *
 * The holdout is rounded up, challengers down, and the incumbent has the rest.
 */
export function composeVariants({ baseline, incumbent, challengers, holdout }: Serving): AllocatedVariant[] {
  const floor = Math.round(roundedHoldout(holdout) * DECIMALS);
  const asked = challengers.map(({ weight }) => (weight > 0 ? Math.min(1, weight) : 0)); // NaN asks for nothing
  const total = asked.reduce((sum, weight) => sum + weight, 0);
  const room = Math.min(LARGEST_CHALLENGER_SHARE, 1 - floor / DECIMALS);
  const scale = total > room ? room / total : 1;
  const shares = asked.map((weight) => Math.floor(weight * scale * DECIMALS + 1e-6));
  const rest = DECIMALS - shares.reduce((sum, share) => sum + share, 0);
  const isBaselineBest = incumbent.id === baseline.id;
  const variants: AllocatedVariant[] = [
    {
      id: baseline.id,
      role: "baseline",
      weight: (isBaselineBest ? rest : floor) / DECIMALS,
      parameters: baseline.parameters,
    },
  ];
  if (!isBaselineBest) {
    variants.push({
      id: incumbent.id,
      role: "incumbent",
      weight: (rest - floor) / DECIMALS,
      parameters: incumbent.parameters,
    });
  }
  challengers.forEach(({ setting }, index) => {
    const share = shares[index] ?? 0;
    if (share > 0)
      variants.push({ id: setting.id, role: "challenger", weight: share / DECIMALS, parameters: setting.parameters });
  });
  return variants;
}

/** The holdout as it is served: rounded up to four decimals. */
export function roundedHoldout(holdout: number): number {
  return Math.min(DECIMALS, Math.ceil(Number((holdout * DECIMALS).toPrecision(12)))) / DECIMALS;
}

/** The allocation with these variants: the very same object where nothing changed, decision and salt included. */
export function withVariants(
  before: Allocation,
  variants: readonly AllocatedVariant[],
  decision: string,
  salt: string,
): Allocation {
  const isSame =
    before.salt === salt &&
    before.variants.length === variants.length &&
    before.variants.every((variant, index) => {
      const now = variants[index];
      return now !== undefined && variant.id === now.id && variant.role === now.role && variant.weight === now.weight;
    });
  return isSame ? before : { context: before.context, salt, decision, variants };
}
