import { matchers, type RecorderMatchers, recordOperations, useParameters } from "@trimtab/instrumentation/testing";
import { expect, test } from "vitest";
import { writeSong } from "./lyrics.test.support.ts";

declare module "vitest" {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends RecorderMatchers<R> {}
}
expect.extend(matchers);

test("a song is written with the temperature in force, and scored", () =>
  recordOperations(async (recorder) => {
    useParameters({ generate_lyrics: { temperature: 0.5 } });
    expect(await writeSong("rock")).toBe("rock at 0.5");
    expect(recorder).toHaveRecorded("generate_lyrics", {
      context: { genre: "rock" },
      outcome: "success",
      quality: (score) => score > 0.7,
      costs: { usd: 0.002 },
    });
  }));

test("a song without a genre is a failure", () =>
  recordOperations(async (recorder) => {
    await expect(writeSong("")).rejects.toThrow("a song needs a genre");
    expect(recorder).toHaveRecordedTimes("generate_lyrics", 1, { outcome: "failure", errorType: "RangeError" });
  }));
