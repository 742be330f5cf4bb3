/** What `trimtab simulate --operation … --json` wrote, read again as evidence. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { UsageError } from "./command.ts";

/** What counts of a rehearsal. Null stands for an end that is open. */
export interface RehearsalEvidence {
  readonly operation: string;
  readonly subject?: string | undefined;
  readonly callsPerCycle: number;
  readonly cycles: number;
  readonly seeds: number;
  readonly cyclesToGain: { readonly median: number | null };
  readonly cyclesToBreakEven: { readonly median: number | null };
  readonly won: { readonly mean: number; readonly lower: number | null };
  readonly violatingTraffic?: { readonly mean: number } | undefined;
  readonly falseChanges: { readonly mean: number };
}

/** A rehearsal and where it stands. */
export interface ReadRehearsal {
  readonly file: string;
  readonly report: RehearsalEvidence;
}

const median = z.looseObject({ median: z.number().nullable() });
const schema: z.ZodType<RehearsalEvidence> = z.looseObject({
  operation: z.string(),
  subject: z.string().optional(),
  callsPerCycle: z.number(),
  cycles: z.number(),
  seeds: z.number(),
  cyclesToGain: median,
  cyclesToBreakEven: median,
  won: z.looseObject({ mean: z.number(), lower: z.number().nullable() }),
  violatingTraffic: z.looseObject({ mean: z.number() }).optional(),
  falseChanges: z.looseObject({ mean: z.number() }),
});

/**
 * Reads the file of a rehearsal.
 *
 * @throws {UsageError} where it is not there, or is none.
 */
export function readRehearsal(file: string): ReadRehearsal {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UsageError(
      `--rehearsal ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { file, report: parsed.data };
  throw new UsageError(
    `--rehearsal ${file} is no rehearsal; trimtab simulate --operation COMPONENT.OPERATION --json writes one.`,
  );
}

/** Fewer truths than this say too little. */
const FEWEST_SEEDS = 10;
/** More calls than this share on settings that break a limit are more than most services bear. */
const MOST_VIOLATING = 0.01;
/** More changes to something no better than this, per context, are not worth trusting. */
const MOST_FALSE_CHANGES = 0.1;
/** A rehearsal with more than this many times the measured calls is too rosy. */
const MOST_ASSUMED_CALLS = 1.5;

/** Why a rehearsal does not speak for going on; none where it does. `callsPerCycle`: what was measured, if anything was. */
export function rehearsalShortcomings(report: RehearsalEvidence, callsPerCycle: number | undefined): string[] {
  const { seeds, cycles, cyclesToGain, cyclesToBreakEven, won, violatingTraffic, falseChanges } = report;
  const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`;
  return [
    ...(seeds < FEWEST_SEEDS ? [`${seeds} invented truths are too few, ${FEWEST_SEEDS} at least`] : []),
    ...(cyclesToGain.median === null ? [`most truths did not have 80 % of the gain within ${cycles} cycles`] : []),
    ...(cyclesToBreakEven.median === null ? [`trying had not paid for itself within ${cycles} cycles`] : []),
    ...((won.lower ?? 0) > 0 ? [] : ["what it wins over the base values may be nothing"]),
    ...((violatingTraffic?.mean ?? 0) > MOST_VIOLATING
      ? [`${percent(violatingTraffic?.mean ?? 0)} of the calls broke a limit, ${percent(MOST_VIOLATING)} is the most`]
      : []),
    ...(falseChanges.mean > MOST_FALSE_CHANGES
      ? [`${falseChanges.mean.toFixed(2)} false changes per context, ${MOST_FALSE_CHANGES} is the most`]
      : []),
    ...(callsPerCycle !== undefined && report.callsPerCycle > MOST_ASSUMED_CALLS * callsPerCycle
      ? [`it assumes ${report.callsPerCycle} calls a cycle, and about ${Math.round(callsPerCycle)} were measured`]
      : []),
  ];
}

/** What a good rehearsal says. */
export function rehearsalVerdict({ file, report }: ReadRehearsal): string {
  const { callsPerCycle, seeds, cyclesToGain, won } = report;
  return `the rehearsal (${file}) at ${callsPerCycle} calls a cycle had 80 % of the gain after ${cyclesToGain.median} cycles in the median of ${seeds} truths, won ${won.mean.toFixed(4)} of utility per call, and did no harm`;
}
