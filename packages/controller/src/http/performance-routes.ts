/** Performance summaries of a component and of one operation. */
import { type Context, DURATION_FORM, formatDuration, parseDuration } from "@trimtab/conventions";
import type { OperationPolicy, PerformanceSummary, Reading } from "@trimtab/learning";
import { z } from "zod";
import { ControllerError } from "../errors.ts";
import { didYouMean } from "../nearest.ts";
import type { ConfiguredOperations } from "./configured-operations.ts";
import type { Performance, PerformanceReader } from "./performance-reader.ts";
import { type Route, type RouteRequest, sendJson } from "./route.ts";
import { contextSchema, type WireWindow, windowSchema, wireWindow } from "./wire/learning-wire.ts";

/** The longest period that a source answers for. */
const LONGEST_PERIOD_DAYS = 30;
const USUAL_PERIOD = "24h";

/** `value`, or why there are no numbers: then there are none, and not zeros. */
type WireReadingKind = "value" | "noData" | "notANumber" | "severalSeries" | "stale" | "partial" | "error" | "timeout";

/** A number, or why there is none. */
interface WireNumber {
  readonly kind: WireReadingKind;
  readonly value?: number | undefined;
  readonly detail?: string | undefined;
}

/** What was done. All fields but `kind` are absent without data. */
interface WireSummary {
  readonly kind: WireReadingKind;
  readonly detail?: string | undefined;
  readonly total?: number | undefined;
  /** 0 to 1. */
  readonly successRate?: number | undefined;
  readonly outcomes?: { readonly success: number; readonly failure: number; readonly partial: number } | undefined;
  readonly durationSeconds?:
    | { readonly mean: WireNumber; readonly p50: WireNumber; readonly p95: WireNumber; readonly p99: WireNumber }
    | undefined;
  readonly quality?: { readonly mean: WireNumber; readonly scored: number } | undefined;
  readonly cost?: Readonly<Record<string, { readonly sum: number; readonly mean: WireNumber }>> | undefined;
}

/** The answer. */
interface WirePerformance extends WireSummary {
  readonly component: string;
  readonly operation?: string | undefined;
  readonly period: string;
  readonly context: Context;
  readonly window: WireWindow;
  readonly operations?: Readonly<Record<string, WireSummary>> | undefined;
}

const kindSchema = z.enum(["value", "noData", "notANumber", "severalSeries", "stale", "partial", "error", "timeout"]);
const numberSchema = z.strictObject({ kind: kindSchema, value: z.number().optional(), detail: z.string().optional() });
const summary = {
  kind: kindSchema,
  detail: z.string().optional(),
  total: z.number().optional(),
  successRate: z.number().min(0).max(1).optional(),
  outcomes: z.strictObject({ success: z.number(), failure: z.number(), partial: z.number() }).optional(),
  durationSeconds: z
    .strictObject({ mean: numberSchema, p50: numberSchema, p95: numberSchema, p99: numberSchema })
    .optional(),
  quality: z.strictObject({ mean: numberSchema, scored: z.number() }).optional(),
  cost: z.record(z.string(), z.strictObject({ sum: z.number(), mean: numberSchema })).optional(),
};
const performanceSchema: z.ZodType<WirePerformance> = z.strictObject({
  component: z.string(),
  operation: z.string().optional(),
  period: z.string(),
  context: contextSchema,
  window: windowSchema,
  ...summary,
  operations: z.record(z.string(), z.strictObject(summary)).optional(),
});

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
    refuse("period", `"${text}" is too long; the longest is ${LONGEST_PERIOD_DAYS}d`);
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

function wireSummary(reading: Reading<PerformanceSummary>): WireSummary {
  if (reading.kind !== "value") return { kind: wireKind(reading.kind), detail: reading.detail };
  const { total, byOutcome, successRate, meanQuality, scored, cost, ...durations } = reading.value;
  return {
    kind: "value",
    total,
    successRate: successRate.kind === "value" ? successRate.value : undefined,
    outcomes: byOutcome,
    durationSeconds: {
      mean: wireNumber(durations.meanDurationSeconds),
      p50: wireNumber(durations.p50DurationSeconds),
      p95: wireNumber(durations.p95DurationSeconds),
      p99: wireNumber(durations.p99DurationSeconds),
    },
    quality: { mean: wireNumber(meanQuality), scored },
    cost: Object.fromEntries(
      Object.entries(cost).map(([unit, { sum, mean }]) => [unit, { sum, mean: wireNumber(mean) }]),
    ),
  };
}

function wireNumber(reading: Reading<number>): WireNumber {
  return reading.kind === "value"
    ? { kind: "value", value: reading.value }
    : { kind: wireKind(reading.kind), detail: reading.detail };
}

/** `no-data` is `noData` on the wire, as every name there. */
function wireKind(kind: Reading<unknown>["kind"]): WireReadingKind {
  return kind.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()) as WireReadingKind;
}
