/**
 * Pure: how far a document is to be trusted at this moment.
 *
 *     fresh            confirmed, and exploring is not over      all variants, as allocated
 *     last_known_good  everything else                           the challengers' share goes to the incumbent, for ever
 *
 * A document allows exploring for `exploreUntil − issuedAt`, counted from the controller's last confirmation (the document itself
 * or "not modified") on this process' own monotonic clock: clocks that differ between two machines change nothing.
 */

/** Where the values of a call came from. */
export type ParameterSource = "fresh" | "last_known_good" | "base";

/** Is the document still good for exploring? Times in milliseconds on one monotonic clock. */
export function trustIn(
  document: { readonly confirmedAt: number | undefined; readonly exploreForMilliseconds: number },
  now: number,
): Exclude<ParameterSource, "base"> {
  // Read from disk: known to have been good, and nobody has confirmed it since this process started.
  if (document.confirmedAt === undefined) return "last_known_good";
  return now - document.confirmedAt <= document.exploreForMilliseconds ? "fresh" : "last_known_good";
}

/** How long a document allows exploring after a confirmation, in milliseconds; never negative. */
export function exploreFor(document: { readonly issuedAt: string; readonly exploreUntil: string }): number {
  const milliseconds = Date.parse(document.exploreUntil) - Date.parse(document.issuedAt);
  return milliseconds > 0 ? milliseconds : 0;
}
