/**
 * Upper bounds of durations in seconds, from 1 ms to 10 min, where empty buckets cost nothing. Neighbours differ by a factor of at
 * most 1.2, so that a limit of 1.2 × baseline can be judged whatever the baseline is. The bounds that services have by default are
 * among them.
 */
export const FINE_DURATION_BOUNDARIES_SECONDS: readonly number[] = [1e-3, 1e-2, 1e-1, 1, 10, 100]
  .flatMap((decade) =>
    [1, 1.2, 1.35, 1.5, 1.75, 2, 2.4, 2.75, 3, 3.5, 4, 4.5, 5, 6, 6.5, 7.5, 8.5].map((factor) =>
      Number((decade * factor).toPrecision(6)),
    ),
  )
  .filter((bound) => bound < 600)
  .concat(600);
