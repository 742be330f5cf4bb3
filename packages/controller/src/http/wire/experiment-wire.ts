/** An experiment as the HTTP interface tells it. */
import type { Arm, ExperimentEnd, ExperimentPlace, ExperimentReport } from "@trimtab/learning";
import { z } from "zod";
import {
  intervalSchema,
  reasonSchema,
  timeSchema,
  type WireInterval,
  type WireReason,
  wireInterval,
  wireReason,
  wireTime,
} from "./learning-wire.ts";

/** How an experiment stands. */
export interface WireExperiment {
  readonly name: string;
  readonly startedAt: string;
  /** The control first. Shares are of the calls outside of the holdout. */
  readonly arms: readonly { readonly arm: Arm; readonly strategy: string; readonly share: number }[];
  /** Utility of a call under the treatment less that under the control; absent before the first window. */
  readonly difference?: WireInterval | undefined;
  readonly windows: number;
  /** When the comparison began, or restarted. */
  readonly since: string;
  readonly verdict: WireReason;
}

/** The end of an experiment. */
export interface WireExperimentEnd {
  readonly name: string;
  readonly startedAt: string;
  /** The arm that has all calls now. */
  readonly kept: Arm;
  readonly difference?: WireInterval | undefined;
  readonly windows: number;
  readonly reason: WireReason;
}

/** One arm of one experiment. */
export interface WireExperimentPlace {
  readonly name: string;
  readonly startedAt: string;
  readonly arm: Arm;
}

/** An arm. */
export const armSchema: z.ZodType<Arm> = z.enum(["control", "treatment"]);

/** How an experiment stands. */
export const experimentSchema: z.ZodType<WireExperiment> = z.strictObject({
  name: z.string(),
  startedAt: timeSchema,
  arms: z.array(z.strictObject({ arm: armSchema, strategy: z.string(), share: z.number() })),
  difference: intervalSchema.optional(),
  windows: z.int(),
  since: timeSchema,
  verdict: reasonSchema,
});

/** The end of an experiment. */
export const experimentEndSchema: z.ZodType<WireExperimentEnd> = z.strictObject({
  name: z.string(),
  startedAt: timeSchema,
  kept: armSchema,
  difference: intervalSchema.optional(),
  windows: z.int(),
  reason: reasonSchema,
});

/** One arm of one experiment. */
export const experimentPlaceSchema: z.ZodType<WireExperimentPlace> = z.strictObject({
  name: z.string(),
  startedAt: timeSchema,
  arm: armSchema,
});

/** An experiment for the wire. */
export function wireExperiment({ difference, verdict, ...report }: ExperimentReport): WireExperiment {
  return {
    name: report.name,
    startedAt: wireTime(report.startedAt),
    arms: report.arms,
    difference: difference && wireInterval(difference),
    windows: report.windows,
    since: wireTime(report.since),
    verdict: wireReason(verdict),
  };
}

/** The end of an experiment for the wire. */
export function wireExperimentEnd({
  name,
  startedAt,
  kept,
  difference,
  windows,
  reason,
}: ExperimentEnd): WireExperimentEnd {
  return {
    name,
    startedAt: wireTime(startedAt),
    kept,
    difference: difference && wireInterval(difference),
    windows,
    reason: wireReason(reason),
  };
}

/** An arm for the wire. */
export function wireExperimentPlace({ name, startedAt, arm }: ExperimentPlace): WireExperimentPlace {
  return { name, startedAt: wireTime(startedAt), arm };
}
