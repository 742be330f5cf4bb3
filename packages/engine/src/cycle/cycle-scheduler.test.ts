import { describe, expect, test, vi } from "vitest";
import { samplePolicy } from "../stores/sample-cycles.ts";
import {
  type CycleScheduler,
  type CycleSchedulerOptions,
  createCycleScheduler,
  type FinishedPass,
  PassGivenUpError,
  SchedulerStoppedError,
} from "./cycle-scheduler.ts";
import { FakeClock, settled } from "./fake-clock.ts";
import { type Log, silentLog } from "./log.ts";
import type { CycleOutcome } from "./run-cycle.ts";

const done: CycleOutcome = { kind: "skipped", reason: "nothing to do" };
const checkout = { component: "shop", operation: "checkout" };
const START = 1_000_000_000;

/** A pass that runs until the test ends it. */
interface HeldPass {
  readonly operation: string;
  readonly startedAt: number;
  end(): Promise<void>;
  fail(error: Error): Promise<void>;
}

/** A scheduler of operations with an interval of 10 s each, on a grid of 1 s. */
function schedule(names: readonly string[], options: Partial<CycleSchedulerOptions> = {}) {
  const clock = new FakeClock(START);
  const passes: FinishedPass[] = [];
  const scheduler: CycleScheduler = createCycleScheduler({
    operations: names.map((operation) => ({ policy: samplePolicy({ operation }), intervalMilliseconds: 10_000 })),
    gridMilliseconds: 1_000,
    run: async () => done,
    log: silentLog,
    onPass: (pass) => passes.push(pass),
    clock,
    random: () => 0,
    ...options,
  });
  return { clock, passes, scheduler };
}

function holdPasses() {
  const held: HeldPass[] = [];
  let running = 0;
  let most = 0;
  return {
    held,
    most: () => most,
    run: (clock: () => number) => async (operation: { policy: { operation: string } }) => {
      const { promise, resolve, reject } = Promise.withResolvers<CycleOutcome>();
      running += 1;
      most = Math.max(most, running);
      held.push({
        operation: operation.policy.operation,
        startedAt: clock(),
        end: async () => {
          resolve(done);
          await settled();
        },
        fail: async (error) => {
          reject(error);
          await settled();
        },
      });
      return promise.finally(() => {
        running -= 1;
      });
    },
  };
}

/** A scheduler whose passes run until the test ends them. */
function scheduleHeld(names: readonly string[], options: Partial<CycleSchedulerOptions> = {}) {
  const passes = holdPasses();
  let clock: FakeClock | undefined;
  const made = schedule(names, { run: passes.run(() => clock?.now() ?? 0), ...options });
  clock = made.clock;
  return { ...made, held: passes.held, most: passes.most };
}

describe("on its interval", () => {
  test("each operation has one pass per interval, and they are spread over it", async () => {
    const { clock, passes, scheduler } = schedule(["search", "checkout"]);
    scheduler.start();
    await clock.advance(30_000);
    const starts = passes.map((pass) => [pass.operation, pass.startedAt - START]);
    expect(starts).toEqual([
      ["checkout", 2_500],
      ["search", 7_500],
      ["checkout", 12_500],
      ["search", 17_500],
      ["checkout", 22_500],
      ["search", 27_500],
    ]);
    await scheduler.stop(60_000);
  });

  test("a pass that outlasts its interval delays the next one and never meets it", async () => {
    const { clock, held, most, scheduler } = scheduleHeld(["checkout"]);
    scheduler.start();
    await clock.advance(38_000);
    expect(held).toHaveLength(1);
    await held[0]?.end();
    await clock.advance(10_000);
    expect(held.map((pass) => pass.startedAt - START)).toEqual([5_100, 45_100]);
    expect(most()).toBe(1);
    await held[1]?.end();
    await scheduler.stop(60_000);
  });

  test("no more passes run at once than are allowed, and none is forgotten", async () => {
    const names = Array.from({ length: 9 }, (_, index) => `operation${index}`);
    const { clock, held, most, scheduler } = scheduleHeld(names, { maximumConcurrentPasses: 3 });
    scheduler.start();
    await clock.advance(9_999);
    expect(held).toHaveLength(3);
    for (let index = 0; index < 9; index++) await held[index]?.end();
    expect(held.map((pass) => pass.operation)).toEqual(names);
    expect(most()).toBe(3);
    await scheduler.stop(60_000);
  });

  test("a timer that comes a little early does not make two passes of one", async () => {
    const early = new FakeClock(START);
    const clock = { now: () => early.now(), after: (wait: number, run: () => void) => early.after(wait - 1, run) };
    const { passes, scheduler } = schedule(["checkout"], { clock });
    scheduler.start();
    await early.advance(30_000);
    expect(passes).toHaveLength(3);
    await scheduler.stop(60_000);
  });

  test("a clock that is set back by a day does not stop the passes", async () => {
    const { clock, passes, scheduler } = schedule(["checkout"]);
    scheduler.start();
    await clock.advance(20_000);
    clock.set(clock.now() - 86_400_000);
    await clock.advance(20_000);
    expect(passes).toHaveLength(4);
    await scheduler.stop(60_000);
  });

  test.each([999, 3_600_001, 0, Number.NaN])("an interval of %d ms is refused", (intervalMilliseconds) => {
    const operations = [{ policy: samplePolicy(), intervalMilliseconds }];
    expect(() => schedule([], { operations })).toThrow('the interval of "shop/checkout" is');
  });

  test("an operation that stands there twice is refused", () => {
    expect(() => schedule(["checkout", "checkout"])).toThrow('the operation "shop/checkout" is scheduled twice');
  });
});

