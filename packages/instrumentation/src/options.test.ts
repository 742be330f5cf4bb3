import { expect, test } from "vitest";
import { settingsFrom } from "./options.ts";

test("times that a timer cannot hold are cut, because such a timer would be over at once, again and again", () => {
  const longest = 2 ** 31 - 1;
  for (const milliseconds of [2_592_000_000, Number.POSITIVE_INFINITY]) {
    const settings = settingsFrom({ pollIntervalMilliseconds: milliseconds, requestTimeoutMilliseconds: milliseconds });
    expect(settings.pollIntervalMilliseconds * 1.05).toBeLessThan(longest); // with its jitter
    expect(settings.pollIntervalMilliseconds).toBeGreaterThan(1_000_000_000);
    expect(settings.requestTimeoutMilliseconds).toBeLessThan(longest);
  }
  const senseless = settingsFrom({ pollIntervalMilliseconds: Number.NaN, requestTimeoutMilliseconds: Number.NaN });
  expect([senseless.pollIntervalMilliseconds, senseless.requestTimeoutMilliseconds]).toEqual([100, 3000]);
});
