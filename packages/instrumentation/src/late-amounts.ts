/** Amounts that come after their call has ended: straight to its series. */
import type { VariantId } from "@trimtab/conventions";
import type { AmountSink } from "./call-amounts.ts";
import type { LabelledContext } from "./context-tree.ts";
import type { CallWriter, CountKind, MeasuredOperation } from "./metrics/measured-call.ts";

/** Writes to the series of the call's variant. */
export type LateWrite = (write: (metrics: CallWriter, variant: VariantId) => void) => void;

/** Takes what is added to a call that is over. */
export class LateAmounts implements AmountSink {
  readonly #late: LateWrite;
  readonly #operation: MeasuredOperation;
  readonly #labels: LabelledContext;

  constructor(late: LateWrite, operation: MeasuredOperation, labels: LabelledContext) {
    this.#late = late;
    this.#operation = operation;
    this.#labels = labels;
  }

  addCost(amount: number, unit: string): void {
    this.#late((metrics, variant) => {
      metrics.recordLateCost(this.#operation, this.#labels, variant, amount, unit);
    });
  }

  addCount(kind: CountKind, type: string, amount: number): void {
    this.#late((metrics, variant) => {
      metrics.recordLateCount(this.#operation, this.#labels, variant, kind, type, amount);
    });
  }
}
