import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { configure, createTracker, type Tracker } from "./index.ts";
import type { EndedCall } from "./metrics/measured-call.ts";
import { OperationHistory, Totals } from "./performance-history.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe("what this process has seen", () => {
  let tracker: Tracker;
  let number = 0;

  beforeEach(() => {
    tracker = createTracker(`summary_${number++}`);
  });

  test("is summed over all operations and for each, and a partial counts one half", async () => {
    for (let call = 0; call < 6; call++) tracker.recordSuccess("write", { durationMilliseconds: 100, quality: 0.9 });
    tracker.recordFailure("write", "timeout", { durationMilliseconds: 700 });
    tracker.track("read", {}, (call) => {
      call.partial();
      call.quality(0.3);
    });
    const { operations, ...all } = await tracker.getPerformanceSummary();
    expect(all).toMatchObject({
      component: tracker.component,
      period: "24h",
      source: "process",
      total: 8,
      successRate: 6.5 / 8,
      outcomes: { success: 6, failure: 1, partial: 1 },
    });
    expect(all.meanQuality).toBeCloseTo((6 * 0.9 + 0.3) / 7, 12);
    expect(operations["write"]).toMatchObject({ total: 7, successRate: 6 / 7 });
    expect(operations["write"]?.meanDurationSeconds).toBeCloseTo(1.3 / 7, 12);
    expect(operations["write"]?.p50DurationSeconds).toBeCloseTo(0.0896, 4); // 75 ms to 100 ms, 3.5 of 6 along
    expect(operations["read"]).toMatchObject({ total: 1, successRate: 0.5, meanQuality: 0.3 });
  });

  test("is no data where there was no call, and never zero", async () => {
    const empty = await tracker.getPerformanceSummary("1h");
    const nothing = { total: undefined, successRate: undefined, outcomes: undefined, meanQuality: undefined };
    expect(empty).toMatchObject({ ...nothing, meanDurationSeconds: undefined, p99DurationSeconds: undefined });
    expect(empty.operations).toEqual({});
    tracker.recordSuccess("unmeasured");
    expect(await tracker.getPerformanceSummary("90s")).toMatchObject({
      total: 1,
      successRate: 1,
      meanDurationSeconds: undefined,
      p95DurationSeconds: undefined,
      meanQuality: undefined,
    });
  });

  test("is refused for a period that is none, with what would be one", async () => {
    for (const period of ["yesterday", "", "0s", "10", "-1h", 24 as never, null as never]) {
      await expect(tracker.getPerformanceSummary(period)).rejects.toThrow(/is no period; write a number and a unit/);
    }
    await expect(tracker.getPerformanceSummary("31d")).rejects.toThrow(TypeError);
  });
});

describe("the history of an operation", () => {
  const call: EndedCall = {
    outcome: "success",
    durationMilliseconds: 100,
    quality: 0.5,
    costs: undefined,
    errorType: undefined,
  };
  let now = 0;
  let history: OperationHistory;
  const callsIn = (period: number): number => {
    const totals = new Totals();
    history.addTo(totals, period);
    expect(totals.durations.count).toBe(totals.outcomes.success);
    return totals.outcomes.success;
  };

  beforeEach(() => {
    now = 12_345;
    history = new OperationHistory(() => now);
  });

  test("knows the last hour by minutes, two days by hours, and thirty days by half days", () => {
    for (let minute = 0; minute < 60 * 24 * 40; minute++) {
      history.record(call);
      now += MINUTE;
    }
    now -= MINUTE;
    expect(callsIn(10_000)).toBe(1);
    expect(callsIn(10 * MINUTE)).toBe(11); // the minute that runs, and each that lies in the period in part
    expect(callsIn(HOUR)).toBe(61);
    const within = (period: number, slot: number): void => {
      expect(callsIn(period)).toBeGreaterThanOrEqual(period / MINUTE);
      expect(callsIn(period)).toBeLessThanOrEqual((period + slot) / MINUTE + 1);
    };
    within(DAY, HOUR);
    within(2 * DAY, HOUR);
    within(7 * DAY, DAY / 2);
    within(30 * DAY, DAY / 2);
  });

  test("forgets what is older than the period, and holds whatever comes late to a score", () => {
    history.record(call);
    now += 2 * HOUR;
    expect(callsIn(HOUR)).toBe(0);
    expect(callsIn(DAY)).toBe(1);
    history.recordQuality(1);
    const totals = new Totals();
    history.addTo(totals, DAY);
    expect([totals.scored, totals.qualitySum]).toEqual([2, 1.5]);
    now += 31 * DAY;
    expect(callsIn(30 * DAY)).toBe(0);
  });
});

describe("with a controller", () => {
  let server: Server;
  let answer: { status: number; body: unknown };
  const asked: string[] = [];

  beforeEach(async () => {
    server = createServer((request, response) => {
      if (!request.url?.startsWith("/v1/performance")) return void response.writeHead(404).end();
      asked.push(request.url);
      response.writeHead(answer.status).end(JSON.stringify(answer.body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    configure({ controllerUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  });

  afterEach(async () => {
    configure({ controllerUrl: undefined as never });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test("it answers for all processes; where it does not, this process answers for itself", async () => {
    const value = (number: number) => ({ kind: "value", value: number });
    const noData = { kind: "noData" };
    const numbers = {
      kind: "value",
      total: 10,
      successRate: 0.9,
      outcomes: { success: 9, failure: 1, partial: 0 },
      durationSeconds: { mean: value(0.2), p50: value(0.1), p95: value(0.5), p99: noData },
      quality: { mean: noData, scored: 0 },
    };
    answer = { status: 200, body: { ...numbers, operations: { write: numbers, idle: { kind: "noData" } } } };
    const tracker = createTracker("everywhere");
    tracker.recordSuccess("write");
    const summary = await tracker.getPerformanceSummary("7d");
    expect(asked).toEqual(["/v1/performance/everywhere?period=7d"]);
    expect(summary).toMatchObject({ source: "controller", total: 10, successRate: 0.9, p95DurationSeconds: 0.5 });
    expect(summary.p99DurationSeconds).toBeUndefined();
    expect(summary.meanQuality).toBeUndefined();
    expect(Object.keys(summary.operations)).toEqual(["write"]);
    answer = { status: 403, body: {} };
    expect(await tracker.getPerformanceSummary("7d")).toMatchObject({ source: "process", total: 1 });
  });
});
