/** Operations that were measured elsewhere, as the HTTP interface takes them. */
import {
  componentNameProblem,
  MAXIMUM_OUTCOMES,
  MAXIMUM_RESULT_HANDLE_LENGTH,
  OUTCOMES,
  type OutcomeReport,
  type OutcomesReceipt,
  operationNameProblem,
  RECORD_FORM,
} from "@trimtab/conventions";
import { z } from "zod";
import type { ErrorCode } from "../../errors.ts";
import { type Batch, batchSchema } from "./batch.ts";
import { checkedName, refuseContextKeys, sentContextSchema, VARIANT_ID } from "./call-wire.ts";
import { parameterValuesSchema } from "./learning-wire.ts";
import { refuseNullCharacters } from "./null-characters.ts";

/** Why an outcome is refused. */
export const OUTCOME_ERRORS: readonly ErrorCode[] = [
  "BODY_INVALID",
  "COMPONENT_UNKNOWN",
  "OPERATION_UNKNOWN",
  "COMPONENT_SCRAPED",
  "OUTCOME_TOO_LATE",
  "IDEMPOTENCY_KEY_REUSED",
  "CONTEXT_LIMIT_REACHED",
];

/** The largest amount that is taken, so that no sum and no square leaves what a number can hold exactly enough. */
const LARGEST_AMOUNT = 1e12;

function name(problem: (value: string) => string | undefined, description: string) {
  return checkedName(problem).optional().meta({ description });
}

/** One outcome. Every problem of it is named; those of others do not touch it. */
export const outcomeSchema: z.ZodType<OutcomeReport> = z
  .strictObject({
    id: z
      .string()
      .min(1)
      .max(RECORD_FORM.longestId)
      .meta({ description: "Idempotency key within the operation: sent again, the outcome counts once." }),
    component: name(componentNameProblem, "Without a handle: the component."),
    operation: name(operationNameProblem, "Without a handle: its operation."),
    context: sentContextSchema
      .refine((value) => Object.keys(value).length <= RECORD_FORM.mostContextKeys, {
        error: `has more than ${RECORD_FORM.mostContextKeys} keys; leave some out`,
      })
      .superRefine(refuseContextKeys)
      .optional()
      .meta({
        description:
          "Without a handle: the context of the call. Keys that the operation does not declare are left out.",
      }),
    result: z
      .string()
      .min(1)
      .max(MAXIMUM_RESULT_HANDLE_LENGTH)
      .optional()
      .meta({ description: "The handle of the result." }),
    variant: z
      .string()
      .regex(VARIANT_ID, { error: "is no variant id; pass the one that GET /v1/parameters gave" })
      .optional()
      .meta({ description: "The variant that had served." }),
    parameters: parameterValuesSchema
      .optional()
      .meta({ description: "All values as they were used, where the variant is not known." }),
    outcome: z.enum(OUTCOMES),
    at: z.iso.datetime({ offset: true }).meta({ description: "When it ended." }),
    durationMilliseconds: z
      .number()
      .gte(0)
      .lte(LARGEST_AMOUNT)
      .optional()
      .meta({ description: "Absent where nobody measured it." }),
    quality: z.number().gte(0).lte(1).optional().meta({ description: "0 to 1, 1 is best." }),
    cost: z
      .record(z.string().min(1).max(RECORD_FORM.longestName), z.number().gte(0).lte(LARGEST_AMOUNT))
      .refine((value) => Object.keys(value).length <= RECORD_FORM.mostUnits, {
        error: `has more than ${RECORD_FORM.mostUnits} units; leave some out`,
      })
      .optional()
      .meta({ description: "Amounts by unit." }),
    errorType: z.string().min(1).max(RECORD_FORM.longestName).optional(),
  })
  .superRefine((item, context) => {
    const issue = (path: string, message: string): void => context.addIssue({ code: "custom", path: [path], message });
    const served = (["result", "variant", "parameters"] as const).filter((key) => item[key] !== undefined);
    if (served.length === 0)
      issue("variant", "is missing; tell what served the call by variant, by parameters or by result");
    if (served.length > 1) issue(served[1] as string, `stands beside ${served[0]}; one of them says it`);
    if (item.result === undefined) {
      for (const key of ["component", "operation"] as const)
        if (item[key] === undefined) issue(key, "is missing; name the operation, or pass the handle of the result");
    } else {
      for (const key of ["component", "operation", "context"] as const)
        if (item[key] !== undefined) issue(key, "stands beside result, which says it already; leave it out");
    }
  })
  .superRefine(refuseNullCharacters) as z.ZodType<OutcomeReport>;

/** A batch, or one outcome by itself. */
export const outcomesRequestSchema: z.ZodType<Batch<"outcomes">> = batchSchema({
  key: "outcomes",
  one: "outcome",
  item: outcomeSchema,
  most: MAXIMUM_OUTCOMES,
});

/** What became of the outcomes. */
export const outcomesReceiptSchema: z.ZodType<OutcomesReceipt> = z.strictObject({
  accepted: z.int().meta({ description: "Counted now." }),
  known: z.int().meta({ description: "Counted before, under the same key." }),
  refused: z.array(
    z.strictObject({
      index: z.int(),
      id: z.string().optional(),
      code: z.enum(OUTCOME_ERRORS as [ErrorCode, ...ErrorCode[]]),
      problems: z.array(z.string()),
    }),
  ),
});
