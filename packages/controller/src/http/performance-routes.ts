/** Performance summaries of a component and of one operation. */
import { type Context, DURATION_FORM, formatDuration, parseDuration } from "@trimtab/conventions";
import type { OperationPolicy } from "@trimtab/learning";
import { z } from "zod";
import { ControllerError } from "../errors.ts";
import { didYouMean } from "../nearest.ts";
import type { ConfiguredOperations } from "./configured-operations.ts";
import type { Performance, PerformanceReader } from "./performance-reader.ts";
import { type Route, type RouteRequest, sendJson } from "./route.ts";
import { contextSchema, type WireWindow, windowSchema, wireWindow } from "./wire/learning-wire.ts";
import { summaryFields, summarySchema, type WireSummary, wireSummary } from "./wire/summary-wire.ts";

/** The longest period that a source answers for. */
const LONGEST_PERIOD_DAYS = 30;
const USUAL_PERIOD = "24h";

/** The answer. */
export interface WirePerformance extends WireSummary {
  readonly component: string;
  readonly operation?: string | undefined;
  readonly period: string;
  readonly context: Context;
  readonly window: WireWindow;
  readonly operations?: Readonly<Record<string, WireSummary>> | undefined;
}

const performanceSchema: z.ZodType<WirePerformance> = z.strictObject({
  component: z.string(),
  operation: z.string().optional(),
  period: z.string(),
  context: contextSchema,
  window: windowSchema,
  ...summaryFields,
  operations: z.record(z.string(), summarySchema).optional(),
}) as unknown as z.ZodType<WirePerformance>;

interface PeriodQuery {
  readonly period?: string | undefined;
}

const periodQuery: z.ZodType<PeriodQuery> = z.strictObject({
  period: z
    .string()
    .optional()
    .meta({
      description: `Back from now: 1h, 24h (where it is absent), 7d, 30d or any other duration up to ${LONGEST_PERIOD_DAYS} days.`,
    }),
});

/** The routes under /v1/performance. */
export function performanceRoutes({
  operations,
  reader,
}: {
  readonly operations: ConfiguredOperations;
  readonly reader: PerformanceReader;
}): readonly Route[] {
  const answers = {
    200: {
      description: "The summary; `kind` tells whether there is one.",
      body: { name: "Performance", schema: performanceSchema },
    },
  };
  const ofComponent: Route<PeriodQuery> = {
    method: "get",
    path: "/v1/performance/{component}",
    summary: "What a component did over a period: all operations together, and each.",
    role: "read",
    query: periodQuery,
    takesContext: true,
    answers,
    errors: ["COMPONENT_UNKNOWN"],
    async handle({ parameters, query, context }, response) {
      const component = parameters["component"] ?? "";
      const policies = operations.ofComponent(component);
      const asked = question(policies, query, context);
      sendJson(
        response,
        wirePerformance(
          { component, context, ...asked },
          await reader.read({ policies, context, periodMilliseconds: asked.milliseconds }),
        ),
      );
    },
  };
  const ofOperation: Route<PeriodQuery> = {
    method: "get",
    path: "/v1/performance/{component}/{operation}",
    summary: "What one operation did over a period.",
    role: "read",
    query: periodQuery,
    takesContext: true,
    answers,
    errors: ["COMPONENT_UNKNOWN", "OPERATION_UNKNOWN"],
    async handle({ parameters, query, context }: RouteRequest<PeriodQuery>, response) {
      const policy = operations.find(parameters["component"] ?? "", parameters["operation"] ?? "");
      const asked = question([policy], query, context);
      const performance = await reader.read({ policies: [policy], context, periodMilliseconds: asked.milliseconds });
      const { operations: _, ...own } = wirePerformance(
        { component: policy.component, context, ...asked },
        performance,
      );
      sendJson(response, { ...own, operation: policy.operation });
    },
  };
  return [ofComponent, ofOperation] as readonly Route[];
}

/** The period in milliseconds, once it and the context are known to make sense for the operations. */
function question(
  policies: readonly OperationPolicy[],
  query: PeriodQuery,
  context: Context,
): { readonly period: string; readonly milliseconds: number } {
  const text = query.period ?? USUAL_PERIOD;
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined || milliseconds < 1000)
    refuse("period", `"${text}" is no period; write ${DURATION_FORM}`);
  if (milliseconds > LONGEST_PERIOD_DAYS * 86_400_000)
    refuse("period", `"${text}" is too long; the longest is ${LONGEST_PERIOD_DAYS}d, and /v1/trends tells longer ones`);
  const keys = [...new Set(policies.flatMap((policy) => policy.context))];
  for (const key of Object.keys(context)) {
    if (!keys.includes(key)) refuse(`ctx.${key}`, `is no context key that is declared here${didYouMean(key, keys)}`);
  }
  return { period: formatDuration(milliseconds), milliseconds };
}

function refuse(path: string, message: string): never {
  throw new ControllerError("PARAMETER_INVALID", `${path}: ${message}.`, { problems: [{ path, message }] });
}

function wirePerformance(
  asked: { readonly component: string; readonly context: Context; readonly period: string },
  { window, total, byOperation }: Performance,
): WirePerformance {
  return {
    component: asked.component,
    period: asked.period,
    context: asked.context,
    window: wireWindow(window),
    ...wireSummary(total),
    operations: Object.fromEntries(Object.entries(byOperation).map(([name, reading]) => [name, wireSummary(reading)])),
  };
}
