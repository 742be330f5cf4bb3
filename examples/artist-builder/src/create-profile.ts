/** From a request to a profile: what is missing is filled in, what breaks a rule is corrected, what cannot be is refused. */
import type { ResultHandle } from "@trimtab/conventions";
import { CORRECTIONS, type Correction, correct, keptOf } from "./corrections.ts";
import { correctProfile, fillDefaults, validateRequest } from "./operations.ts";
import type { ArtistProfile, ProfileRequest } from "./profile.ts";
import { type RuleName, type RuleProblem, type RuleSettings, validateProfile } from "./validation-rules.ts";

/** What came of a request. */
export interface CreatedProfile {
  /** As it is, whether it was taken or refused. */
  readonly profile: ArtistProfile;
  /** What is still wrong with it; none where it was taken. */
  readonly problems: readonly RuleProblem[];
  /** The rules that were broken and are kept now. */
  readonly corrected: readonly RuleName[];
  /** What the values that were filled in, and the rules, are to be credited with, by operation. */
  readonly handles: { readonly defaults?: ResultHandle; readonly rules: ResultHandle };
}

/** Every further attempt that a correction needs takes so much of its quality. */
const ATTEMPT_FACTOR = 0.8;

/** Makes a profile of a request that has the right form. */
export function createProfile(request: ProfileRequest): CreatedProfile {
  const { profile, handle } = fillIn(request);
  return validateRequest.track({ artist_type: request.artistType }, (call) => {
    const { bio_length, distinct_name, genre_match } = call.parameters;
    const settings: RuleSettings = { bio_length, distinct_name, genre_match };
    const rules = call.result();
    const broken = validateProfile(profile, settings);
    let current = profile;
    for (const { rule } of broken) current = repair(current, rule, settings);
    const problems = broken.length === 0 ? [] : validateProfile(current, settings);
    if (problems.length > 0) call.fail("rule_broken");
    else if (broken.length > 0) call.partial();
    const stillBroken = new Set(problems.map(({ rule }) => rule));
    const corrected = broken.map(({ rule }) => rule).filter((rule) => !stillBroken.has(rule));
    return {
      profile: current,
      problems,
      corrected,
      handles: { rules, ...(handle === undefined ? {} : { defaults: handle }) },
    };
  });
}

function fillIn(request: ProfileRequest): { readonly profile: ArtistProfile; readonly handle?: ResultHandle } {
  const { tone, postsPerWeek } = request;
  if (tone !== undefined && postsPerWeek !== undefined) return { profile: { ...request, tone, postsPerWeek } };
  return fillDefaults.track({ artist_type: request.artistType }, (call) => ({
    profile: {
      ...request,
      tone: tone ?? call.parameters.tone,
      postsPerWeek: postsPerWeek ?? call.parameters.posts_per_week,
    },
    handle: call.result(),
  }));
}

/** Tries one correction after the other until the rule is kept; the profile as it was where none helps. */
function repair(profile: ArtistProfile, rule: RuleName, settings: RuleSettings): ArtistProfile {
  return correctProfile.track({ error_type: rule }, (call) => {
    const first = call.parameters.first_correction;
    const order: readonly Correction[] = [first, ...CORRECTIONS.filter((each) => each !== first)];
    for (const [attempt, correction] of order.entries()) {
      const corrected = correct(correction, profile, rule, settings);
      if (validateProfile(corrected, settings).some((problem) => problem.rule === rule)) continue;
      if (attempt > 0) call.partial();
      call.quality(keptOf(profile, corrected, rule) * ATTEMPT_FACTOR ** attempt);
      return corrected;
    }
    call.fail("not_correctable");
    call.quality(0);
    return profile;
  });
}
