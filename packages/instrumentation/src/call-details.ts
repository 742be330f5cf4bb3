/** What only few calls have. It is made when it is needed, so that the others pay nothing for it. */
import type { AttributeValue } from "@opentelemetry/api";
import type { Outcome } from "@trimtab/conventions";
import type { CallAmounts } from "./call-amounts.ts";
import type { Failure } from "./call-failure.ts";
import type { ResourceUse } from "./metrics/measured-call.ts";
import type { ResourceMark, ResourceMeter } from "./metrics/resource-use.ts";

/** Of one call. */
export class CallDetails {
  /** Of its options: what assigns its variant. */
  key: string | undefined;
  /** Of its options: what a result means. */
  classify: ((result: never) => Outcome | undefined) | undefined;
  /** What the application said of its outcome. */
  said: Outcome | undefined;
  failure: Failure | undefined;
  amounts: CallAmounts | undefined;
  /** For its record, where records are wanted. */
  metadata: Map<string, AttributeValue> | undefined;
  #meter: ResourceMeter | undefined;
  #mark: ResourceMark | undefined;

  /** From here on it is measured what the process uses. */
  beginUse(meter: ResourceMeter): void {
    this.#meter = meter;
    this.#mark = meter.begin();
  }

  /** What the process used since; undefined where nobody measured it. */
  endUse(): ResourceUse | undefined {
    return this.#mark && this.#meter?.end(this.#mark);
  }
}
