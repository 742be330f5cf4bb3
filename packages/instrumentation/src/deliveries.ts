/** Everything that this process sends to the controller of its own accord. */
import {
  type FeedbackItem,
  type FeedbackReceipt,
  MAXIMUM_FEEDBACK_ITEMS,
  MAXIMUM_RECORDS,
  type OperationRecord,
  type RecordsReceipt,
  type RecordsRequest,
} from "@trimtab/conventions";
import { type DeclaredOperation, declarationPath } from "./declared-operation.ts";
import { DeliveryQueue, type DeliveryTarget } from "./delivery-queue.ts";
import { flushAtEnd } from "./flush-at-end.ts";
import { reportOwnFailure } from "./own-failure.ts";

const MAXIMUM_WAITING_FEEDBACK = 5000;
const LINGER_MILLISECONDS = 100;
const MAXIMUM_WAITING_DECLARATIONS = 1000;
const MAXIMUM_WAITING_RECORDS = 2000;
/** Nobody waits to see them at once. */
const RECORDS_LINGER_MILLISECONDS = 1000;
/** The longest wait for the last items of a process. */
const LONGEST_DELIVERY_MILLISECONDS = 1000;

/** The queues of one process. */
export class Deliveries {
  readonly feedback: DeliveryQueue<FeedbackItem>;
  readonly records: DeliveryQueue<OperationRecord>;
  readonly declarations: DeliveryQueue<DeclaredOperation>;
  #flushesAtEnd = false;

  /** @param target Undefined as long as there is no controller. */
  constructor(target: () => DeliveryTarget | undefined) {
    this.feedback = new DeliveryQueue({
      what: "feedback",
      path: "v1/feedback",
      maximumItems: MAXIMUM_WAITING_FEEDBACK,
      maximumBatch: MAXIMUM_FEEDBACK_ITEMS,
      lingerMilliseconds: LINGER_MILLISECONDS,
      target,
      toBody: (items) => ({ items }),
      refusedOf: countRefused,
    });
    this.records = new DeliveryQueue({
      what: "records",
      path: "v1/records",
      maximumItems: MAXIMUM_WAITING_RECORDS,
      maximumBatch: MAXIMUM_RECORDS,
      lingerMilliseconds: RECORDS_LINGER_MILLISECONDS,
      target,
      toBody: (records): RecordsRequest => ({ records }),
      refusedOf: countRefused,
    });
    this.declarations = new DeliveryQueue({
      what: "declarations of operations",
      path: ([declared]) => declarationPath(declared),
      method: "PUT",
      maximumItems: MAXIMUM_WAITING_DECLARATIONS,
      maximumBatch: 1, // each has an address of its own
      lingerMilliseconds: LINGER_MILLISECONDS,
      target,
      toBody: ([declared]) => declared?.section,
      refusedOf: () => 0,
    });
  }

  /** Takes an operation of the sample. */
  addRecord(record: OperationRecord): void {
    this.#flushAtEnd();
    this.records.add(record);
  }

  /** Takes feedback that was checked. */
  addFeedback(item: FeedbackItem): void {
    this.#flushAtEnd();
    this.feedback.add(item);
  }

  /** There is a controller now, or another one. */
  wake(): void {
    this.feedback.wake();
    this.records.wake();
    this.declarations.wake();
  }

  /** Sends what waits, within a bound. Keeps the process alive for as long. Never rejects. */
  async flush(longestMilliseconds: number = LONGEST_DELIVERY_MILLISECONDS): Promise<void> {
    if (!this.feedback.isBusy && !this.records.isBusy) return;
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), longestMilliseconds); // holds the process, which sockets of ours do not
    try {
      await Promise.all([this.feedback.flush(giveUp.signal), this.records.flush(giveUp.signal)]);
    } catch (error) {
      reportOwnFailure("sending what was left", error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Only a process that ever sends something hears of its own end. */
  #flushAtEnd(): void {
    if (this.#flushesAtEnd) return;
    this.#flushesAtEnd = true;
    flushAtEnd(
      () => this.flush(),
      (error) => reportOwnFailure("sending what was left", error),
    );
  }
}

function countRefused(answer: unknown): number {
  const refused = (answer as Partial<FeedbackReceipt | RecordsReceipt> | undefined)?.refused;
  return Array.isArray(refused) ? refused.length : 0;
}
