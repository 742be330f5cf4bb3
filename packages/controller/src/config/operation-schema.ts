/** What may stand under an operation in trimtab.yaml. */
import { KEPT_BY_RESET, MAXIMUM_CONTEXTS, MOST_CONTEXTS } from "@trimtab/learning";
import { z } from "zod";
import type { OperationSection } from "./config-file.ts";
import { parseConstraint } from "./constraint-text.ts";
import { DEFAULTS } from "./defaults.ts";
import { duration, text } from "./text-schemas.ts";

const weight = z
  .number()
  .gt(0)
  .meta({ description: "The part's weight; weights are relative to their sum.", examples: [0.6] });
const ratio = z.union([weight, z.strictObject({ weight })]);

const numeric = {
  base: z
    .number()
    .meta({ description: "The value that people chose; served wherever nothing better is proved.", examples: [0.7] }),
  min: z.number().meta({ description: "The least value that may be served.", examples: [0.5] }),
  max: z.number().meta({ description: "The greatest value that may be served.", examples: [0.9] }),
  step: z
    .number()
    .gt(0)
    .optional()
    .meta({
      description:
        "Distance between neighbouring values; without it 1 for an integer, a twentieth of the range for a number.",
      examples: [0.1],
    }),
  scale: z
    .enum(["linear", "log"])
    .optional()
    .meta({ description: "`log` where a factor means more than a difference.", default: "linear" }),
  largestStep: z
    .number()
    .gt(0)
    .optional()
    .meta({
      description: "The largest change that one adaptation may make; without it, only min and max limit it.",
      examples: [0.2],
    }),
};

const parameter = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.enum(["number", "integer"]).meta({ description: "number, integer, choice or boolean." }),
    ...numeric,
  }),
  z.strictObject({
    type: z.literal("choice"),
    base: z.string().meta({ description: "One of the choices." }),
    choices: z
      .array(z.string())
      .meta({ description: "Every value that may be served.", examples: [["small", "large"]] }),
  }),
  z.strictObject({ type: z.literal("boolean"), base: z.boolean().meta({ description: "true or false." }) }),
]);

/** An id, or a section with the strategy's options. */
const strategy = z.union([
  z.string(),
  z.looseObject({
    kind: z
      .string()
      .optional()
      .meta({ description: "The strategy's id; its options stand beside it.", examples: ["threshold-rule"] }),
    module: z
      .string()
      .min(1)
      .optional()
      .meta({
        description: "Instead of an id: a module with a strategy of your own; relative to this file.",
        examples: ["./my-strategy.mjs"],
      }),
  }),
]);

/** One operation. */
export const operationSchema: z.ZodType<OperationSection> = z.strictObject({
  context: z
    .array(z.string())
    .optional()
    .meta({
      description: "The context keys by which parameters may differ; the order breaks ties.",
      default: [],
      examples: [["genre", "mood"]],
    }),
  parameters: z
    .record(z.string(), parameter)
    .optional()
    .meta({ description: "What may be changed. With none, the operation is only measured.", default: {} }),
  objective: z
    .strictObject({
      quality: ratio.optional().meta({ description: "Weight of the mean quality." }),
      success: ratio.optional().meta({ description: "Weight of the success rate; a partial counts one half." }),
      latency: z
        .strictObject({
          weight,
          good: duration("At this duration or less the utility is 1.", "200ms"),
          bad: duration("At this duration or more the utility is 0.", "5s"),
        })
        .optional()
        .meta({ description: "Weight of a short duration.", examples: [{ weight: 0.1, good: "200ms", bad: "5s" }] }),
      cost: z
        .strictObject({
          weight,
          unit: z
            .string()
            .min(1)
            .meta({ description: "The unit of the cost that the service reports.", examples: ["usd"] }),
          reference: z
            .number()
            .gt(0)
            .meta({
              description: "At this cost per call or more the utility is 0; at no cost it is 1.",
              examples: [0.002],
            }),
        })
        .optional()
        .meta({ description: "Weight of a low cost.", examples: [{ weight: 0.1, unit: "usd", reference: 0.002 }] }),
      feedback: z
        .union([
          weight,
          z.strictObject({
            weight,
            attribution: duration("A rating that is given later than this after its call moves no comparison.", "30d")
              .optional()
              .meta({ default: DEFAULTS.attribution }),
          }),
        ])
        .optional()
        .meta({
          description: "Weight of the ratings that arrive later (`POST /v1/feedback`), by the variant that had served.",
          examples: [{ weight: 0.2, attribution: "7d" }],
        }),
    })
    .optional()
    .meta({
      description: "What better means: weighted parts that each lie between 0 and 1.",
      default: DEFAULTS.objective,
    }),
  constraints: z
    .array(text((value) => problemOf(parseConstraint(value)), "A limit on outcomes.", "p95_latency <= 1.2 x baseline"))
    .optional()
    .meta({
      description: "What a variant must never break; one that does is taken back.",
      default: [],
      examples: [["success_rate >= 0.9", "p95_latency <= 2s"], ["success_rate >= 0.98 x baseline"]],
    }),
  mode: z.enum(["observe", "suggest", "auto"]).optional().meta({
    description:
      "observe: nothing is tried; suggest: a person takes each change; auto: a change that is confident enough is applied.",
    default: DEFAULTS.mode,
  }),
  confidence: z
    .number()
    .gte(0)
    .lte(1)
    .optional()
    .meta({ description: "A change with less confidence is only suggested.", default: DEFAULTS.confidence }),
  holdout: z
    .number()
    .gte(0)
    .lte(0.5)
    .optional()
    .meta({ description: "The share of the calls that keeps the base values for ever.", default: DEFAULTS.holdout }),
  maximumContexts: z.number().int().gte(1).lte(MOST_CONTEXTS).optional().meta({
    description: "So many contexts are remembered; those that were seen longest ago are forgotten first.",
    default: MAXIMUM_CONTEXTS,
  }),
  reset: z
    .strictObject({
      every: duration("How long a period is: an hour at least.", "7d"),
      keep: z
        .number()
        .gte(0)
        .lt(1)
        .optional()
        .meta({ description: "The part of the evidence that goes on counting.", default: KEPT_BY_RESET }),
    })
    .optional()
    .meta({
      description:
        "Makes what was learnt count less once in a period; the values in force stay. Without it nothing is reset.",
      examples: [{ every: "7d", keep: 0.3 }],
    }),
  strategy: strategy.optional().meta({
    description: "Who proposes changes: an id, or `kind` (or `module`) with the strategy's own options beside it.",
    default: DEFAULTS.strategy,
    examples: ["threshold-rule"],
  }),
  experiment: z
    .strictObject({
      name: z.string().meta({
        description: "Names the experiment in records and metrics; under another name it begins anew.",
        examples: ["rule-or-surface"],
      }),
      treatment: strategy.meta({
        description:
          "The second strategy, written like `strategy`; the first one, the control, is the operation's own.",
        examples: ["threshold-rule"],
      }),
      share: z.number().gte(0.01).lte(0.99).optional().meta({
        description: "The treatment's share of the calls outside of the holdout.",
        default: DEFAULTS.experimentShare,
      }),
    })
    .optional()
    .meta({
      description: "Two strategies beside each other, each on calls of its own, and how much they differ.",
      examples: [{ name: "rule-or-surface", treatment: "threshold-rule", share: 0.5 }],
    }),
});

function problemOf(result: { readonly problem: string } | object): string | undefined {
  return "problem" in result ? result.problem : undefined;
}
