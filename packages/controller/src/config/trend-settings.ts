/** How long trends are kept and by which clock hours of the week are told apart. */
import type { Problem } from "@trimtab/conventions";
import type { ConfigFile } from "./config-file.ts";
import { DEFAULTS, SHORTEST_TREND_HOURS_MILLISECONDS } from "./defaults.ts";
import { checkedDuration } from "./duration-text.ts";

/** The section `controller.trends`, completed. */
export interface TrendSettings {
  readonly keepHoursMilliseconds: number;
  readonly keepDaysMilliseconds: number;
  /** As the IANA names it. */
  readonly timeZone: string;
}

/** The settings; what is wrong with them is added to `problems`. */
export function trendSettings(
  section: NonNullable<ConfigFile["controller"]>["trends"],
  problems: Problem[],
): TrendSettings {
  const keepHours = section?.keepHours ?? DEFAULTS.keepTrendHours;
  const keepDays = section?.keepDays ?? DEFAULTS.keepTrendDays;
  const timeZone = section?.timeZone ?? DEFAULTS.timeZone;
  const settings = {
    keepHoursMilliseconds: checkedDuration(keepHours),
    keepDaysMilliseconds: checkedDuration(keepDays),
    timeZone,
  };
  const path = ["controller", "trends"];
  if (settings.keepHoursMilliseconds < SHORTEST_TREND_HOURS_MILLISECONDS)
    problems.push({
      path: [...path, "keepHours"],
      message: `"${keepHours}" is too short; the shortest is 15d, because learned baselines need two weeks of hours`,
    });
  if (settings.keepDaysMilliseconds < settings.keepHoursMilliseconds)
    problems.push({
      path: [...path, "keepDays"],
      message: `"${keepDays}" is shorter than the ${keepHours} of keepHours, after which hours become days`,
    });
  if (!isTimeZone(timeZone))
    problems.push({
      path: [...path, "timeZone"],
      message: `"${timeZone}" is no time zone; write a name of the IANA, such as "UTC" or "Europe/Berlin"`,
    });
  return settings;
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).format(0) !== "";
  } catch {
    return false;
  }
}
