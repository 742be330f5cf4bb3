/** Looks at new feedback about entities, off the request path: one run at a time, however much arrives. */
import { type Log, processFeedback, type SuggestionStore } from "@trimtab/engine";
import type { FindChangeTarget, SuggestionRule } from "@trimtab/learning";

/** What the processing works with. */
export interface FeedbackProcessingOptions {
  readonly store: SuggestionStore;
  /** The rules in force. */
  readonly rules: () => readonly SuggestionRule[];
  /** The operations that suggested changes are for. */
  readonly findTarget?: FindChangeTarget;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
}

/** Processing in the background. */
export interface BackgroundProcessing {
  /** Something new may be there. Returns at once; what fails is logged and tried again at the next start. */
  start(): void;
  /** Ends after the batch that runs; nothing is started any more. */
  stop(): Promise<void>;
}

/** Processing that has not begun. */
export function createFeedbackProcessing({
  store,
  rules,
  findTarget,
  now,
  log,
}: FeedbackProcessingOptions): BackgroundProcessing {
  const stopped = new AbortController();
  let running: Promise<void> | undefined;
  let isAskedAgain = false;
  const run = async (): Promise<void> => {
    do {
      isAskedAgain = false;
      try {
        const { suggestions } = await processFeedback({
          store,
          rules: rules(),
          now: now(),
          signal: stopped.signal,
          ...(findTarget === undefined ? {} : { findTarget }),
        });
        for (const { id, entity, target, suggestion, confidence, reasoning } of suggestions)
          log.info("improvement suggested", { id, entity, target, suggestion, confidence, reasoning });
      } catch (error) {
        log.error("feedback could not be processed", { error });
      }
    } while (isAskedAgain && !stopped.signal.aborted);
    running = undefined; // in the same turn as the last look, so that nothing falls between
  };
  return {
    start() {
      if (stopped.signal.aborted) return;
      isAskedAgain = true;
      running ??= run();
    },
    async stop() {
      stopped.abort();
      await running;
    },
  };
}
