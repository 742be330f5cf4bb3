/** A review as the HTTP interface tells it. */
import type { ParameterValue } from "@trimtab/conventions";
import type { OperationPolicy } from "@trimtab/learning";
import { z } from "zod";
import type {
  OperationReview,
  Oscillation,
  ParameterReview,
  SideEffect,
  VerdictCounts,
} from "../../review/review-operation.ts";
import { parameterValueSchema, timeSchema, wireTime } from "./learning-wire.ts";

/** The review of an operation. */
interface WireOperationReview {
  readonly component: string;
  readonly operation: string;
  readonly mode: string;
  /** False: there were more changes than a review looks at. */
  readonly isWhole: boolean;
  readonly parameters: readonly ParameterReview[];
  readonly verdicts: VerdictCounts;
  readonly impact: readonly {
    readonly context: string;
    readonly estimate: number;
    readonly lower: number;
    readonly upper: number;
    readonly windows: number;
    readonly calls: number;
    readonly verdict: "helps" | "harms" | "not told apart";
    readonly isOverridden: boolean;
  }[];
  readonly contextsWithData: number;
  /** Of all that have data, without those that a person has overridden. */
  readonly contextsHelped: number;
  readonly contextsHarmed: number;
  readonly contextsWithoutData: number;
  readonly sideEffects: readonly SideEffect[];
  readonly oscillations: readonly Oscillation[];
  readonly breakers: readonly { readonly context: string; readonly state: "open" | "half-open" }[];
  readonly awaiting: readonly {
    readonly id: string;
    readonly at: string;
    readonly parameter: string;
    readonly oldValue: ParameterValue;
    readonly newValue: ParameterValue;
    readonly confidence: number;
  }[];
  readonly resetDueAt?: string | undefined;
}

/** A review. */
export interface WireReview {
  readonly since: string;
  readonly until: string;
  readonly operations: readonly WireOperationReview[];
}

const MOST_CONTEXTS = 20;
const STATUSES = ["suggested", "approved", "applied", "superseded", "rejected", "rolled-back", "failed"] as const;

/** The schema of a review. */
export const reviewSchema: z.ZodType<WireReview> = z.strictObject({
  since: timeSchema,
  until: timeSchema,
  operations: z.array(
    z.strictObject({
      component: z.string(),
      operation: z.string(),
      mode: z.string(),
      isWhole: z.boolean().meta({ description: "False: there were more changes than a review looks at." }),
      parameters: z.array(
        z.strictObject({
          parameter: z.string(),
          statuses: z.partialRecord(z.enum(STATUSES), z.int()),
          applied: z.int().meta({ description: "How many were ever in force." }),
        }),
      ),
      verdicts: z.strictObject({ approved: z.int(), rejected: z.int(), rolledBack: z.int(), takenBack: z.int() }).meta({
        description:
          "Changes that people approved, rejected and rolled back, and those that a limit, the holdout, a service or an alert took back.",
      }),
      impact: z
        .array(
          z.strictObject({
            context: z.string(),
            estimate: z.number(),
            lower: z.number(),
            upper: z.number(),
            windows: z.int(),
            calls: z.number(),
            verdict: z.enum(["helps", "harms", "not told apart"]),
            isOverridden: z.boolean().meta({ description: "The lift is that of a person's override." }),
          }),
        )
        .meta({ description: "Lift against the holdout, of the 20 contexts with the most calls." }),
      contextsWithData: z.int(),
      contextsHelped: z.int().meta({ description: "Of all with data, without those that are overridden." }),
      contextsHarmed: z.int(),
      contextsWithoutData: z.int(),
      sideEffects: z
        .array(
          z.strictObject({
            measure: z.enum(["success rate", "quality", "mean duration", "cost"]),
            unit: z.string(),
            holdout: z.number(),
            served: z.number(),
            relative: z.number().optional(),
            isWorse: z.boolean(),
          }),
        )
        .meta({
          description: "Measures that the objective leaves out, served against the holdout. Without an interval.",
        }),
      oscillations: z.array(
        z.strictObject({
          context: z.string(),
          parameter: z.string(),
          values: z.array(parameterValueSchema),
          returns: z.int(),
        }),
      ),
      breakers: z.array(z.strictObject({ context: z.string(), state: z.enum(["open", "half-open"]) })),
      awaiting: z.array(
        z.strictObject({
          id: z.string(),
          at: timeSchema,
          parameter: z.string(),
          oldValue: parameterValueSchema,
          newValue: parameterValueSchema,
          confidence: z.number(),
        }),
      ),
      resetDueAt: timeSchema.optional(),
    }),
  ),
});

/** A review for the wire. */
export function wireOperationReview(
  { component, operation, mode }: OperationPolicy,
  review: OperationReview,
  isWhole: boolean,
): WireOperationReview {
  return {
    component,
    operation,
    mode,
    isWhole,
    parameters: review.parameters,
    verdicts: review.verdicts,
    impact: review.impact.slice(0, MOST_CONTEXTS).map(({ context, lift, verdict, isOverridden }) => ({
      context,
      estimate: lift.estimate,
      lower: lift.lower,
      upper: lift.upper,
      windows: lift.windows,
      calls: lift.served.calls,
      verdict,
      isOverridden,
    })),
    contextsWithData: review.impact.length,
    contextsHelped: review.impact.filter(({ verdict, isOverridden }) => verdict === "helps" && !isOverridden).length,
    contextsHarmed: review.impact.filter(({ verdict, isOverridden }) => verdict === "harms" && !isOverridden).length,
    contextsWithoutData: review.contextsWithoutData,
    sideEffects: review.sideEffects,
    oscillations: review.oscillations,
    breakers: review.breakers,
    awaiting: review.awaiting.map(({ id, at, parameter, oldValue, newValue, confidence }) => ({
      id,
      at: wireTime(at),
      parameter,
      oldValue,
      newValue,
      confidence,
    })),
    resetDueAt: review.resetDueAt === undefined ? undefined : wireTime(review.resetDueAt),
  };
}
