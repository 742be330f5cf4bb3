/**
 * What the process uses while calls run, shared out among them.
 *
 * Nobody can say which of several calls that run at the same time burnt a microsecond. So the CPU time and the growth of the heap
 * between two beginnings or ends are divided evenly among the calls that ran in between: what all calls are given together is what
 * the process used while there were any. The delay of the event loop is not divided: every call waits for all of it.
 */
import { nodeV8 } from "../node-on-demand.ts";
import type { ResourceUse } from "./measured-call.ts";

let v8: ReturnType<typeof nodeV8> | undefined;

/** Where a call began. */
export interface ResourceMark {
  readonly cpuSeconds: number;
  readonly heapBytes: number;
  readonly delayMilliseconds: number;
  readonly startedAt: number;
}

/** How the process is read. */
export interface ProcessReadings {
  /** CPU time of the process so far, in seconds. */
  readonly cpuSeconds: () => number;
  /** Of the JavaScript heap. */
  readonly heapBytes: () => number;
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
}

const REAL_PROCESS: ProcessReadings = {
  cpuSeconds: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
  heapBytes: () => (v8 ??= nodeV8()).getHeapStatistics().used_heap_size,
  now: () => performance.now(),
};

/** Between two looks at the event loop. */
const TICK_MILLISECONDS = 20;
/** A timer of Node is late by this much in an idle process too. */
const TIMER_GRANULARITY_MILLISECONDS = 1;

/** Shares out the use of one process. */
export class ResourceMeter {
  readonly #process: ProcessReadings;
  #running = 0;
  #lastCpuSeconds = 0;
  #lastHeapBytes = 0;
  /** What one call that ran all the time would have been given. */
  #cpuShareSeconds = 0;
  #heapShareBytes = 0;
  #delayMilliseconds = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(readings: ProcessReadings = REAL_PROCESS) {
    this.#process = readings;
  }

  /** A call begins. */
  begin(): ResourceMark {
    this.#share();
    this.#running++;
    if (this.#timer === undefined) this.#tick();
    return {
      cpuSeconds: this.#cpuShareSeconds,
      heapBytes: this.#heapShareBytes,
      delayMilliseconds: this.#delayMilliseconds,
      startedAt: this.#process.now(),
    };
  }

  /** It ends. */
  end(mark: ResourceMark): ResourceUse {
    this.#share();
    this.#running--;
    // A tick tells of all the lateness since the tick before, a part of which may lie before the call.
    const ran = this.#process.now() - mark.startedAt;
    return {
      cpuSeconds: this.#cpuShareSeconds - mark.cpuSeconds,
      heapBytes: this.#heapShareBytes - mark.heapBytes,
      eventLoopDelaySeconds: Math.min(this.#delayMilliseconds - mark.delayMilliseconds, ran) / 1000,
    };
  }

  /** The event loop was late by this much, in milliseconds. */
  addDelay(milliseconds: number): void {
    this.#delayMilliseconds += milliseconds;
  }

  #share(): void {
    const cpuSeconds = this.#process.cpuSeconds();
    const heapBytes = this.#process.heapBytes();
    if (this.#running > 0) {
      this.#cpuShareSeconds += Math.max(0, cpuSeconds - this.#lastCpuSeconds) / this.#running;
      // A collection of garbage makes the heap smaller; that is nobody's merit.
      this.#heapShareBytes += Math.max(0, heapBytes - this.#lastHeapBytes) / this.#running;
    }
    this.#lastCpuSeconds = cpuSeconds;
    this.#lastHeapBytes = heapBytes;
  }

  /** Goes on only as long as calls run, and keeps no process alive. */
  #tick(): void {
    const startedAt = this.#process.now();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const late = this.#process.now() - startedAt - TICK_MILLISECONDS - TIMER_GRANULARITY_MILLISECONDS;
      if (late > 0) this.addDelay(late);
      if (this.#running > 0) this.#tick();
    }, TICK_MILLISECONDS).unref();
  }
}
