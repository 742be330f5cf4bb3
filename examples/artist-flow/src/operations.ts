/** What is tracked and learnt: when and about what a post is, how its text is asked for, and what may be spent on it. */
import { defineOperation } from "@trimtab/instrumentation";
import { SLOTS, STRATEGIES, TEMPLATES } from "./content.ts";

/** The name in trimtab.yaml. */
export const COMPONENT = "artist_flow";

/** The calendar: whether a plan was good shows only when people react, days later. */
export const planPost = defineOperation({
  name: "plan_post",
  component: COMPONENT,
  context: ["audience"],
  parameters: {
    slot: { type: "choice", base: "noon", choices: SLOTS },
    strategy: { type: "choice", base: "news", choices: STRATEGIES },
  },
});

/** The text: the template is judged at once by the text's quality, the number of drafts also by what they cost and what people do. */
export const writePost = defineOperation({
  name: "write_post",
  component: COMPONENT,
  context: ["audience"],
  parameters: {
    template: { type: "choice", base: "announcement", choices: TEMPLATES },
    drafts: { type: "integer", base: 3, min: 1, max: 6 },
  },
});
