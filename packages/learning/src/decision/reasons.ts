/** The closed list of reasons: why something was decided, or was not. */

/** What each code means, for people; docs/reference/reasons.md holds the same list. */
export const REASONS = {
  EVIDENCE_NO_DATA: "The metric source has no data for the window; nothing changes until it has.",
  EVIDENCE_NOT_A_NUMBER: "A measurement was NaN, infinite or negative; nothing changes on such numbers.",
  EVIDENCE_SEVERAL_SERIES: "One thing was measured twice and nobody knows which is right; nothing changes.",
  EVIDENCE_STALE: "The newest measurements are too old to decide on.",
  EVIDENCE_PARTIAL: "The metric source answered only a part; a part is not used.",
  EVIDENCE_ERROR: "The metric source failed to answer.",
  EVIDENCE_TIMEOUT: "The metric source did not answer in time.",
  NO_CALLS: "The context had no calls in the window, and no calls say nothing.",
  OBSERVING: "The operation is in mode observe: it is measured, and nothing is tried.",
  BASELINE_ONLY: "The context that holds everything serves contexts that were not seen yet; it has the base values.",
  COLLECTING: "The window of the context is not full yet.",
  TOO_FEW_CALLS: "There are fewer calls than the judgement needs.",
  WITHIN_THRESHOLDS: "The rate lies between the thresholds of the rule.",
  AT_BOUND: "The rule would move the parameter, but it stands at its bound.",
  RATE_BELOW_THRESHOLD: "The success rate is below the rule's lower threshold.",
  RATE_ABOVE_THRESHOLD: "The success rate is above the rule's upper threshold.",
  TOO_LITTLE_FEEDBACK: "There are fewer scored entries of feedback than the rule needs.",
  FEEDBACK_GOOD_ENOUGH: "The mean quality of the feedback is not under the rule's threshold.",
  POOR_FEEDBACK: "The mean quality of the feedback is under the rule's threshold.",
  FIXED_VALUES: "The operation is configured to serve fixed values; nothing is learnt.",
  SEARCH_RESTS: "Every step from the incumbent was tried and none is better; the search rests for a while.",
  OWN_STRATEGY: "A strategy from a module of one's own decided; its sentence says why.",
  NOTHING_PROVEN: "No variant that runs is proven better than the incumbent.",
  TRYING: "A variant is tried beside the incumbent.",
  SHARES_CHANGED: "The shares of the variants follow what was learnt about them.",
  PROVEN_BETTER: "A variant is better than the incumbent by a test that may be read at any time.",
  SIBLINGS_PROVED_IT: "Other contexts have proven a variant, and this one does not contradict.",
  PROVEN_WORSE: "A variant was dropped: it is hardly likely to be better than the incumbent.",
  EQUIVALENT: "A variant was dropped: whatever the difference to the incumbent, it is too small to matter.",
  LESS_PROMISING: "A variant was set aside: another that was not tried yet may win much more.",
  LIMIT_UNPROVEN: "A variant is not sure enough to keep the operation's limits to be promoted.",
  LIMIT_UNKNOWN: "Whether a variant keeps the operation's limits was not measured, so it cannot be promoted.",
  LIMIT_SUCCESS_RATE: "A variant broke the limit on the success rate and was taken back.",
  LIMIT_LATENCY: "A variant broke the limit on the latency and was taken back.",
  STOPPED_BY_SERVICE: "A service stopped a challenger by itself, because it failed plainly there; it was taken back.",
  HOLDOUT_IS_BETTER: "The base values do better than what is served; the base values return.",
  BREAKER_OPEN: "Learning did harm repeatedly in this context; it rests and the base values are served.",
  SAMPLE_RATIO_MISMATCH:
    "The variants do not get the calls that their shares promise, so their calls are no fair sample; nothing changes.",
  OSCILLATING: "A variant was adopted and given up again and again; it rests.",
  BARRED: "A variant that was taken back rests before it may be tried again.",
  LARGEST_STEP: "The change is larger than one adaptation may make.",
  OUTSIDE_SPACE: "The values are outside the operation's parameter space.",
  CONFIDENCE_TOO_LOW: "The confidence is under the operation's threshold; a person decides.",
  MODE_IS_SUGGEST: "The operation is in mode suggest; a person decides.",
  SUGGESTION_OPEN: "The same change is suggested already and waits for a person.",
  REPLACED: "A newer change of the same parameter and context took its place.",
  SUGGESTION_WITHDRAWN: "The suggestion is no longer what the evidence says.",
  POLICY_CHANGED: "The base values, the parameter space or the context keys changed; the comparison starts again.",
  MODE_IS_OBSERVE: "The operation was set to mode observe; the base values are served.",
  DRIFT: "The differences between variants changed; what was learnt counts less and is tested again.",
  RETRY_AFTER_ROLL_BACK: "A variant that had been proven before it was taken back is tried again with a small share.",
  EXPERIMENT_COLLECTING: "An experiment runs, and no window has told its arms apart yet.",
  EXPERIMENT_UNDECIDED: "Which arm of an experiment does better is not proven yet.",
  EXPERIMENT_TREATMENT_BETTER:
    "The treatment of an experiment does better than the control, by an interval that may be read at any time.",
  EXPERIMENT_CONTROL_BETTER:
    "The control of an experiment does better than the treatment, by an interval that may be read at any time.",
  EXPERIMENT_EQUIVALENT: "Whatever the difference between the arms of an experiment, it is too small to matter.",
  EXPERIMENT_ENDED: "An experiment ended, and what one of its arms had changed is not served any more.",
  INTERNAL_ERROR: "The strategy failed or broke its contract; nothing changes.",
} as const;

/** A code from the list. */
export type ReasonCode = keyof typeof REASONS;

/** Every code, in the order of the list. */
export const REASON_CODES: readonly ReasonCode[] = Object.keys(REASONS) as ReasonCode[];
