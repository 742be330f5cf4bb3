/**
 * Takes a sample of the operations that end, one by one, for whoever wants to look at the last ones. Metrics count every operation
 * whatever is taken here.
 */
import type { OperationRecord, VariantId } from "@trimtab/conventions";
import type { LabelledContext } from "./context-tree.ts";
import type { EndedCall, MeasuredOperation } from "./metrics/measured-call.ts";
import { nodeCrypto } from "./node-on-demand.ts";
import { recordMetadata } from "./record-metadata.ts";

/** Records per second, whatever the share: a burst must not crowd out what else the service sends. */
const MAXIMUM_PER_SECOND = 100;

/** Chooses what is recorded. */
export class RecordSampler {
  readonly #take: (record: OperationRecord) => void;
  readonly #now: () => number;
  readonly #chance: () => number;
  /** Share of the operations that is taken, 0 to 1. */
  ratio = 0;
  #secondBeganAt = Number.NEGATIVE_INFINITY;
  #takenInSecond = 0;

  /** @param now Milliseconds on a monotonic clock. @param chance Uniform in [0, 1). */
  constructor(take: (record: OperationRecord) => void, now: () => number, chance: () => number) {
    this.#take = take;
    this.#now = now;
    this.#chance = chance;
  }

  /** An operation ended. */
  consider(operation: MeasuredOperation, context: LabelledContext, variant: VariantId, call: EndedCall): void {
    if (this.ratio < 1 && this.#chance() >= this.ratio) return;
    const now = this.#now();
    if (now - this.#secondBeganAt >= 1000) {
      this.#secondBeganAt = now;
      this.#takenInSecond = 0;
    }
    if (this.#takenInSecond++ >= MAXIMUM_PER_SECOND) return;
    const { outcome, durationMilliseconds, quality, costs, errorType } = call;
    const metadata = call.metadata && recordMetadata(call.metadata);
    this.#take({
      id: nodeCrypto().randomUUID(),
      component: operation.component,
      operation: operation.name,
      context: context.context,
      variant,
      outcome,
      at: new Date().toISOString(),
      ...(durationMilliseconds === undefined ? {} : { durationMilliseconds }),
      ...(quality === undefined ? {} : { quality }),
      ...(costs === undefined ? {} : { cost: Object.fromEntries(costs) }),
      ...(errorType === undefined ? {} : { errorType }),
      ...(metadata === undefined ? {} : { metadata }),
    });
  }
}
