/** Long work in small pieces: after a few milliseconds everybody else has a turn. */
import { setImmediate } from "node:timers/promises";

/** Work without a turn for others, in milliseconds. */
const LONGEST_WORK_MILLISECONDS = 2;

/** The turns of one piece of work. */
export class Turns {
  #startedAt: number = performance.now();

  /** Is it for others to go on? */
  get isOver(): boolean {
    return performance.now() - this.#startedAt >= LONGEST_WORK_MILLISECONDS;
  }

  /** Lets them. */
  async pass(): Promise<void> {
    await setImmediate();
    this.#startedAt = performance.now();
  }
}
