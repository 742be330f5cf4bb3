/** Windows of alerts on cycles: long enough for some cycles, however seldom they are. */

/** What alerts depend on beside the metrics. */
export interface CycleSettings {
  /** `controller.interval`. */
  readonly cycleIntervalMilliseconds: number;
}

/** Of fewer cycles a share says nothing. */
const CYCLES_IN_A_WINDOW = 10;

/** A window of so many minutes, or of ten cycles where that is longer, as Prometheus writes durations. */
export function windowOfCycles(leastMinutes: number, { cycleIntervalMilliseconds }: CycleSettings): string {
  return `${Math.max(leastMinutes, Math.ceil((CYCLES_IN_A_WINDOW * cycleIntervalMilliseconds) / 60_000))}m`;
}
