/** The loops of learning by length, as the HTTP interface tells them. */
import type { Context, ParameterValue } from "@trimtab/conventions";
import type { TrendSlope } from "@trimtab/learning";
import { z } from "zod";
import { contextSchema, parameterValueSchema, timeSchema, type WireWindow, windowSchema } from "./learning-wire.ts";
import { trendPointSchema, type WireTrendPoint } from "./trend-wire.ts";

/** Does a measure rise or fall. */
export interface WireSlope {
  readonly direction: "rising" | "falling" | "steady";
  readonly per30Days: number;
  readonly lower: number;
  readonly upper: number;
  readonly days: number;
}

/** Something that was taken back. */
export interface WireCorrection {
  readonly adaptation: string;
  readonly at: string;
  readonly context: Context;
  readonly parameter: string;
  /** The value that was taken back, and what it went back to. */
  readonly from: ParameterValue;
  readonly to: ParameterValue;
  readonly reason: string;
}

/** The measures whose direction is told. */
export type LongMeasure = "successRate" | "meanDurationSeconds" | "meanQuality" | "lift";

/** The three loops of one operation. */
export interface WireLoops {
  readonly component: string;
  readonly operation: string;
  readonly at: string;
  readonly short: {
    readonly everySeconds: number;
    readonly lastPass?: { readonly at: string; readonly window: WireWindow } | undefined;
    readonly validation: {
      readonly contexts: number;
      readonly byKind: Readonly<Record<string, number>>;
      readonly byReason: Readonly<Record<string, number>>;
      readonly openBreakers: number;
      readonly mayExplore: boolean;
    };
    readonly corrections: readonly WireCorrection[];
  };
  readonly medium: {
    readonly sinceDays: number;
    readonly adaptations: Readonly<Record<string, number>>;
    readonly now?: WireTrendPoint | undefined;
    readonly before?: WireTrendPoint | undefined;
  };
  readonly long: {
    readonly since?: string | undefined;
    readonly months: readonly WireTrendPoint[];
    readonly directions: Readonly<Partial<Record<LongMeasure, WireSlope>>>;
  };
}

const slopeSchema = z.strictObject({
  direction: z.enum(["rising", "falling", "steady"]),
  per30Days: z.number(),
  lower: z.number(),
  upper: z.number(),
  days: z.number(),
});

const counts = z.record(z.string(), z.number());

/** The loops. */
export const loopsSchema: z.ZodType<WireLoops> = z.strictObject({
  component: z.string(),
  operation: z.string(),
  at: timeSchema,
  short: z
    .strictObject({
      everySeconds: z.number(),
      lastPass: z.strictObject({ at: timeSchema, window: windowSchema }).optional(),
      validation: z.strictObject({
        contexts: z.number(),
        byKind: counts,
        byReason: counts,
        openBreakers: z.number(),
        mayExplore: z.boolean(),
      }),
      corrections: z.array(
        z.strictObject({
          adaptation: z.string(),
          at: timeSchema,
          context: contextSchema,
          parameter: z.string(),
          from: parameterValueSchema,
          to: parameterValueSchema,
          reason: z.string(),
        }),
      ),
    })
    .meta({ description: "Seconds to a day: what the last pass judged, and what was taken back." }),
  medium: z
    .strictObject({
      sinceDays: z.number(),
      adaptations: counts.meta({ description: "Adaptations of that time, by their status now." }),
      now: trendPointSchema.optional(),
      before: trendPointSchema.optional().meta({ description: "As many days before these." }),
    })
    .meta({ description: "Days and weeks: what was learnt, beside the weeks before." }),
  long: z
    .strictObject({
      since: timeSchema.optional(),
      months: z.array(trendPointSchema),
      directions: z.partialRecord(z.enum(["successRate", "meanDurationSeconds", "meanQuality", "lift"]), slopeSchema),
    })
    .meta({ description: "Months and years: where it is going." }),
}) as unknown as z.ZodType<WireLoops>;

/** A slope for the wire, by 30 days. */
export function wireSlope({ direction, perDay, lower, upper, days }: TrendSlope): WireSlope {
  return { direction, per30Days: 30 * perDay, lower: 30 * lower, upper: 30 * upper, days };
}
