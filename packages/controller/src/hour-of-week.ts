/** The hour of the week by the clock of a place: 0 is the hour after midnight on Monday. */

const HOUR = 3_600_000;
const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/**
 * Tells the hour of the week at a time, 0 to 167. By a clock with daylight saving an hour of the week stands for the same time on the
 * wall all year; once a year one of them occurs twice, and one not at all.
 *
 * @param timeZone As the IANA names it.
 */
export function hourOfWeekIn(timeZone: string): (time: number) => number {
  if (timeZone === "UTC") return (time) => (Math.floor(time / HOUR) + 72) % 168; // 1970 began on a Thursday
  const format = new Intl.DateTimeFormat("en-US", { timeZone, weekday: "short", hour: "2-digit", hourCycle: "h23" });
  return (time) => {
    const parts = format.formatToParts(time);
    const part = (type: string): string => parts.find((each) => each.type === type)?.value ?? "";
    return DAYS.indexOf(part("weekday")) * 24 + Number(part("hour"));
  };
}
