/** A lift as a line of the picture in the terminal tells it. */
import type { LiftReading } from "./controller-api.ts";
import { signed } from "./numbers.ts";
import type { Tone } from "./terminal-screen.ts";

/** What is served against the holdout, in words. */
export function describeLift({ served, holdout, estimate, lower, upper }: LiftReading): string {
  return (
    `utility ${served.utility?.toFixed(3) ?? "-"}, holdout ${holdout.utility?.toFixed(3) ?? "-"}: ` +
    `${signed(estimate)}${lower > 0 ? " proven" : ""} (${signed(lower)}…${signed(upper)})`
  );
}

/** Better or worse where the whole interval lies on one side of zero. */
export function toneOfLift(lift: LiftReading | undefined): Tone {
  if (lift === undefined) return "plain";
  return lift.lower > 0 ? "better" : lift.upper < 0 ? "worse" : "plain";
}
