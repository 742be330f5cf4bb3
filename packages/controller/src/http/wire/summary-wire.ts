/** What was done in a span of time, as the HTTP interface tells it. */
import type { PerformanceSummary, Reading } from "@trimtab/learning";
import { z } from "zod";

/** `value`, or why there are no numbers: then there are none, and not zeros. */
type WireReadingKind = "value" | "noData" | "notANumber" | "severalSeries" | "stale" | "partial" | "error" | "timeout";

/** A number, or why there is none. */
interface WireNumber {
  readonly kind: WireReadingKind;
  readonly value?: number | undefined;
  readonly detail?: string | undefined;
}

/** What was done. All fields but `kind` are absent without data. */
export interface WireSummary {
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

const kindSchema = z.enum(["value", "noData", "notANumber", "severalSeries", "stale", "partial", "error", "timeout"]);
const numberSchema = z.strictObject({ kind: kindSchema, value: z.number().optional(), detail: z.string().optional() });
/** The fields of a summary's schema. */
export const summaryFields: Readonly<Record<keyof WireSummary, z.ZodType>> = {
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

/** A summary. */
export const summarySchema: z.ZodType<WireSummary> = z.strictObject(summaryFields) as unknown as z.ZodType<WireSummary>;

/** A summary for the wire. */
export function wireSummary(reading: Reading<PerformanceSummary>): WireSummary {
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

/** The kind of a reading for the wire: `no-data` is `noData` on the wire, as every name there. */
export function wireKind(kind: Reading<unknown>["kind"]): WireReadingKind {
  return kind.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()) as WireReadingKind;
}
