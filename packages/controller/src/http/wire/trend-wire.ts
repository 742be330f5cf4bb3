/** Trends as the HTTP interface tells them. */
import type { Context, ParameterValues } from "@trimtab/conventions";
import { summarize, type TrendSpan } from "@trimtab/learning";
import { z } from "zod";
import { contextSchema, parameterValuesSchema, timeSchema, wireTime } from "./learning-wire.ts";
import { summaryFields, type WireSummary, wireSummary } from "./summary-wire.ts";

/** A lift with its bounds. */
interface WireTrendLift {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

/** What was measured in a span of time. */
export interface WireTrendPoint extends WireSummary {
  readonly from: string;
  readonly to: string;
  /** How long the windows were that could be read: less than the span where the controller or its source was away. */
  readonly measuredSeconds: number;
  /** Absent where nobody said anything with a score. */
  readonly feedback?: { readonly mean: number; readonly entries: number } | undefined;
  readonly lift?: WireTrendLift | undefined;
  readonly parameters?: ParameterValues | undefined;
}

/** A trend. */
export interface WireTrend {
  readonly component: string;
  readonly operation: string;
  readonly context: Context;
  readonly since: string;
  readonly step: string;
  /** Oldest first; steps in which nothing could be measured are absent. */
  readonly points: readonly WireTrendPoint[];
}

const liftSchema = z.strictObject({ estimate: z.number(), lower: z.number(), upper: z.number() });

/** A point. */
export const trendPointSchema: z.ZodType<WireTrendPoint> = z.strictObject({
  from: timeSchema,
  to: timeSchema,
  measuredSeconds: z.number(),
  ...summaryFields,
  feedback: z.strictObject({ mean: z.number(), entries: z.number() }).optional(),
  lift: liftSchema.optional(),
  parameters: parameterValuesSchema.optional(),
}) as unknown as z.ZodType<WireTrendPoint>;

/** A trend. */
export const trendSchema: z.ZodType<WireTrend> = z.strictObject({
  component: z.string(),
  operation: z.string(),
  context: contextSchema,
  since: timeSchema,
  step: z.string(),
  points: z.array(trendPointSchema),
});

/** A point for the wire. */
export function wireTrendPoint({ from, to, sums }: TrendSpan): WireTrendPoint {
  const { feedback, ...measured } = sums.measurements;
  const summary = summarize([measured]);
  return {
    from: wireTime(from),
    to: wireTime(to),
    measuredSeconds: sums.measuredMilliseconds / 1000,
    ...wireSummary(
      summary.total > 0
        ? { kind: "value", value: summary }
        : { kind: "no-data", detail: "no calls in the time that was measured" },
    ),
    ...(feedback === undefined || feedback.count === 0
      ? {}
      : { feedback: { mean: feedback.sum / feedback.count, entries: feedback.count } }),
    ...(sums.lift === undefined ? {} : { lift: sums.lift }),
    ...(sums.parameters === undefined ? {} : { parameters: sums.parameters }),
  };
}
