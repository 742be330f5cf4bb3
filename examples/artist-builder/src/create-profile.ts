/** From a request to a profile: what is missing is filled in, what breaks a rule is corrected, what cannot be is refused. */
import type { ResultHandle } from "@trimtab/conventions";
import type { ArtistBuilder } from "./artist-builder.ts";
import type { ArtistProfile, ProfileRequest } from "./profile.ts";
import type { RuleName, RuleProblem } from "./validation-rules.ts";

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

/** Makes a profile of a request that has the right form. */
export async function createProfile(module: ArtistBuilder, request: ProfileRequest): Promise<CreatedProfile> {
  const { profile, handle } = await fillIn(module, request);
  const checked = await module.operations.validate_profile.process(profile);
  const handles = { rules: checked.handle, ...(handle === undefined ? {} : { defaults: handle }) };
  return { ...checked.data, handles };
}

async function fillIn(
  module: ArtistBuilder,
  request: ProfileRequest,
): Promise<{ readonly profile: ArtistProfile; readonly handle?: ResultHandle }> {
  const { tone, postsPerWeek } = request;
  if (tone !== undefined && postsPerWeek !== undefined) return { profile: { ...request, tone, postsPerWeek } };
  const { data, handle } = await module.operations.fill_defaults.process(request);
  return { profile: data, handle };
}
