/**
 * What was learnt, as the HTTP interface tells it: the shapes that several routes share, and the way from our own types to them.
 *
 * Times are ISO 8601 in UTC, durations are in seconds, shares and rates are 0 to 1. What was not measured is absent, never 0.
 */
import type { AllocatedVariant, Context, ParameterValue, ParameterValues } from "@trimtab/conventions";
import type { EvidenceWindow, Interval, Lift, Reason, VariantSummary } from "@trimtab/learning";
import { z } from "zod";

/** A window of time: from (excluded) to (included). */
export interface WireWindow {
  readonly from: string;
  readonly to: string;
}

/** Why something was decided. */
export interface WireReason {
  readonly code: string;
  readonly sentence: string;
}

/** An estimate with an interval that holds however often it is read. */
export interface WireInterval {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
  readonly level: number;
}

/** What one variant did. */
export interface WireVariantSummary {
  readonly variant: string;
  readonly parameters: ParameterValues;
  readonly calls: number;
  readonly successRate?: number | undefined;
  readonly meanQuality?: number | undefined;
  readonly meanDurationSeconds?: number | undefined;
  readonly p95DurationSeconds?: number | undefined;
  readonly meanCost?: Readonly<Record<string, number>> | undefined;
  readonly utility?: number | undefined;
}

/** Utility of what is served against the holdout. */
export interface WireLift extends WireInterval {
  readonly windows: number;
  readonly since: string;
  readonly holdout: WireVariantSummary;
  readonly served: WireVariantSummary;
}

/** A variant and its share of the calls. */
export interface WireVariant {
  readonly id: string;
  readonly role: "baseline" | "incumbent" | "challenger";
  readonly share: number;
  readonly parameters: ParameterValues;
}

/** An ISO 8601 time. */
export const timeSchema: z.ZodType<string> = z.iso.datetime();

/** A value of a parameter. */
export const parameterValueSchema: z.ZodType<ParameterValue> = z.union([z.number(), z.string(), z.boolean()]);

/** Values by parameter. */
export const parameterValuesSchema: z.ZodType<ParameterValues> = z.record(z.string(), parameterValueSchema);

/** A context. */
export const contextSchema: z.ZodType<Context> = z.record(z.string(), z.string());

/** A window. */
export const windowSchema: z.ZodType<WireWindow> = z.strictObject({ from: timeSchema, to: timeSchema });

/** A reason. */
export const reasonSchema: z.ZodType<WireReason> = z.strictObject({ code: z.string(), sentence: z.string() });

const interval = { estimate: z.number(), lower: z.number(), upper: z.number(), level: z.number() };

/** An interval. */
export const intervalSchema: z.ZodType<WireInterval> = z.strictObject(interval);

/** What one variant did. */
export const variantSummarySchema: z.ZodType<WireVariantSummary> = z.strictObject({
  variant: z.string(),
  parameters: parameterValuesSchema,
  calls: z.number(),
  successRate: z.number().optional(),
  meanQuality: z.number().optional(),
  meanDurationSeconds: z.number().optional(),
  p95DurationSeconds: z.number().optional(),
  meanCost: z.record(z.string(), z.number()).optional(),
  utility: z.number().optional(),
});

/** A lift. */
export const liftSchema: z.ZodType<WireLift> = z.strictObject({
  ...interval,
  windows: z.number(),
  since: timeSchema,
  holdout: variantSummarySchema,
  served: variantSummarySchema,
});

/** A variant with its share. */
export const variantSchema: z.ZodType<WireVariant> = z.strictObject({
  id: z.string(),
  role: z.enum(["baseline", "incumbent", "challenger"]),
  share: z.number(),
  parameters: parameterValuesSchema,
});

/** Milliseconds since 1970 as ISO 8601. */
export function wireTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** A window for the wire. */
export function wireWindow({ from, to }: EvidenceWindow): WireWindow {
  return { from: wireTime(from), to: wireTime(to) };
}

/** A reason for the wire. */
export function wireReason({ code, sentence }: Reason): WireReason {
  return { code, sentence };
}

/** An interval for the wire. */
export function wireInterval({ estimate, lower, upper, level }: Interval): WireInterval {
  return { estimate, lower, upper, level };
}

/** A variant's measurements for the wire. */
export function wireVariantSummary(summary: VariantSummary): WireVariantSummary {
  const {
    variant,
    parameters,
    calls,
    successRate,
    meanQuality,
    meanDurationSeconds,
    p95DurationSeconds,
    meanCost,
    utility,
  } = summary;
  return {
    variant,
    parameters,
    calls,
    successRate,
    meanQuality,
    meanDurationSeconds,
    p95DurationSeconds,
    meanCost,
    utility,
  };
}

/** A lift for the wire. */
export function wireLift(lift: Lift): WireLift {
  return {
    ...wireInterval(lift),
    windows: lift.windows,
    since: wireTime(lift.since),
    holdout: wireVariantSummary(lift.holdout),
    served: wireVariantSummary(lift.served),
  };
}

/** A variant with its share for the wire. */
export function wireVariant({ id, role, weight, parameters }: AllocatedVariant): WireVariant {
  return { id, role, share: weight, parameters };
}
