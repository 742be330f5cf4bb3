/** What a service may say of an operation of its own: the part of an operation's section that changes nothing by itself. */
import { z } from "zod";
import type { OperationSection } from "./config-file.ts";
import { operationSchema } from "./operation-schema.ts";

/** A declaration: what may be tuned, by which context, and what better means. Mode, strategy and the like are people's. */
export type DeclarationSection = Pick<OperationSection, "context" | "parameters" | "objective" | "constraints">;

/** The same definition as in trimtab.yaml, without the keys that a service has no say in. */
export const declarationSchema: z.ZodType<DeclarationSection> = partOf(operationSchema);

function partOf(schema: z.ZodType): z.ZodType<DeclarationSection> {
  if (!(schema instanceof z.ZodObject)) throw new TypeError("an operation's section is no object");
  return schema.pick({
    context: true,
    parameters: true,
    objective: true,
    constraints: true,
  }) as z.ZodType<DeclarationSection>;
}
