import {
  createFeedbackStore,
  createSuggestionStore,
  type Feedback,
  type Log,
  openSqliteDatabase,
  type SuggestionStore,
} from "@trimtab/engine";
import { DEFAULT_SUGGESTION_RULES } from "@trimtab/learning";
import { expect, test, vi } from "vitest";
import { createFeedbackProcessing } from "./feedback-processing.ts";

const report = (number: number): Feedback => ({
  id: `f-${number}`,
  type: "low_engagement",
  entity: "artist-7",
  context: {},
  receivedAt: 1_000 + number,
});

function fakeLog() {
  return {
    debug: vi.fn<Log["debug"]>(),
    info: vi.fn<Log["info"]>(),
    warning: vi.fn<Log["warning"]>(),
    error: vi.fn<Log["error"]>(),
  };
}

async function startProcessing(change: (store: SuggestionStore) => SuggestionStore = (store) => store) {
  const database = await openSqliteDatabase(":memory:");
  const suggestions = createSuggestionStore(database);
  const log = fakeLog();
  const options = { store: change(suggestions), rules: () => DEFAULT_SUGGESTION_RULES, now: () => 10_000, log };
  const processing = createFeedbackProcessing(options);
  return { feedback: createFeedbackStore(database), suggestions, log, processing, database };
}

test("what arrives while a run is under way is looked at too, and every suggestion is logged once", async () => {
  const { feedback, log, processing, database } = await startProcessing();
  for (let number = 0; number < 8; number++) {
    await feedback.addFeedback([report(number)]);
    processing.start();
  }
  await vi.waitFor(() => expect(log.info).toHaveBeenCalledTimes(1));
  expect(log.info.mock.calls[0]).toMatchObject(["improvement suggested", { entity: "artist-7", confidence: 0.7 }]);
  await processing.stop();
  await database.destroy();
});

test("a store that fails is told, and the next start goes on", async () => {
  let isBroken = true;
  const { feedback, log, processing, database } = await startProcessing((store) => ({
    ...store,
    recordProcessing: (...given) =>
      isBroken ? Promise.reject(new Error("disk full")) : store.recordProcessing(...given),
  }));
  await feedback.addFeedback(Array.from({ length: 6 }, (_, number) => report(number)));
  processing.start();
  await vi.waitFor(() => expect(log.error).toHaveBeenCalledTimes(1));
  isBroken = false;
  processing.start();
  await vi.waitFor(() => expect(log.info).toHaveBeenCalledTimes(1));
  await processing.stop();
  await database.destroy();
});

test("after the stop nothing is started any more", async () => {
  const { feedback, suggestions, processing, database } = await startProcessing();
  await processing.stop();
  await feedback.addFeedback(Array.from({ length: 6 }, (_, number) => report(number)));
  processing.start();
  await processing.stop();
  expect(await suggestions.unprocessedFeedback(10)).toHaveLength(6);
  await database.destroy();
});
