import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { assertRecorded, assertRecordedTimes, startRecording } from "@trimtab/instrumentation/testing";
import { writeSong } from "./lyrics.test.support.ts";

let recorder: ReturnType<typeof startRecording>;
beforeEach(() => {
  recorder = startRecording();
});
afterEach(() => recorder.stop());

test("a song is written with the temperature in force, and scored", async () => {
  recorder.useParameters({ generate_lyrics: { temperature: 0.5 } });
  assert.equal(await writeSong("rock"), "rock at 0.5");
  const [call] = assertRecorded(recorder, "generate_lyrics", { outcome: "success", quality: 0.8 });
  assert.deepEqual(call?.context, { genre: "rock" });
});

test("a song without a genre is a failure", async () => {
  await assert.rejects(writeSong(""), /a song needs a genre/);
  assertRecordedTimes(recorder, "generate_lyrics", 1, { outcome: "failure", errorType: "RangeError" });
});
