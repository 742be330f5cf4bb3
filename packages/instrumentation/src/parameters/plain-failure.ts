/**
 * Pure: does a challenger fail plainly, by the calls of this process alone?
 *
 * It is judged by the failures alone, in the order in which their calls were assigned. A call is assigned to the challenger with a
 * known chance s, whatever else goes on; so if the challenger fails at most twice as often as the others, at every moment, then a
 * failure is the challenger's with a chance of at most
 *
 *     p = 2s / (2s + 1 − s)
 *
 * however many calls fail, and however that changes: an outage, a bad deployment or a flood of bad input hits all variants alike and
 * says nothing. For c failures of the challenger and r of the others the likelihood ratio of "k times as often" against that is
 *
 *     (q/p)^c · ((1−q)/(1−p))^r        with q = ks / (ks + 1 − s)
 *
 * The mean of it over k = 4, 16 and 64 is a supermartingale that starts at 1, so it ever reaches 10⁶ with a chance of at most 10⁻⁶
 * (Ville 1939), however often one looks. Calls of the others that have not ended are counted as failures: what is looked at is then
 * never above what it will be once they have ended, and a challenger that merely fails sooner, by a shorter time-out for instance,
 * is not taken for one that fails more.
 */

/** Calls of one variant that were assigned during the same shares. */
export interface CountedCalls {
  /** Assigned and not ended. */
  running: number;
  ended: number;
  failures: number;
  /** Failures that are evidence: of several of one sticky key one, because the key brought them all here. */
  evidence: number;
}

/** A challenger and the variants it is compared with. */
export interface FailureComparison {
  readonly challenger: Readonly<CountedCalls>;
  readonly others: Readonly<CountedCalls>;
  /** The challenger's share of the calls of both, above 0 and below 1. */
  readonly share: number;
}

/** Calls that must have ended, of the challenger and of the others, before anything is said. */
const MINIMUM_CALLS = 20;
/** The least difference between the shares of failed calls that is worth stopping for. */
const PLAIN_DIFFERENCE = 0.1;
/** The chance, at most, that one comparison stops a challenger that fails no more than twice as often as the others. */
export const FALSE_ALARM_CHANCE = 1e-6;

const TOLERATED_RATIO = 2;
const RATIOS = [4, 16, 64] as const;
const BOUND = Math.log(1 / FALSE_ALARM_CHANCE);

/** Does the challenger fail plainly: often enough, so much more often than the others, and surely so? */
export function failsPlainly({ challenger, others, share }: FailureComparison): boolean {
  if (challenger.ended < MINIMUM_CALLS || others.ended < MINIMUM_CALLS) return false;
  const difference = challenger.failures / challenger.ended - others.failures / others.ended;
  return (
    difference >= PLAIN_DIFFERENCE && logEvidence(challenger.evidence, others.evidence + others.running, share) >= BOUND
  );
}

/** The logarithm of the evidence against "at most twice as often". */
export function logEvidence(challengerFailures: number, otherFailures: number, share: number): number {
  const tolerated = shareOfFailures(TOLERATED_RATIO, share);
  const logs = RATIOS.map((ratio) => {
    const claimed = shareOfFailures(ratio, share);
    const perOther = Math.log((1 - claimed) / (1 - tolerated));
    return challengerFailures * Math.log(claimed / tolerated) + otherFailures * perOther;
  });
  const largest = Math.max(...logs);
  return largest + Math.log(logs.reduce((sum, each) => sum + Math.exp(each - largest), 0) / RATIOS.length);
}

/** The challenger's share of all failures, where it fails this many times as often as the others. */
export function shareOfFailures(ratio: number, share: number): number {
  return (ratio * share) / (ratio * share + 1 - share);
}
