/** An operation as the HTTP interface tells it. */
import type { Context, ParameterSpace } from "@trimtab/conventions";
import type { ContextDecision, OperationPolicy } from "@trimtab/learning";
import { z } from "zod";
import { peopleSchema, type WirePeople } from "./act-wire.ts";
import type { WireAdaptation } from "./adaptation-wire.ts";
import { experimentPlaceSchema, experimentSchema, type WireExperiment } from "./experiment-wire.ts";
import {
  contextSchema,
  liftSchema,
  parameterValueSchema,
  reasonSchema,
  timeSchema,
  variantSchema,
  type WireLift,
  type WireReason,
  type WireVariant,
} from "./learning-wire.ts";
import { standingSchema, type WireStanding } from "./standing-wire.ts";

/** One operation in the list. */
export interface WireOperationSummary {
  readonly component: string;
  readonly operation: string;
  readonly mode: OperationPolicy["mode"];
  readonly strategy: string;
  /** How many cycles were recorded. */
  readonly cycles: number;
  /** How many contexts have an allocation of their own. */
  readonly contexts: number;
  readonly lastDecisionAt?: string | undefined;
  /** Does it stand in the configuration file, or did a service register it? */
  readonly source: "file" | "registered";
  /** Are its metrics scraped, or its outcomes reported? */
  readonly metrics: "scraped" | "reported";
  /** When the last outcome was reported; absent where none was. */
  readonly lastReportAt?: string | undefined;
  readonly standing: WireStanding;
}

/** One context of an operation. */
export interface WireOperationContext {
  readonly context: Context;
  readonly variants: readonly WireVariant[];
  /** The values in force: the incumbent's, or the baseline's. */
  readonly parameters: WireVariant["parameters"];
  /** While an experiment runs: of the control. */
  readonly lift?: WireLift | undefined;
  /** The same of an experiment's treatment; absent without one. */
  readonly treatment?:
    | {
        readonly lift?: WireLift | undefined;
        readonly lastDecision: { readonly kind: ContextDecision["kind"]; readonly reason: WireReason };
      }
    | undefined;
  readonly lastDecision?: { readonly kind: ContextDecision["kind"]; readonly reason: WireReason } | undefined;
  readonly lastAdaptation?:
    | (Pick<
        WireAdaptation,
        "id" | "at" | "parameter" | "oldValue" | "newValue" | "status" | "confidence" | "experiment"
      > & {
        readonly reason: WireReason;
      })
    | undefined;
}

/** One operation whole. */
export interface WireOperation extends WireOperationSummary {
  readonly specification: {
    readonly context: readonly string[];
    readonly parameters: ParameterSpace;
    /** Parts of the objective with their weight, which sum to 1. */
    readonly objective: OperationPolicy["objective"];
    readonly constraints: readonly string[];
    readonly confidence: number;
    readonly holdout: number;
    readonly strategy: { readonly kind: string; readonly options: Readonly<Record<string, unknown>> };
    readonly experiment?: OperationPolicy["experiment"] | undefined;
    /** How often what was learnt is made to count less, and the part that goes on counting. */
    readonly reset?: OperationPolicy["reset"] | undefined;
  };
  /** What the service last declared in code; absent where it declared nothing. */
  readonly declared?:
    | {
        readonly at: string;
        readonly context: readonly string[];
        readonly parameters: ParameterSpace;
        /** As the service wrote it. */
        readonly section: Readonly<Record<string, unknown>>;
        /** Where there are any, the service uses the base values of its code. */
        readonly differences: readonly { readonly path: string; readonly message: string }[];
      }
    | undefined;
  /** How the experiment stands, since the first decision under it. */
  readonly experiment?: WireExperiment | undefined;
  readonly decision?:
    | { readonly id: string; readonly at: string; readonly windowEnd: string; readonly mayExplore: boolean }
    | undefined;
  /** What people have set and which reset is due; absent where there is nothing. */
  readonly people?: WirePeople | undefined;
  /** Changes that wait for a person, newest first, at most a hundred. */
  readonly awaiting: readonly Pick<
    WireAdaptation,
    "id" | "changeId" | "context" | "parameter" | "oldValue" | "newValue" | "confidence"
  >[];
  readonly states: readonly WireOperationContext[];
}

