/** How far back a series is looked for that has no sample at a window's start, in both sources. */

const SHORTEST_MILLISECONDS = 5 * 60_000;

/**
 * Within this time a series that comes back goes on from where it was; after it, it is a new one. Five minutes as Prometheus
 * has it, or ten scrapes where those are longer apart. Milliseconds.
 */
export function lookBackMilliseconds(scrapeIntervalMilliseconds: number): number {
  return Math.max(SHORTEST_MILLISECONDS, 10 * scrapeIntervalMilliseconds);
}

/** The newest window's end that is complete: two scrapes back, on the scrape grid. Milliseconds since 1970. */
export function windowEnd(now: number, scrapeIntervalMilliseconds: number): number {
  return (Math.floor(now / scrapeIntervalMilliseconds) - 2) * scrapeIntervalMilliseconds;
}
