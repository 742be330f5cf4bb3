/**
 * What to do after an error: which provider is asked next, and after how long. The class of the error says what is allowed; within that,
 * the learnt policy of this class decides.
 */
import type { ProviderError } from "./client/provider-error.ts";
import type { OfferedModel, Provider } from "./providers.ts";

/** What is learnt for each class of error. */
export interface RetryPolicy {
  readonly next: "same_provider" | "next_provider";
  /** Before the next attempt. */
  readonly waitMilliseconds: number;
}

/** What is known when an attempt has failed. */
export interface FailedAttempt {
  readonly error: ProviderError;
  /** The model that was asked, of the provider that failed. */
  readonly model: OfferedModel;
  readonly providers: readonly Provider[];
  readonly millisecondsLeft: number;
}

/** The next attempt. */
export interface NextAttempt {
  readonly provider: Provider;
  readonly model: OfferedModel;
  readonly waitMilliseconds: number;
}

/**
 * Plans the next attempt; undefined where none makes sense.
 *
 * - A request that is wrong in itself is never sent again.
 * - A provider that asks to be left alone is left alone for so long at least, whatever the policy says; where that would be longer than
 *   there is time, or the provider will refuse for ever, the next one is asked.
 */
export function planRecovery(
  { error, model, providers, millisecondsLeft }: FailedAttempt,
  policy: RetryPolicy,
): NextAttempt | undefined {
  if (error.retry === "never") return undefined;
  const at = providers.findIndex(({ name }) => name === error.provider);
  const failed = providers[at];
  if (failed === undefined) return undefined;
  const following = providers.length < 2 ? undefined : providers[(at + 1) % providers.length];
  const sameWait = Math.max(policy.waitMilliseconds, error.retryAfterMilliseconds ?? 0);
  const staysPossible = error.retry === "anywhere" && sameWait < millisecondsLeft;
  const stays = staysPossible && (policy.next === "same_provider" || following === undefined);
  if (stays) return { provider: failed, model, waitMilliseconds: sameWait };
  if (following === undefined || policy.waitMilliseconds >= millisecondsLeft) return undefined;
  return { provider: following, model: following.standby, waitMilliseconds: policy.waitMilliseconds };
}
