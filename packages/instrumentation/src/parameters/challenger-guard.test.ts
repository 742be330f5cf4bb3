import type { AllocatedVariant, VariantId } from "@trimtab/conventions";
import { beforeEach, describe, expect, test } from "vitest";
import { ChallengerGuard, type StoppedChallenger } from "./challenger-guard.ts";

const baseline: AllocatedVariant = { id: "base-b", role: "baseline", weight: 0.05, parameters: {} };
const incumbent: AllocatedVariant = { id: "v-incumbent", role: "incumbent", weight: 0.65, parameters: {} };
const first: AllocatedVariant = { id: "v-first", role: "challenger", weight: 0.2, parameters: {} };
const second: AllocatedVariant = { id: "v-second", role: "challenger", weight: 0.1, parameters: {} };

let now = 0;
let guard: ChallengerGuard;

beforeEach(() => {
  now = 0;
  guard = new ChallengerGuard([baseline, incumbent, first, second], () => now);
});

function call(variant: VariantId, isFailure: boolean, subject?: unknown): StoppedChallenger | undefined {
  const watched = guard.watch(variant);
  watched?.begin();
  return watched?.end(isFailure, subject);
}

function succeed(times: number): void {
  for (let at = 0; at < times; at++) {
    call("v-incumbent", false);
    call("base-b", false);
  }
}

function failUntilStopped(variant: VariantId, most: number, subject?: (at: number) => unknown): StoppedChallenger {
  for (let at = 1; at <= most; at++) {
    const stopped = call(variant, true, subject?.(at));
    if (stopped !== undefined) return stopped;
  }
  throw new Error(`${variant} goes on after ${most} failures`);
}

describe("a challenger that fails in every call", () => {
  test("is stopped by its 20th, and its calls go to the incumbent; nothing else moves", () => {
    succeed(50);
    expect(failUntilStopped("v-first", 20)).toMatchObject({
      variant: "v-first",
      heir: "v-incumbent",
      challenger: { ended: 20, failures: 20 },
      others: { ended: 100, failures: 0 },
    });
    expect(guard.serving(first)).toBe(incumbent);
    for (const other of [baseline, incumbent, second]) expect(guard.serving(other)).toBe(other);
  });

  test("is stopped once; another one is watched on", () => {
    succeed(50);
    failUntilStopped("v-first", 20);
    succeed(50);
    expect(call("v-first", true)).toBeUndefined();
    expect(failUntilStopped("v-second", 25).variant).toBe("v-second");
    expect(guard.serving(second)).toBe(incumbent);
  });

  test("is stopped all the same after a good week: each batch of failures or minutes is judged by itself", () => {
    for (let at = 0; at < 100_000; at++) call("v-first", false);
    succeed(100_000);
    now = 7 * 24 * 3_600_000;
    expect(call("v-first", true)).toBeUndefined();
    succeed(50);
    expect(failUntilStopped("v-first", 20).challenger.ended).toBe(20);
  });

  test("is not stopped where all fail, and not where the failing calls of the others have not ended", () => {
    for (let at = 0; at < 2000; at++) {
      const variant = [
        "base-b",
        ...Array<string>(13).fill("v-incumbent"),
        ...Array<string>(4).fill("v-first"),
        "v-second",
      ];
      expect(call(variant[at % variant.length] ?? "", true)).toBeUndefined();
    }
    now += 11 * 60_000;
    call("v-first", true);
    succeed(50);
    const waiting = Array.from({ length: 500 }, () => guard.watch("v-incumbent"));
    for (const watched of waiting) watched?.begin();
    for (let at = 0; at < 60; at++) expect(call("v-first", true)).toBeUndefined();
    for (const watched of waiting) expect(watched?.end(true, undefined)).toBeUndefined();
    expect(guard.serving(first)).toBe(first);
  });

  test("is not stopped by one user whose every call fails: a sticky key brings all of them here", () => {
    succeed(50);
    expect(() => failUntilStopped("v-first", 400, () => "user-7")).toThrow("goes on");
    expect(failUntilStopped("v-first", 20, (at) => `user-${at}`).challenger.evidence).toBeLessThan(20);
  });

  test("is not judged by calls that were assigned before the last batch", () => {
    succeed(50);
    const old = Array.from({ length: 100 }, () => guard.watch("v-first"));
    for (const watched of old) watched?.begin();
    now = 11 * 60_000;
    call("v-incumbent", true);
    for (const watched of old) expect(watched?.end(true, undefined)).toBeUndefined();
  });
});

test("without anything to compare it with a challenger goes on", () => {
  expect(() => failUntilStopped("v-first", 400)).toThrow("goes on");
});

describe("where two strategies share an operation", () => {
  const ofB: AllocatedVariant = { id: "v-of-b", role: "incumbent", weight: 0.3, parameters: {} };
  const challengerOfB: AllocatedVariant = { id: "v-challenger-of-b", role: "challenger", weight: 0.15, parameters: {} };

  test("the calls of a stopped challenger stay in the stretch of its own strategy", () => {
    guard = new ChallengerGuard([baseline, { ...incumbent, weight: 0.3 }, first, ofB, challengerOfB], () => now);
    for (let at = 0; at < 50; at++) call("v-of-b", false);
    expect(failUntilStopped("v-challenger-of-b", 30).heir).toBe("v-of-b");
    expect(guard.serving(challengerOfB)).toBe(ofB);
    for (let at = 0; at < 50; at++) call("v-of-b", false); // each stop begins a comparison anew
    expect(failUntilStopped("v-first", 30).heir).toBe("v-incumbent");
  });

  test("what one of them tries and the other has adopted is not stopped, and both shares of it are its share", () => {
    const tried: AllocatedVariant = { ...incumbent, role: "challenger", weight: 0.1 };
    guard = new ChallengerGuard([baseline, { ...incumbent, weight: 0.4 }, ofB, tried, challengerOfB], () => now);
    for (let at = 0; at < 100; at++) call("v-of-b", false);
    expect(() => failUntilStopped("v-incumbent", 400)).toThrow("goes on");
    expect(guard.serving(tried)).toBe(tried);
  });
});

describe("an outage in which the challenger fails sooner, because its time-out is shorter", () => {
  /** A quarter of the calls are answered from a cache; the rest waits for a database that does not answer between 10 s and 40 s. */
  function stopsInOutage(random: () => number): boolean {
    const pending: { readonly at: number; readonly end: () => StoppedChallenger | undefined }[] = [];
    let isStopped = false;
    for (let time = 0; time < 60; time += 0.01) {
      for (const { end } of pending.filter(({ at }) => at <= time)) isStopped = end() !== undefined || isStopped;
      pending.splice(0, pending.length, ...pending.filter(({ at }) => at > time));
      const variant = random() < 0.3 ? first.id : incumbent.id;
      const watched = guard.watch(variant);
      watched?.begin();
      const isFailure = time > 10 && time < 40 && random() > 0.25;
      const seconds = !isFailure ? 0.05 : variant === first.id ? 1 : 5;
      pending.push({ at: time + seconds, end: () => watched?.end(isFailure, undefined) });
    }
    return isStopped;
  }

  test("stops nothing, in fifty outages", () => {
    const both = [
      { ...incumbent, weight: 0.7 },
      { ...first, weight: 0.3 },
    ] as const;
    let seed = 1;
    const random = (): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    for (let outage = 0; outage < 50; outage++) {
      guard = new ChallengerGuard(both, () => now);
      expect(stopsInOutage(random)).toBe(false);
    }
  });
});
