import { expect, test } from "vitest";
import { hourOfWeekIn } from "./hour-of-week.ts";

test.each([
  ["UTC", "2026-06-29T00:00:00Z", 0],
  ["UTC", "2026-07-05T23:59:59Z", 167],
  ["Europe/Berlin", "2026-06-28T22:00:00Z", 0], // summer: two hours ahead
  ["Europe/Berlin", "2026-01-04T23:00:00Z", 0], // winter: one hour ahead
  ["Asia/Kolkata", "2026-06-28T18:30:00Z", 0],
  ["America/New_York", "2026-06-29T03:59:59Z", 167],
])("in %s it is at %s the hour %d of the week", (zone, time, hour) => {
  expect(hourOfWeekIn(zone)(Date.parse(time))).toBe(hour);
});

test("the short way of UTC agrees with the calendar for every hour of two weeks", () => {
  const [quick, calendar] = [hourOfWeekIn("UTC"), hourOfWeekIn("Etc/UTC")];
  for (let hour = 0; hour < 336; hour++) {
    const time = Date.UTC(2026, 2, 20) + hour * 3_600_000;
    expect(quick(time)).toBe(calendar(time));
  }
});
