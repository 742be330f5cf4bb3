/** What the application and a tracked call say to each other. */
import type { AttributeValue } from "@opentelemetry/api";
import type { Outcome, ParameterValues, ResultHandle, VariantId } from "@trimtab/conventions";
import type { TokenUse } from "./call-amounts.ts";
import type { ServedParameters } from "./parameters/served-parameters.ts";

/** What a tracked function gets: the way to say how its call goes. Nothing in here throws. */
export interface OperationHandle<Values extends ParameterValues = ParameterValues> {
  /** The operation's name. */
  readonly operation: string;
  /** The values that this call is to use; the metrics of the call carry their variant. */
  readonly parameters: Values;
  /** The id of the variant of this call. */
  readonly variant: VariantId;
  /** How good the result is, 0 to 1. The last score counts. Others are refused and counted in `trimtab_quality_refused_total`. */
  quality(score: number): void;
  /** The call did a part of its work: it counts as half a success, unless it fails. */
  partial(): void;
  /**
   * The call failed, though it throws nothing. From an error its type is read; a text is the type itself, which becomes the label
   * `error_type`: of low cardinality, never a message.
   */
  fail(reason?: unknown): void;
  /** What the call cost, in any unit, e.g. `cost(0.0021, "usd")`; amounts of one unit add up. Not below zero. */
  cost(amount: number, unit: string): void;
  /**
   * Tokens that a language model read and wrote; amounts add up. They count by type, and together as cost in the unit `tokens`; on the
   * span they stand under the names of the OpenTelemetry conventions for generative AI.
   */
  tokens(used: TokenUse): void;
  /** What people did with the result, by type of low cardinality: `engagement("share")`. Also long after the call has ended. */
  engagement(type: string, amount?: number): void;
  /**
   * The handle of this call's result: a text to keep with the result, or to hand to whoever may say later how good it was. With
   * `feedback(handle, ...)` that reaches the variant that had served, days later and from any process.
   */
  result(): ResultHandle;
  /** Something to find on the span and the record of this call. It never becomes a metric label. */
  attribute(key: string, value: AttributeValue): void;
}

/** What may be said of a call before it begins. */
export interface CallOptions {
  /** Calls with the same key get the same variant: a user, a session, a document. Default: by chance. */
  readonly key?: string | undefined;
  /** The answer of `parameters(...)`, where they were asked for before the call began: it is labelled with their variant. */
  readonly parameters?: ServedParameters;
  /**
   * Values for this one call, whatever the controller says, over the base values: for a test, or to look for a bug. What the declared
   * space does not allow is refused as a whole. The call counts for the variant that its values are.
   */
  readonly override?: ParameterValues;
  /** Goes to the span and the record of the call, never to a metric. */
  readonly metadata?: Readonly<Record<string, AttributeValue>>;
  /** What a result means, where nothing is thrown. Default: success. */
  readonly outcome?: ((result: never) => Outcome | undefined) | undefined;
}

/** A number is written as a text; the empty text and everything that names nothing is no key. */
export function stickyKey(key: unknown): string | undefined {
  if (typeof key === "string") return key === "" ? undefined : key;
  return typeof key === "number" || typeof key === "bigint" ? String(key) : undefined;
}
