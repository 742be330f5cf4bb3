/** Feedback as the HTTP interface takes and gives it. */
import {
  type Context,
  componentNameProblem,
  FEEDBACK_FORM,
  type FeedbackItem,
  type FeedbackReceipt,
  type Json,
  MAXIMUM_FEEDBACK_ITEMS,
  operationNameProblem,
} from "@trimtab/conventions";
import type { StoredFeedback } from "@trimtab/engine";
import { z } from "zod";
import { type Batch, batchSchema } from "./batch.ts";
import { checkedName, refuseContextKeys, sentContextSchema, VARIANT_ID } from "./call-wire.ts";
import { timeSchema, wireTime } from "./learning-wire.ts";
import { refuseNullCharacters } from "./null-characters.ts";

const json: z.ZodType<Json> = z.json();

function name(problem: (value: string) => string | undefined, description: string) {
  return checkedName(problem).optional().meta({ description });
}

/** One item. Every problem of it is named; those of other items do not touch it. */
export const feedbackItemSchema: z.ZodType<FeedbackItem> = z
  .strictObject({
    id: z
      .string()
      .min(1)
      .max(FEEDBACK_FORM.longestId)
      .meta({ description: "Idempotency key: sent again, the item counts once." }),
    type: z
      .string()
      .regex(FEEDBACK_FORM.type, {
        error: "must be 1 to 64 lower-case letters, digits or _, beginning with a letter",
      })
      .meta({ description: "user_rating, engagement, performance, or a name of your own.", examples: ["user_rating"] }),
    result: z.string().min(1).max(4_096).optional().meta({ description: "The handle of the result." }),
    component: name(componentNameProblem, "Without a handle: the component that had served."),
    operation: name(operationNameProblem, "Without a handle: its operation."),
    context: sentContextSchema
      .superRefine(refuseContextKeys)
      .optional()
      .meta({ description: "Without a handle: the context of the call." }),
    variant: z
      .string()
      .regex(VARIANT_ID, { error: "is no variant id; pass the one that the call was served" })
      .optional()
      .meta({ description: "Without a handle: the variant that had served." }),
    entity: z
      .string()
      .min(1)
      .max(FEEDBACK_FORM.longestEntity)
      .optional()
      .meta({ description: "What it is about, where that is no single result." }),
    source: name(componentNameProblem, "The component that collected it."),
    target: name(componentNameProblem, "The component that is to make something of it."),
    rating: z.number().gte(1).lte(5).optional().meta({ description: "1 to 5; the score is a fifth of it." }),
    score: z.number().gte(0).lte(1).optional().meta({ description: "0 to 1, 1 is best." }),
    errorRate: z.number().gte(0).lte(1).optional().meta({ description: "0 to 1; the score is what is left to 1." }),
    comment: z.string().max(FEEDBACK_FORM.longestComment).optional(),
    data: z
      .record(z.string(), json)
      .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= FEEDBACK_FORM.largestDataBytes, {
        error: `is larger than ${FEEDBACK_FORM.largestDataBytes / 1024} KiB of JSON`,
      })
      .optional(),
    at: z.iso
      .datetime({ offset: true })
      .optional()
      .meta({ description: "When it was given; without it, when it arrives." }),
  })
  .superRefine((item, context) => {
    const issue = (path: string, message: string): void => context.addIssue({ code: "custom", path: [path], message });
    if ([item.rating, item.score, item.errorRate].filter((value) => value !== undefined).length > 1)
      issue("score", "stands beside another of rating, score and errorRate; give one of them");
    const named = (["component", "operation", "context", "variant"] as const).filter((key) => item[key] !== undefined);
    if (item.result !== undefined && named[0] !== undefined)
      issue(named[0], "stands beside result, which says it already; leave it out");
    if (item.operation !== undefined && item.component === undefined) issue("component", "is missing beside operation");
    if (item.variant !== undefined && item.operation === undefined) issue("operation", "is missing beside variant");
    if (item.result === undefined && item.component === undefined && item.entity === undefined)
      issue(
        "result",
        "is missing; name what the feedback is about by result, by component and operation, or by entity",
      );
  })
  .superRefine(refuseNullCharacters) as z.ZodType<FeedbackItem>;

/** A batch, or one item by itself. */
export const feedbackRequestSchema: z.ZodType<Batch<"items">> = batchSchema({
  key: "items",
  one: "item",
  item: feedbackItemSchema,
  most: MAXIMUM_FEEDBACK_ITEMS,
});

/** What became of the items. */
export const feedbackReceiptSchema: z.ZodType<FeedbackReceipt> = z.strictObject({
  accepted: z.int(),
  known: z.int(),
  refused: z.array(z.strictObject({ index: z.int(), id: z.string().optional(), problems: z.array(z.string()) })),
});

/** Feedback as it is listed. */
export interface WireFeedback {
  readonly id: string;
  readonly type: string;
  readonly receivedAt: string;
  readonly at?: string | undefined;
  readonly component?: string | undefined;
  readonly operation?: string | undefined;
  readonly context: Context;
  readonly variant?: string | undefined;
  readonly servedAt?: string | undefined;
  readonly entity?: string | undefined;
  readonly source?: string | undefined;
  readonly target?: string | undefined;
  readonly score?: number | undefined;
  readonly comment?: string | undefined;
  readonly data?: { readonly [name: string]: Json } | undefined;
  /** The cycle of the operation that learnt from it. */
  readonly learntInCycle?: number | undefined;
}

const wireFeedbackSchema: z.ZodType<WireFeedback> = z.strictObject({
  id: z.string(),
  type: z.string(),
  receivedAt: timeSchema,
  at: timeSchema.optional(),
  component: z.string().optional(),
  operation: z.string().optional(),
  context: z.record(z.string(), z.string()),
  variant: z.string().optional(),
  servedAt: timeSchema.optional(),
  entity: z.string().optional(),
  source: z.string().optional(),
  target: z.string().optional(),
  score: z.number().optional(),
  comment: z.string().optional(),
  data: z.record(z.string(), json).optional(),
  learntInCycle: z
    .int()
    .optional()
    .meta({ description: "Absent while it waits, and where there is nothing to learn." }),
});

/** A page of feedback. */
export const feedbackPageSchema: z.ZodType<{
  readonly feedback: readonly WireFeedback[];
  readonly nextCursor?: string | undefined;
}> = z.strictObject({ feedback: z.array(wireFeedbackSchema), nextCursor: z.string().optional() });

/** Feedback for the wire. */
export function wireFeedback({ cycle, at, servedAt, receivedAt, ...item }: StoredFeedback): WireFeedback {
  return {
    ...item,
    receivedAt: wireTime(receivedAt),
    ...(at === undefined ? {} : { at: wireTime(at) }),
    ...(servedAt === undefined ? {} : { servedAt: wireTime(servedAt) }),
    ...(cycle === undefined ? {} : { learntInCycle: cycle }),
  };
}
