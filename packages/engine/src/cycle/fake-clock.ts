/** A clock for tests: it stands still until it is told to go on. */
import type { Clock } from "./clock.ts";

/** Time as a test says it: `now()` moves, and timers fire, only when the test advances it. */
export class FakeClock implements Clock {
  private time: number;
  private readonly timers = new Set<{ readonly at: number; readonly callback: () => void }>();

  constructor(time: number) {
    this.time = time;
  }

  now(): number {
    return this.time;
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer = { at: this.time + milliseconds, callback };
    this.timers.add(timer);
    return () => {
      this.timers.delete(timer);
    };
  }

  /** Goes on, and runs what is due on the way, each at its own time and to the end of what it can do without waiting. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    for (;;) {
      const next = [...this.timers].sort((left, right) => left.at - right.at)[0];
      if (next === undefined || next.at > end) break;
      this.timers.delete(next);
      this.time = next.at;
      next.callback();
      await settled();
    }
    this.time = end;
  }

  /** Sets the clock, as a person or a time server does. Timers are not touched by that: they wait as long as before. */
  set(time: number): void {
    const shift = time - this.time;
    const waiting = [...this.timers];
    this.timers.clear();
    for (const { at, callback } of waiting) this.timers.add({ at: at + shift, callback });
    this.time = time;
  }
}

/** Everything that waits for nothing but promises has happened. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
