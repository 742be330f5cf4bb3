/** What names a call in a body that tells of one: component, operation, context and variant. */
import { contextKeyProblem } from "@trimtab/conventions";
import { z } from "zod";

/** A variant's id as `variantId` makes it. */
export const VARIANT_ID: RegExp = /^(v|base)-[a-z2-7]{10}$/;

/** A name for which `problem` finds nothing, such as `componentNameProblem`. */
export function checkedName(problem: (value: string) => string | undefined): z.ZodString {
  return z.string().superRefine((value, context) => {
    const message = problem(value);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });
}

/** A context as it is sent: a value may be anything that has one spelling as a text. Its keys are for `refuseContextKeys`. */
export const sentContextSchema: z.ZodRecord<
  z.ZodString,
  z.ZodUnion<readonly [z.ZodString, z.ZodNumber, z.ZodBoolean]>
> = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** For `superRefine`: refuses a context with a key that can be none. */
export function refuseContextKeys(value: object, context: z.core.$RefinementCtx): void {
  for (const key of Object.keys(value)) {
    const message = contextKeyProblem(key);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  }
}