describe("on demand", () => {
  test("a pass runs at once, and the next one comes at its usual time", async () => {
    const { clock, passes, scheduler } = schedule(["checkout"]);
    scheduler.start();
    expect(await scheduler.runNow(checkout)).toBe(done);
    await clock.advance(10_000);
    expect(passes.map((pass) => pass.startedAt - START)).toEqual([0, 5_100]);
    await scheduler.stop(60_000);
  });

  test("while a pass runs, one more comes after it, however many ask", async () => {
    const { held, most, scheduler } = scheduleHeld(["checkout"]);
    const first = scheduler.runNow(checkout);
    const more = [scheduler.runNow(checkout), scheduler.runNow(checkout)];
    await settled();
    expect(held).toHaveLength(1);
    await held[0]?.end();
    expect(await first).toBe(done);
    expect(held).toHaveLength(2);
    await held[1]?.end();
    expect(await Promise.all(more)).toEqual([done, done]);
    expect(held).toHaveLength(2);
    expect(most()).toBe(1);
  });

  test("another operation need not wait for it", async () => {
    const { held, scheduler } = scheduleHeld(["checkout", "search"], { maximumConcurrentPasses: 2 });
    const passes = [
      scheduler.runNow(checkout),
      scheduler.runNow(checkout),
      scheduler.runNow({ component: "shop", operation: "search" }),
    ];
    await settled();
    expect(held.map((pass) => pass.operation)).toEqual(["checkout", "search"]);
    for (let index = 0; index < 3; index++) await held[index]?.end();
    await Promise.all(passes);
  });

  test("an operation that is not configured is refused", async () => {
    const { scheduler } = schedule(["checkout"]);
    await expect(scheduler.runNow({ component: "shop", operation: "chekout" })).rejects.toThrow(
      'the operation "shop/chekout" is not configured',
    );
  });

  test("before start it runs only what is asked for", async () => {
    const { clock, passes, scheduler } = schedule(["checkout"]);
    await scheduler.runNow(checkout);
    await clock.advance(60_000);
    expect(passes).toHaveLength(1);
  });
});

