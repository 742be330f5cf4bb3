/** Counts of chance. */
import type { Random } from "@trimtab/learning";

/** A Poisson number with this mean (Knuth below 30, a rounded normal above). */
export function poisson(mean: number, random: Random): number {
  if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * random.gaussian()));
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.uniform(); product > limit; product *= random.uniform()) count += 1;
  return count;
}
