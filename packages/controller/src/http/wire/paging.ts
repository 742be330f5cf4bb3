/** Lists in pages: how a client asks for one, and how it finds the next. */
import type { PageRequest } from "@trimtab/engine";
import type { Response } from "express";
import { z } from "zod";

/** The most items of a page. */
export const LARGEST_PAGE = 1000;
const USUAL_PAGE = 100;

/** The query parameters of every list, as they come: texts. */
export const pagingParameters: {
  readonly limit: z.ZodOptional<z.ZodString>;
  readonly cursor: z.ZodOptional<z.ZodString>;
} = {
  limit: z
    .string()
    .regex(/^([1-9]\d{0,2}|1000)$/, { error: `must be a whole number from 1 to ${LARGEST_PAGE}` })
    .optional()
    .meta({ description: "How many items at most, 1 to 1000; 100 where it is absent." }),
  cursor: z.string().min(1).optional().meta({ description: "`nextCursor` of the page before." }),
};

/** The query of a list about one operation. */
export interface OperationListQuery {
  readonly component: string;
  readonly operation: string;
  readonly limit?: string | undefined;
  readonly cursor?: string | undefined;
}

/** Checks the query of a list about one operation. */
export const operationListQuery: z.ZodType<OperationListQuery> = z.strictObject({
  component: z.string().min(1),
  operation: z.string().min(1),
  ...pagingParameters,
});

/** Which page a checked query asks for. */
export function pageRequest({
  limit,
  cursor,
}: {
  readonly limit?: string | undefined;
  readonly cursor?: string | undefined;
}): PageRequest {
  return { limit: limit === undefined ? USUAL_PAGE : Number(limit), ...(cursor === undefined ? {} : { cursor }) };
}

/** Tells in the header Link (RFC 8288) where the next page is. */
export function linkNextPage(
  response: Response,
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  nextCursor: string | undefined,
): void {
  if (nextCursor === undefined) return;
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...query, cursor: nextCursor }))
    if (value !== undefined) parameters.set(name, value);
  response.set("Link", `<${path}?${parameters.toString()}>; rel="next"`);
}
