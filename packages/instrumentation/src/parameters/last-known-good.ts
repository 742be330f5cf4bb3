/**
 * Pure: how far a document is to be trusted at this moment.
 *
 *     fresh            confirmed a while ago at most, and its time to explore is not over      all variants, as allocated
 *     last_known_good  everything else                           the challengers' share goes to the incumbent, for ever
 *
 * "Not modified" confirms a document, but gives its challengers no more time: only a newer document does. All times are differences
 * of the controller's own times, counted on this process' monotonic clock: clocks that differ between two machines change nothing.
 */

/** Where the values of a call came from; `override`: a person or a test set them for this one call. */
export type ParameterSource = "fresh" | "last_known_good" | "base" | "override";

/** The times of a document, as the controller wrote them. */
export interface DocumentTimes {
  /** ISO 8601. */
  readonly issuedAt: string;
  /** ISO 8601. */
  readonly exploreUntil: string;
}

/** What is known of a document's age; milliseconds, on one monotonic clock. */
export interface DocumentAge {
  /** When the controller last said that it is the newest; undefined for one that was read from disk. */
  readonly confirmedAt: number | undefined;
  /** After this its challengers get no calls. */
  readonly exploringEndsAt: number;
  /** How long a confirmation is good for. */
  readonly exploreForMilliseconds: number;
}

/** Is the document still good for an allocation? */
export function trustIn(
  age: DocumentAge,
  hasChallengers: boolean,
  now: number,
): Extract<ParameterSource, "fresh" | "last_known_good"> {
  // Read from disk: known to have been good, and nobody has confirmed it since this process started.
  if (age.confirmedAt === undefined || now - age.confirmedAt > age.exploreForMilliseconds) return "last_known_good";
  return hasChallengers && now > age.exploringEndsAt ? "last_known_good" : "fresh";
}

/** How long a document allows exploring from its issue, in milliseconds; never negative. */
export function exploreFor({ issuedAt, exploreUntil }: DocumentTimes): number {
  return Math.max(0, Date.parse(exploreUntil) - Date.parse(issuedAt));
}

/**
 * How long a document still allows exploring, in milliseconds.
 *
 * @param controllerTime What the controller's clock says now, in milliseconds since 1970; undefined where it did not tell.
 */
export function exploringLeft(times: DocumentTimes, controllerTime: number | undefined): number {
  const longest = exploreFor(times);
  if (controllerTime === undefined) return longest;
  return Math.min(longest, Math.max(0, Date.parse(times.exploreUntil) - controllerTime));
}
