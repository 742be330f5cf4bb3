/** When a delivery is tried again, and when it is given up. Pure. */
import type { Attempt, Delivery } from "@trimtab/engine";
import type { PostOutcome } from "./post-webhook.ts";

const FIRST_WAIT_MILLISECONDS = 1_000;
const LONGEST_WAIT_MILLISECONDS = 300_000;
const LONGEST_RETRY_AFTER_MILLISECONDS = 3_600_000;

/** A target that refuses the notice itself gets so many attempts, so that one bad notice does not hold up the others for a day. */
const ATTEMPTS_WHERE_REFUSED = 5;

/** Too early, too often, in conflict or timed out: it may be taken later. */
const PASSING_REFUSALS: ReadonlySet<number> = new Set([408, 409, 421, 423, 425, 429]);

/**
 * What an attempt comes to. Waits double from 1 s to 5 min, with up to half taken off by chance, so that many that failed together
 * do not come back together; a target's `Retry-After` counts up to an hour.
 *
 * @param chance 0 to 1.
 */
export function afterAttempt(
  delivery: Pick<Delivery, "attempts" | "waitingSince">,
  outcome: PostOutcome,
  {
    now,
    retryForMilliseconds,
    chance,
  }: { readonly now: number; readonly retryForMilliseconds: number; readonly chance: number },
): Attempt {
  const answer = outcome.kind === "answered" ? `HTTP ${outcome.status}` : outcome.problem.slice(0, 500);
  if (outcome.kind === "answered" && outcome.status >= 200 && outcome.status < 300)
    return { status: "delivered", at: now, nextAttemptAt: now, answer };
  const doubled = Math.min(LONGEST_WAIT_MILLISECONDS, FIRST_WAIT_MILLISECONDS * 2 ** Math.min(delivery.attempts, 20));
  const asked = outcome.kind === "answered" ? retryAfterMilliseconds(outcome.retryAfter, now) : 0;
  const wait = Math.max(asked, doubled * (1 - chance / 2));
  const isRefused =
    outcome.kind === "answered" &&
    outcome.status >= 400 &&
    outcome.status < 500 &&
    !PASSING_REFUSALS.has(outcome.status) &&
    delivery.attempts + 1 >= ATTEMPTS_WHERE_REFUSED;
  const isTooLate = now + wait - delivery.waitingSince > retryForMilliseconds;
  return { status: isRefused || isTooLate ? "dead" : "waiting", at: now, nextAttemptAt: Math.ceil(now + wait), answer };
}

function retryAfterMilliseconds(text: string | undefined, now: number): number {
  if (text === undefined) return 0;
  const milliseconds = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(milliseconds) ? Math.min(Math.max(milliseconds, 0), LONGEST_RETRY_AFTER_MILLISECONDS) : 0;
}