const modeSchema = z.enum(["observe", "suggest", "auto"]);
const operationSummary = {
  component: z.string(),
  operation: z.string(),
  mode: modeSchema,
  strategy: z.string(),
  cycles: z.int(),
  contexts: z.int(),
  lastDecisionAt: timeSchema.optional(),
  source: z.enum(["file", "registered"]),
  metrics: z.enum(["scraped", "reported"]),
  lastReportAt: timeSchema.optional(),
  standing: standingSchema,
};
/** The list of operations. */
export const operationListSchema: z.ZodType<{
  readonly operations: readonly WireOperationSummary[];
  readonly nextCursor?: string | undefined;
}> = z.strictObject({
  operations: z.array(z.strictObject(operationSummary)),
  nextCursor: z.string().optional(),
});
const numeric = {
  base: z.number(),
  min: z.number(),
  max: z.number(),
  step: z.number().optional(),
  scale: z.enum(["linear", "log"]).optional(),
  largestStep: z.number().optional(),
};
const spaceSchema = z.record(
  z.string(),
  z.discriminatedUnion("type", [
    z.strictObject({ type: z.enum(["number", "integer"]), ...numeric }),
    z.strictObject({ type: z.literal("choice"), base: z.string(), choices: z.array(z.string()) }),
    z.strictObject({ type: z.literal("boolean"), base: z.boolean() }),
  ]),
);
const strategySchema = z.strictObject({
  kind: z.string(),
  options: z.record(z.string(), z.unknown()),
  module: z.strictObject({ path: z.string(), digest: z.string() }).optional(),
});
const decisionSchema = z.strictObject({
  kind: z.enum(["hold", "shift", "adapt", "suggest", "roll-back"]),
  reason: reasonSchema,
});
const ratio = z.strictObject({ weight: z.number() });
/** One operation whole. */
export const operationSchema: z.ZodType = z.strictObject({
  ...operationSummary,
  specification: z.strictObject({
    context: z.array(z.string()),
    parameters: spaceSchema,
    objective: z.strictObject({
      quality: ratio.optional(),
      success: ratio.optional(),
      latency: z.strictObject({ weight: z.number(), goodSeconds: z.number(), badSeconds: z.number() }).optional(),
      cost: z.strictObject({ weight: z.number(), unit: z.string(), reference: z.number() }).optional(),
      feedback: z.strictObject({ weight: z.number(), attributionMilliseconds: z.number().optional() }).optional(),
    }),
    constraints: z.array(z.string()),
    confidence: z.number(),
    holdout: z.number(),
    strategy: strategySchema,
    experiment: z.strictObject({ name: z.string(), treatment: strategySchema, share: z.number() }).optional(),
    reset: z.strictObject({ everyMilliseconds: z.number(), keep: z.number() }).optional(),
  }),
  declared: z
    .strictObject({
      at: timeSchema,
      context: z.array(z.string()),
      parameters: spaceSchema,
      section: z.record(z.string(), z.unknown()).meta({ description: "As the service wrote it." }),
      differences: z.array(z.strictObject({ path: z.string(), message: z.string() })),
    })
    .optional(),
  experiment: experimentSchema.optional(),
  decision: z
    .strictObject({ id: z.string(), at: timeSchema, windowEnd: timeSchema, mayExplore: z.boolean() })
    .optional(),
  people: peopleSchema.optional(),
  awaiting: z.array(
    z.strictObject({
      id: z.string(),
      changeId: z.string(),
      context: contextSchema,
      parameter: z.string(),
      oldValue: parameterValueSchema,
      newValue: parameterValueSchema,
      confidence: z.number(),
    }),
  ),
  states: z.array(
    z.strictObject({
      context: contextSchema,
      variants: z.array(variantSchema),
      parameters: z.record(z.string(), parameterValueSchema),
      lift: liftSchema.optional(),
      treatment: z.strictObject({ lift: liftSchema.optional(), lastDecision: decisionSchema }).optional(),
      lastDecision: decisionSchema.optional(),
      lastAdaptation: z
        .strictObject({
          id: z.string(),
          at: timeSchema,
          parameter: z.string(),
          oldValue: parameterValueSchema,
          newValue: parameterValueSchema,
          status: z.string(),
          confidence: z.number(),
          reason: reasonSchema,
          experiment: experimentPlaceSchema.optional(),
        })
        .optional(),
    }),
  ),
});
