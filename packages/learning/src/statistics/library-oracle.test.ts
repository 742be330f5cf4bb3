/**
 * Our arithmetic against a statistics library, at thousands of points between those of `reference-values.ts`. The library (jStat) is
 * right to 1e-12 for the functions here but the beta distribution, whose continued fraction it ends at 3e-7; that one is held against sums of
 * binomials in `beta-distribution.test.ts` and against forty digits in `reference-values.test.ts`.
 */
// @ts-expect-error the package has no types
import untyped from "jstat";
import { expect, test } from "vitest";
import { betaCdf, logGamma } from "./beta-distribution.ts";
import { erfc, normalCdf, normalQuantile } from "./normal-distribution.ts";
import { randomFromSeed } from "./random.ts";

const library = untyped as {
  readonly erfc: (x: number) => number;
  readonly gammaln: (x: number) => number;
  readonly normal: {
    readonly cdf: (x: number, mean: number, deviation: number) => number;
    readonly inv: (p: number, mean: number, deviation: number) => number;
  };
  readonly beta: { readonly cdf: (x: number, a: number, b: number) => number };
};

/** The largest distance over so many points of chance. */
function farthest(points: number, distance: (uniform: () => number) => number): number {
  const random = randomFromSeed("points of chance");
  let most = 0;
  for (let point = 0; point < points; point++)
    most = Math.max(
      most,
      distance(() => random.uniform()),
    );
  return most;
}

test.each<[string, number, (uniform: () => number) => number]>([
  [
    "erfc from −6 to 6",
    1e-14,
    (uniform) => {
      const x = 12 * uniform() - 6;
      return Math.abs(erfc(x) - library.erfc(x));
    },
  ],
  [
    "Φ from −8 to 8",
    1e-14,
    (uniform) => {
      const z = 16 * uniform() - 8;
      return Math.abs(normalCdf(z) - library.normal.cdf(z, 0, 1));
    },
  ],
  [
    "the normal quantile",
    1e-12,
    (uniform) => {
      const p = uniform();
      return Math.abs(normalQuantile(p) - library.normal.inv(p, 0, 1));
    },
  ],
  [
    "ln Γ up to 500, relative",
    1e-11,
    (uniform) => {
      const x = 500 * uniform();
      const expected = library.gammaln(x);
      return Math.abs(logGamma(x) - expected) / Math.max(1, Math.abs(expected));
    },
  ],
  [
    "the beta distribution, as far as the library can",
    3e-7,
    (uniform) => {
      const [x, a, b] = [uniform(), 0.5 + 100 * uniform(), 0.5 + 100 * uniform()] as const;
      return Math.abs(betaCdf(x, a, b) - library.beta.cdf(x, a, b));
    },
  ],
])("%s: nowhere farther than %d", (_name, bound, distance) => {
  expect(farthest(3000, distance)).toBeLessThan(bound);
});
