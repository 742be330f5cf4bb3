/** What a work says of its run, kept for its result and its record, and passed on to the tracked call. */
import type { Outcome, ResultHandle } from "@trimtab/conventions";
import type { OperationHandle, TokenUse } from "@trimtab/instrumentation";
import type { MetadataValue } from "./module-operation.ts";

/** The unit in which tokens of all types together count as cost. */
const TOKEN_UNIT = "tokens";

/** Keeps and passes on. Nothing in here throws. */
export class RunNotes {
  quality: number | undefined;
  outcome: Exclude<Outcome, "success"> | undefined;
  /** What was told of a failure that was not thrown. */
  failure: unknown;
  costs: Map<string, number> | undefined;
  readonly metadata: Map<string, unknown>;
  #call: OperationHandle | undefined;

  constructor(metadata: Readonly<Record<string, unknown>> | undefined) {
    this.metadata = new Map(Object.entries(metadata ?? {}));
  }

  attach(call: OperationHandle): void {
    this.#call = call;
  }

  /** The handle of the run's result; the empty text where the run never began. */
  handle(): ResultHandle {
    return this.#call?.result() ?? "";
  }

  score(score: number): void {
    if (typeof score === "number" && score >= 0 && score <= 1) this.quality = score;
    this.#call?.quality(score);
  }

  partial(): void {
    this.outcome = "partial";
    this.#call?.partial();
  }

  fail(reason: unknown): void {
    this.outcome = "failure";
    this.failure = reason;
    this.#call?.fail(reason);
  }

  cost(amount: number, unit: string): void {
    this.#add(unit, amount);
    this.#call?.cost(amount, unit);
  }

  tokens(used: TokenUse): void {
    for (const amount of [used.input, used.output]) this.#add(TOKEN_UNIT, amount);
    this.#call?.tokens(used);
  }

  note(key: string, value: MetadataValue): void {
    this.metadata.set(key, value);
    this.#call?.attribute(key, value as never);
  }

  #add(unit: unknown, amount: unknown): void {
    const isAmount = typeof amount === "number" && Number.isFinite(amount) && amount >= 0;
    if (!isAmount || typeof unit !== "string" || unit === "") return;
    this.costs ??= new Map();
    this.costs.set(unit, (this.costs.get(unit) ?? 0) + amount);
  }
}
