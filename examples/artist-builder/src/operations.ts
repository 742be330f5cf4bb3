/** What is tracked and learnt: what is filled in, which rules hold, and what is tried first where one is broken. */
import { defineOperation } from "@trimtab/instrumentation";
import { CORRECTIONS } from "./corrections.ts";
import { TONES } from "./profile.ts";
import { STRICTNESS } from "./validation-rules.ts";

/** The name in trimtab.yaml. */
export const COMPONENT = "artist_builder";

/** What is filled in where an artist leaves it out. Whether it was right shows in what people say later. */
export const fillDefaults = defineOperation({
  name: "fill_defaults",
  component: COMPONENT,
  context: ["artist_type"],
  parameters: {
    tone: { type: "choice", base: "warm", choices: TONES },
    posts_per_week: { type: "integer", base: 7, min: 1, max: 14 },
  },
});

/** The rules, one parameter each. A success was valid as it came, a partial one after corrections, a failure is refused. */
export const validateRequest = defineOperation({
  name: "validate_profile",
  component: COMPONENT,
  context: ["artist_type"],
  parameters: {
    bio_length: { type: "choice", base: "lenient", choices: STRICTNESS },
    distinct_name: { type: "choice", base: "lenient", choices: STRICTNESS },
    genre_match: { type: "choice", base: "lenient", choices: STRICTNESS },
  },
});

/** What is tried first about a broken rule. A success is repaired by it, a partial one by another; the quality is what was kept. */
export const correctProfile = defineOperation({
  name: "correct_profile",
  component: COMPONENT,
  context: ["error_type"],
  parameters: { first_correction: { type: "choice", base: "replace", choices: CORRECTIONS } },
});
