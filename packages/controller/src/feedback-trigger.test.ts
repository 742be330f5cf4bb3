import type { Feedback, FeedbackStore, OperationKey } from "@trimtab/engine";
import { silentLog } from "@trimtab/engine";
import { expect, test, vi } from "vitest";
import { createFeedbackTrigger, operationsOf } from "./feedback-trigger.ts";

type Learn = (key: OperationKey) => Promise<unknown>;

const CHECKOUT = { component: "shop", operation: "checkout" };
const item = (changes: Partial<Feedback> = {}): Feedback => ({
  id: "r",
  type: "user_rating",
  ...CHECKOUT,
  context: {},
  score: 0.2,
  receivedAt: 1,
  ...changes,
});

/** A trigger at three entries, over a store in which so many wait. */
function triggerWith(waiting: () => number, learn = vi.fn<Learn>(() => Promise.resolve())) {
  const countWaitingFeedback = vi.fn<FeedbackStore["countWaitingFeedback"]>(() =>
    Promise.resolve([{ ...CHECKOUT, waiting: waiting() }]),
  );
  const look = createFeedbackTrigger({
    feedback: { countWaitingFeedback },
    learnAfter: () => 3,
    learn,
    log: silentLog,
  });
  const trigger = (kept: readonly Feedback[]): void => look(operationsOf(kept));
  return { trigger, learn, countWaitingFeedback };
}

test("the third entry that waits starts a pass of its operation, the second does not", async () => {
  let waiting = 2;
  const { trigger, learn, countWaitingFeedback } = triggerWith(() => waiting);
  trigger([item()]);
  await vi.waitFor(() => expect(countWaitingFeedback).toHaveBeenCalledTimes(1));
  expect(learn).not.toHaveBeenCalled();
  waiting = 3;
  trigger([item()]);
  await vi.waitFor(() => expect(learn).toHaveBeenCalledExactlyOnceWith(CHECKOUT));
});

test("feedback without a score or without an operation starts nothing", () => {
  const { trigger, countWaitingFeedback } = triggerWith(() => 9);
  const { score: _score, ...unscored } = item();
  const { operation: _operation, ...aboutComponent } = item();
  trigger([unscored, aboutComponent]);
  expect(countWaitingFeedback).not.toHaveBeenCalled();
});

test("a pass that fails is no end: the next feedback is looked at again", async () => {
  const learn = vi.fn<Learn>(() => Promise.reject(new Error("no answer")));
  const { trigger } = triggerWith(() => 5, learn);
  trigger([item()]);
  await vi.waitFor(() => expect(learn).toHaveBeenCalledTimes(1));
  trigger([item()]);
  await vi.waitFor(() => expect(learn).toHaveBeenCalledTimes(2));
});

test("what arrives while one pass runs is one look afterwards, not one for each", async () => {
  const running = Promise.withResolvers<void>();
  const learn = vi.fn<Learn>(() => running.promise);
  const { trigger, countWaitingFeedback } = triggerWith(() => 5, learn);
  trigger([item()]);
  await vi.waitFor(() => expect(learn).toHaveBeenCalledTimes(1));
  for (let index = 0; index < 50; index++) trigger([item()]);
  running.resolve();
  await vi.waitFor(() => expect(learn).toHaveBeenCalledTimes(2));
  expect(countWaitingFeedback).toHaveBeenCalledTimes(2);
});
