/**
 * The self-learning module: when and about what a post is, how its text is asked for, and what may be spent on it. The objectives here
 * count where it learns in its own process; with a controller trimtab.yaml says them.
 */
import { defineModule, defineModuleOperation } from "@trimtab/module-kit";
import { z } from "zod";
import { COMPONENT } from "./component.ts";
import { AUDIENCES, type PostedArtist, SLOTS, STRATEGIES, TEMPLATES } from "./content.ts";
import type { Draft, TextGenerator } from "./plain-generator.ts";
import { textQuality } from "./text-quality.ts";

/** The share of the calls that keeps the base values for ever. */
const HOLDOUT = 0.2;

const Config = z.object({
  /** Whoever writes the texts. */
  generate: z.custom<TextGenerator>((value) => typeof value === "function", "must be a function that writes a text"),
});

const artistSchema: z.ZodType<PostedArtist> = z.object({
  id: z.string(),
  name: z.string(),
  genre: z.string(),
  artistType: z.string(),
  tone: z.string(),
  uniqueness: z.number(),
  version: z.int(),
});

/** The calendar: whether a plan was good shows only when people react, days later. */
const planPost = defineModuleOperation({
  input: z.object({ audience: z.enum(AUDIENCES) }),
  context: { audience: ({ audience }) => audience },
  parameters: {
    slot: { type: "choice", base: "noon", choices: SLOTS },
    strategy: { type: "choice", base: "news", choices: STRATEGIES },
  },
  objective: { feedback: { weight: 0.9 }, success: { weight: 0.1 } },
  holdout: HOLDOUT,
  process: (_input, { parameters: { slot, strategy } }) => ({ slot, strategy }),
});

/** The text: the template is judged at once by the text's quality, the number of drafts also by what they cost and what people do. */
const writePost = defineModuleOperation({
  config: Config,
  input: z.object({ artist: artistSchema, audience: z.enum(AUDIENCES), strategy: z.enum(STRATEGIES) }),
  context: { audience: ({ audience }) => audience },
  parameters: {
    template: { type: "choice", base: "announcement", choices: TEMPLATES },
    drafts: { type: "integer", base: 3, min: 1, max: 5 },
  },
  objective: {
    quality: { weight: 0.45 },
    feedback: { weight: 0.3 },
    cost: { weight: 0.25, unit: "usd", reference: 0.014 },
  },
  constraints: [{ kind: "success-rate", minimum: 0.9 }],
  holdout: HOLDOUT,
  async process({ artist, audience, strategy }, run) {
    const { template, drafts } = run.parameters;
    const asked = Array.from({ length: drafts }, () => run.config.generate({ template, strategy, artist }));
    const written = (await Promise.allSettled(asked)).flatMap((draft) =>
      draft.status === "fulfilled" ? [draft.value] : [],
    );
    run.cost(
      written.reduce((sum, { costUsd }) => sum + costUsd, 0),
      "usd",
    );
    if (written.length === 0) throw new Error(`none of ${drafts} drafts for ${audience} was written`);
    if (written.length < drafts) run.partial();
    return { template, ...best(written, (text) => textQuality(text, audience, artist)) };
  },
  quality: ({ quality }) => quality,
});

function best(drafts: readonly Draft[], qualityOf: (text: string) => number): Draft & { readonly quality: number } {
  return drafts
    .map((draft) => ({ ...draft, quality: qualityOf(draft.text) }))
    .reduce((found, draft) => (draft.quality > found.quality ? draft : found));
}

/** The module; `create({ generate })` makes one, which learns in its process or, with TRIMTAB_CONTROLLER_URL, at the controller. */
export const artistFlow = defineModule({
  name: COMPONENT,
  config: Config,
  operations: { plan_post: planPost, write_post: writePost },
});

/** A module that was made. */
export type ArtistFlow = ReturnType<typeof artistFlow.create>;
