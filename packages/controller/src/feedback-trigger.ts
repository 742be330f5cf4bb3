/** Starts learning out of turn once enough feedback waits; never in the way of the request that brought it. */
import type { Feedback, FeedbackStore, Log, OperationKey } from "@trimtab/engine";

/** What a trigger works with. */
export interface FeedbackTriggerOptions {
  readonly feedback: Pick<FeedbackStore, "countWaitingFeedback">;
  /** So many scored entries that wait on one operation start a pass. */
  readonly learnAfter: () => number;
  readonly learn: (key: OperationKey) => Promise<unknown>;
  readonly log: Log;
}

/** @returns To be called with the operations that scored feedback arrived for. It returns at once; what goes wrong is logged, and the next turn learns anyway. */
export function createFeedbackTrigger({
  feedback,
  learnAfter,
  learn,
  log,
}: FeedbackTriggerOptions): (operations: readonly OperationKey[]) => void {
  /** The operations that arrived since the last look; one look at a time, however much arrives. */
  const arrived = new Map<string, OperationKey>();
  let isLooking = false;
  const learnFrom = async (names: ReadonlySet<string>): Promise<void> => {
    const enough = (await feedback.countWaitingFeedback()).filter(
      (key) => names.has(nameOf(key)) && key.waiting >= learnAfter(),
    );
    for (const { component, operation, waiting } of enough) {
      log.debug("enough feedback to learn from", { component, operation, waiting });
      await learn({ component, operation }).catch((error: unknown) => {
        log.debug("learning from feedback waits for the next turn", { component, operation, error });
      });
    }
  };
  const look = async (): Promise<void> => {
    try {
      while (arrived.size > 0) {
        const names = new Set(arrived.keys());
        arrived.clear();
        await learnFrom(names);
      }
    } catch (error) {
      log.error("waiting feedback could not be counted", { error });
    } finally {
      isLooking = false; // in the same turn as the last look at what arrived, so that nothing falls between
    }
  };
  return (operations) => {
    for (const { component, operation } of operations)
      arrived.set(nameOf({ component, operation }), { component, operation });
    if (isLooking || arrived.size === 0) return;
    isLooking = true;
    void look();
  };
}

function nameOf({ component, operation }: OperationKey): string {
  return `${component} ${operation}`;
}

/** The operations of scored feedback. */
export function operationsOf(kept: readonly Feedback[]): OperationKey[] {
  return kept.flatMap(({ component, operation, score }) =>
    component === undefined || operation === undefined || score === undefined ? [] : [{ component, operation }],
  );
}
