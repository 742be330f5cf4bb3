/**
 * The self-learning module: what is filled in, which rules hold, and what is tried first where one is broken. The objectives here count
 * where it learns in its own process; with a controller trimtab.yaml says them.
 */
import { defineModule, defineModuleOperation } from "@trimtab/module-kit";
import { z } from "zod";
import { COMPONENT } from "./component.ts";
import { CORRECTIONS, type Correction, correct, keptOf } from "./corrections.ts";
import { type ArtistProfile, artistProfileSchema, profileRequestSchema, TONES } from "./profile.ts";
import { RULES, type RuleName, type RuleSettings, STRICTNESS, validateProfile } from "./validation-rules.ts";

/** The share of the calls that keeps the base values for ever. */
const HOLDOUT = 0.2;

const Config = z.object({
  /** What is left of a correction's quality with each further attempt that it needs. */
  attemptFactor: z.number().min(0).max(1).default(0.8),
});

/** What is filled in where an artist leaves it out. Whether it was right shows in what people say later. */
const fillDefaults = defineModuleOperation({
  input: profileRequestSchema,
  context: { artist_type: ({ artistType }) => artistType },
  parameters: {
    tone: { type: "choice", base: "warm", choices: TONES },
    posts_per_week: { type: "integer", base: 7, min: 1, max: 14 },
  },
  objective: { feedback: { weight: 0.9 }, success: { weight: 0.1 } },
  holdout: HOLDOUT,
  process: (request, run): ArtistProfile => ({
    ...request,
    tone: request.tone ?? run.parameters.tone,
    postsPerWeek: request.postsPerWeek ?? run.parameters.posts_per_week,
  }),
});

/** What is tried first about a broken rule. A success is repaired by it, a partial one by another; the quality is what was kept. */
const correctProfile = defineModuleOperation({
  config: Config,
  input: z.object({
    profile: artistProfileSchema,
    rule: z.enum(RULES),
    settings: z.custom<RuleSettings>(),
  }),
  context: { error_type: ({ rule }) => rule },
  parameters: { first_correction: { type: "choice", base: "replace", choices: CORRECTIONS } },
  objective: { quality: { weight: 0.6 }, success: { weight: 0.4 } },
  holdout: HOLDOUT,
  process({ profile, rule, settings }, run): ArtistProfile {
    const first = run.parameters.first_correction;
    const order: readonly Correction[] = [first, ...CORRECTIONS.filter((each) => each !== first)];
    for (const [attempt, correction] of order.entries()) {
      const corrected = correct(correction, profile, rule, settings);
      if (validateProfile(corrected, settings).some((problem) => problem.rule === rule)) continue;
      if (attempt > 0) run.partial();
      run.quality(keptOf(profile, corrected, rule) * run.config.attemptFactor ** attempt);
      return corrected;
    }
    run.fail("not_correctable");
    run.quality(0);
    return profile;
  },
});

/** The rules, one parameter each. A success was valid as it came, a partial one after corrections, a failure is refused. */
const checkProfile = defineModuleOperation({
  input: artistProfileSchema,
  context: { artist_type: ({ artistType }) => artistType },
  parameters: {
    bio_length: { type: "choice", base: "lenient", choices: STRICTNESS },
    distinct_name: { type: "choice", base: "lenient", choices: STRICTNESS },
    genre_match: { type: "choice", base: "lenient", choices: STRICTNESS },
  },
  objective: { feedback: { weight: 0.95 }, success: { weight: 0.05 } },
  constraints: [{ kind: "success-rate", minimum: 0.4 }],
  holdout: HOLDOUT,
  async process(profile, run) {
    const settings: RuleSettings = run.parameters;
    const broken = validateProfile(profile, settings);
    let current: ArtistProfile = profile;
    for (const { rule } of broken)
      current = (await run.invoke(correctProfile, { profile: current, rule, settings })).data;
    const problems = broken.length === 0 ? [] : validateProfile(current, settings);
    if (problems.length > 0) run.fail("rule_broken");
    else if (broken.length > 0) run.partial();
    const stillBroken = new Set(problems.map(({ rule }) => rule));
    const corrected: RuleName[] = broken.map(({ rule }) => rule).filter((rule) => !stillBroken.has(rule));
    return { profile: current, problems, corrected };
  },
});

/** The module; `create()` makes one, which learns in its process or, with TRIMTAB_CONTROLLER_URL, at the controller. */
export const artistBuilder = defineModule({
  name: COMPONENT,
  config: Config,
  operations: { fill_defaults: fillDefaults, validate_profile: checkProfile, correct_profile: correctProfile },
});

/** A module that was made. */
export type ArtistBuilder = ReturnType<typeof artistBuilder.create>;
