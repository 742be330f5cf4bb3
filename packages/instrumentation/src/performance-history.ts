/**
 * What the operations of a component did in this process, back to thirty days, in bounded memory: sums per minute for an hour, per
 * hour for two days, per half a day for thirty. A call adds to the minute that runs; a minute that is over is added to its hour and
 * its half day. All times are on the monotonic clock of the process: steps of the system's clock change nothing.
 */
import { DURATION_BOUNDARIES_SECONDS, type Outcome } from "@trimtab/conventions";
import { Buckets, Distribution } from "./metrics/distribution.ts";
import type { CallHistory, EndedCall } from "./metrics/measured-call.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

interface Tier {
  readonly slotMilliseconds: number;
  /** The longest period that it answers for. */
  readonly coversMilliseconds: number;
}

const MINUTES: Tier = { slotMilliseconds: MINUTE, coversMilliseconds: HOUR };
const COARSER: readonly Tier[] = [
  { slotMilliseconds: HOUR, coversMilliseconds: 2 * DAY },
  { slotMilliseconds: DAY / 2, coversMilliseconds: 30 * DAY },
];
/** The longest period that is remembered, in milliseconds. */
export const LONGEST_PERIOD_MILLISECONDS: number = 30 * DAY;

const BUCKETS = new Buckets(DURATION_BOUNDARIES_SECONDS);

/** Sums of calls. */
export class Totals {
  readonly outcomes: Record<Outcome, number> = { success: 0, failure: 0, partial: 0 };
  readonly durations: Distribution = new Distribution(BUCKETS);
  scored = 0;
  qualitySum = 0;

  record({ outcome, durationMilliseconds, quality }: EndedCall): void {
    this.outcomes[outcome]++;
    if (durationMilliseconds !== undefined) this.durations.record(durationMilliseconds / 1000);
    if (quality !== undefined) this.recordQuality(quality);
  }

  recordQuality(quality: number): void {
    this.scored++;
    this.qualitySum += quality;
  }

  add(other: Totals): void {
    for (const outcome of ["success", "failure", "partial"] as const) this.outcomes[outcome] += other.outcomes[outcome];
    this.durations.add(other.durations);
    this.scored += other.scored;
    this.qualitySum += other.qualitySum;
  }
}

/** What one operation did. */
export class OperationHistory implements CallHistory {
  readonly #now: () => number;
  #minute = new Totals();
  #minuteIndex: number;
  readonly #minutes = new Map<number, Totals>();
  readonly #coarser = COARSER.map((tier) => ({ tier, slots: new Map<number, Totals>() }));

  /** @param now Milliseconds on a monotonic clock. */
  constructor(now: () => number) {
    this.#now = now;
    this.#minuteIndex = Math.floor(now() / MINUTE);
    this.#minutes.set(this.#minuteIndex, this.#minute);
  }

  record(call: EndedCall): void {
    this.#current().record(call);
  }

  recordQuality(quality: number): void {
    this.#current().recordQuality(quality);
  }

  /** Adds what was done in the period up to now, rounded up to whole slots. */
  addTo(totals: Totals, askedMilliseconds: number): void {
    const periodMilliseconds = Math.min(askedMilliseconds, LONGEST_PERIOD_MILLISECONDS);
    this.#current();
    const begin = this.#now() - periodMilliseconds;
    const addSlots = (slots: ReadonlyMap<number, Totals>, slotMilliseconds: number): void => {
      for (const [index, slot] of slots) if ((index + 1) * slotMilliseconds > begin) totals.add(slot);
    };
    if (periodMilliseconds <= MINUTES.coversMilliseconds) return addSlots(this.#minutes, MINUTE);
    const finest = this.#coarser.find((each) => periodMilliseconds <= each.tier.coversMilliseconds);
    if (finest !== undefined) addSlots(finest.slots, finest.tier.slotMilliseconds);
    totals.add(this.#minute); // not in its hour yet
  }

  #current(): Totals {
    const index = Math.floor(this.#now() / MINUTE);
    if (index === this.#minuteIndex) return this.#minute;
    for (const { tier, slots } of this.#coarser) {
      const at = Math.floor((this.#minuteIndex * MINUTE) / tier.slotMilliseconds);
      let slot = slots.get(at);
      if (slot === undefined) {
        slot = new Totals();
        slots.set(at, slot);
      }
      slot.add(this.#minute);
      forget(slots, Math.floor((index * MINUTE) / tier.slotMilliseconds), tier);
    }
    this.#minute = new Totals();
    this.#minuteIndex = index;
    this.#minutes.set(index, this.#minute);
    forget(this.#minutes, index, MINUTES);
    return this.#minute;
  }
}

function forget(slots: Map<number, Totals>, now: number, { slotMilliseconds, coversMilliseconds }: Tier): void {
  const oldest = now - coversMilliseconds / slotMilliseconds;
  for (const index of slots.keys()) if (index < oldest) slots.delete(index);
}