describe("a pass that fails", () => {
  test("is told, is tried again within 2 intervals each time, and recovers", async () => {
    let broken = true;
    const error = vi.fn<Log["error"]>();
    const { clock, passes, scheduler } = schedule(["checkout"], {
      run: async () => {
        if (broken) throw new Error("the disk is full");
        return done;
      },
      log: { ...silentLog, error },
    });
    scheduler.start();
    await clock.advance(130_000);
    const starts = passes.map((pass) => pass.startedAt - START);
    expect(starts).toEqual([5_100, 25_100, 45_100, 65_100, 85_100, 105_100, 125_100]);
    expect(passes.every((pass) => pass.result.kind === "failed")).toBe(true);
    expect(error).toHaveBeenCalledTimes(7);
    expect(error.mock.calls[0]?.[1]).toMatchObject({ ...checkout, problem: "the disk is full", failuresInARow: 1 });
    expect(scheduler.status()).toEqual([
      { ...checkout, running: false, failuresInARow: 7, problem: "the disk is full", nextDueAt: START + 145_100 },
    ]);

    broken = false;
    await clock.advance(40_000);
    const [status] = scheduler.status();
    expect(status?.problem).toBeUndefined();
    expect(status?.failuresInARow).toBe(0);
    expect(passes.slice(7).map((pass) => pass.startedAt - START)).toEqual([145_100, 155_100, 165_100]);
    await scheduler.stop(60_000);
  });

  test("reaches who asked for it, and nobody else's pass", async () => {
    const { held, scheduler } = scheduleHeld(["checkout"]);
    const first = scheduler.runNow(checkout);
    const second = scheduler.runNow(checkout);
    const results = Promise.allSettled([first, second]);
    await settled();
    const reason = new Error("no luck");
    await held[0]?.fail(reason);
    await held[1]?.end();
    expect(await results).toEqual([
      { status: "rejected", reason },
      { status: "fulfilled", value: done },
    ]);
  });

  test("does not hide in an observer that fails", async () => {
    const error = vi.fn<Log["error"]>();
    const onPass = (): never => {
      throw new Error("no registry");
    };
    const { scheduler } = schedule(["checkout"], { log: { ...silentLog, error }, onPass });
    expect(await scheduler.runNow(checkout)).toBe(done);
    expect(await scheduler.runNow(checkout)).toBe(done);
    expect(error.mock.calls.map(([message]) => message)).toEqual(Array(2).fill("observer of passes failed"));
  });
});

describe("a pass that never ends", () => {
  test("is given up after the longest time, and its place is another's", async () => {
    const signals: AbortSignal[] = [];
    let isHanging = true;
    const { clock, passes, scheduler } = schedule(["checkout", "search"], {
      maximumConcurrentPasses: 1,
      longestPassMilliseconds: 60_000,
      run: (_, signal) => {
        signals.push(signal);
        return isHanging ? new Promise(() => {}) : Promise.resolve(done);
      },
    });
    scheduler.start();
    await clock.advance(62_499);
    expect(passes).toEqual([]);
    isHanging = false;
    await clock.advance(1);
    expect(passes.map(({ operation, result }) => [operation, result.kind])).toEqual([
      ["checkout", "failed"],
      ["search", "finished"],
    ]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(scheduler.status()[0]).toMatchObject({
      running: false,
      failuresInARow: 1,
      problem: "the pass took longer than 60 s",
    });
    await clock.advance(20_000);
    expect(scheduler.status()[0]).toMatchObject({ failuresInARow: 0 });
    await scheduler.stop(60_000);
  });

  test("is given up by a stop after its grace", async () => {
    const { clock, scheduler } = schedule(["checkout"], { run: () => new Promise(() => {}) });
    const asked = scheduler.runNow(checkout);
    const results = Promise.allSettled([asked]);
    await settled();
    const stopped = scheduler.stop(2_500);
    await clock.advance(2_500);
    await stopped;
    expect(await results).toMatchObject([{ status: "rejected", reason: expect.any(PassGivenUpError) }]);
  });
});

describe("stopping", () => {
  test("can be followed by another start", async () => {
    const { clock, passes, scheduler } = schedule(["checkout"]);
    scheduler.start();
    await scheduler.stop(0);
    scheduler.start();
    await clock.advance(10_000);
    expect(passes).toHaveLength(1);
    expect(await scheduler.runNow(checkout)).toBe(done);
    await scheduler.stop(0);
  });

  test("waits for the pass that runs, drops the one that waits, and starts none any more", async () => {
    const { clock, held, scheduler } = scheduleHeld(["checkout"]);
    scheduler.start();
    const running = scheduler.runNow(checkout);
    const waiting = scheduler.runNow(checkout);
    await settled();
    let hasStopped = false;
    const stopped = scheduler.stop(60_000).then(() => {
      hasStopped = true;
    });
    await expect(waiting).rejects.toThrow(SchedulerStoppedError);
    await settled();
    expect(hasStopped).toBe(false);
    await held[0]?.end();
    await stopped;
    expect(await running).toBe(done);
    await clock.advance(60_000);
    expect(held).toHaveLength(1);
    await expect(scheduler.runNow(checkout)).rejects.toThrow(SchedulerStoppedError);
  });
});
