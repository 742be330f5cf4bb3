/**
 * Watches the calls of one allocation with challengers, and stops a challenger that fails plainly: from then on its calls go to the
 * incumbent, with and without a sticky key, and every other call goes where it went before.
 *
 * A stop ends with the first document that gives this context other variants, roles, shares or another salt, or that drops it; the
 * controller has then decided anew. Counting goes on while the document says the same, in batches of 512 failures or ten minutes, so
 * that a good past cannot hide a bad present. Each batch is a comparison of its own.
 *
 * Where two strategies share an operation, one variant may stand in the list twice, in either role: its calls are counted together, and
 * what is an incumbent or the baseline anywhere is never stopped. Calls of a stopped challenger stay in their strategy's stretch.
 */
import type { AllocatedVariant, Allocation, VariantId } from "@trimtab/conventions";
import { type CountedCalls, failsPlainly } from "./plain-failure.ts";

const MAXIMUM_FAILURES_OF_BATCH = 512;
const LONGEST_BATCH_MILLISECONDS = 10 * 60_000;

/** What was found when a challenger was stopped. */
export interface StoppedChallenger {
  readonly variant: VariantId;
  readonly heir: VariantId;
  readonly challenger: Readonly<CountedCalls>;
  readonly others: Readonly<CountedCalls>;
}

/** The calls of one variant in one batch; a call says here that it begins, and how it ended. */
export class WatchedCalls implements CountedCalls {
  running = 0;
  ended = 0;
  failures = 0;
  evidence = 0;
  readonly variant: VariantId;
  readonly #batch: Batch;

  constructor(variant: VariantId, batch: Batch) {
    this.variant = variant;
    this.#batch = batch;
  }

  /** A call was assigned to the variant. */
  begin(): void {
    this.running++;
  }

  /**
   * A call that had begun here has ended.
   *
   * @param subject What assigned the call, where that assigns others too: its sticky key, or the answer that it was given.
   * @returns The challenger that this failure stops, or undefined.
   */
  end(isFailure: boolean, subject: unknown): StoppedChallenger | undefined {
    this.running--;
    this.ended++;
    return isFailure ? this.#batch.fail(this, subject) : undefined;
  }
}

interface Batch {
  readonly calls: ReadonlyMap<VariantId, WatchedCalls>;
  fail(calls: WatchedCalls, subject: unknown): StoppedChallenger | undefined;
}

/** One allocation with challengers. */
export class ChallengerGuard {
  readonly #now: () => number;
  /** The share of each variant, summed. */
  readonly #shares = new Map<VariantId, number>();
  /** The challengers, and who gets the calls of each when it is stopped. */
  readonly #heirs: ReadonlyMap<VariantId, AllocatedVariant>;
  readonly #stopped = new Set<VariantId>();
  #hasStopped = false;
  #batch: Batch;

  /** @param now Milliseconds on a monotonic clock. */
  constructor(variants: readonly AllocatedVariant[], now: () => number) {
    this.#now = now;
    for (const { id, weight } of variants) this.#shares.set(id, (this.#shares.get(id) ?? 0) + weight);
    this.#heirs = heirsOf(variants);
    this.#batch = this.#newBatch();
  }

  /** The variant that a call gets which the allocation assigned to this one. */
  serving(assigned: AllocatedVariant): AllocatedVariant {
    return this.#hasStopped && this.#stopped.has(assigned.id) ? (this.#heirs.get(assigned.id) ?? assigned) : assigned;
  }

  /** Where a call of this variant is counted from now on. */
  watch(variant: VariantId): WatchedCalls | undefined {
    return this.#batch.calls.get(variant);
  }

  #newBatch(): Batch {
    const calls = new Map<VariantId, WatchedCalls>();
    const startedAt = this.#now();
    const subjects = new Set<unknown>();
    let failures = 0;
    const batch: Batch = {
      calls,
      fail: (failed, subject) => {
        failed.failures++;
        if (subject === undefined || !subjects.has(subject)) {
          if (subject !== undefined) subjects.add(subject);
          failed.evidence++;
          failures++;
        }
        if (batch !== this.#batch) return undefined; // of an earlier batch: other shares, or another time
        const heir = this.#heirs.get(failed.variant);
        if (heir !== undefined && this.#isPlain(failed)) return this.#stop(failed, heir);
        const isOver = failures >= MAXIMUM_FAILURES_OF_BATCH || this.#now() - startedAt > LONGEST_BATCH_MILLISECONDS;
        if (isOver) this.#batch = this.#newBatch();
        return undefined;
      },
    };
    for (const id of this.#shares.keys()) calls.set(id, new WatchedCalls(id, batch));
    return batch;
  }

  #isPlain(challenger: WatchedCalls): boolean {
    if (this.#stopped.has(challenger.variant)) return false;
    const own = this.#shares.get(challenger.variant) ?? 0;
    let rest = 0;
    // What is stopped adds its share to those that a challenger is compared with.
    for (const [id, weight] of this.#shares) if (!this.#heirs.has(id) || this.#stopped.has(id)) rest += weight;
    const share = own / (own + rest);
    return share > 0 && share < 1 && failsPlainly({ challenger, others: this.#othersOf(), share });
  }

  #stop({ running, ended, failures, evidence, variant }: WatchedCalls, heir: AllocatedVariant): StoppedChallenger {
    const others = this.#othersOf();
    this.#stopped.add(variant);
    this.#hasStopped = true;
    this.#batch = this.#newBatch(); // the incumbent's share is another one now
    return { variant, heir: heir.id, challenger: { running, ended, failures, evidence }, others };
  }

  #othersOf(): CountedCalls {
    const sum: CountedCalls = { running: 0, ended: 0, failures: 0, evidence: 0 };
    for (const { variant, running, ended, failures, evidence } of this.#batch.calls.values()) {
      if (this.#heirs.has(variant)) continue;
      sum.running += running;
      sum.ended += ended;
      sum.failures += failures;
      sum.evidence += evidence;
    }
    return sum;
  }
}

/** For each challenger the incumbent that stands before it, else the first, else the baseline. */
function heirsOf(variants: readonly AllocatedVariant[]): ReadonlyMap<VariantId, AllocatedVariant> {
  const staying = variants.filter(({ role }) => role !== "challenger");
  const fallback = staying.find(({ role }) => role === "incumbent") ?? staying[0];
  const heirs = new Map<VariantId, AllocatedVariant>();
  let last = fallback;
  for (const variant of variants) {
    if (variant.role === "incumbent") last = variant;
    const isStaying = staying.some(({ id }) => id === variant.id);
    if (!isStaying && last !== undefined && !heirs.has(variant.id)) heirs.set(variant.id, last);
  }
  return heirs;
}

/** Does a newer document say the same of this context, so that a stop stays? */
export function isSameAllocation(before: Allocation, after: Allocation): boolean {
  return (
    before.salt === after.salt &&
    before.variants.length === after.variants.length &&
    before.variants.every((variant, at) => {
      const other = after.variants[at];
      return variant.id === other?.id && variant.role === other.role && variant.weight === other.weight;
    })
  );
}
