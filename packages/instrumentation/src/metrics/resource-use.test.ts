import { expect, test } from "vitest";
import { ResourceMeter } from "./resource-use.ts";

function metered(): { meter: ResourceMeter; used: { cpu: number; heap: number; at: number } } {
  const used = { cpu: 5, heap: 1000, at: 0 };
  const meter = new ResourceMeter({
    cpuSeconds: () => used.cpu,
    heapBytes: () => used.heap,
    now: () => used.at,
  });
  return { meter, used };
}

test("a call alone is given all that the process used while it ran, and nothing from before", () => {
  const { meter, used } = metered();
  const call = meter.begin();
  Object.assign(used, { cpu: 7, heap: 1600, at: 3000 });
  expect(meter.end(call)).toEqual({ cpuSeconds: 2, heapBytes: 600, eventLoopDelaySeconds: 0 });
});

test("calls at the same time share CPU and heap evenly: together they are given what was used", () => {
  const { meter, used } = metered();
  const long = meter.begin();
  used.cpu += 1; // the long one alone
  const short = meter.begin();
  used.cpu += 4; // both
  used.heap += 100;
  const ofShort = meter.end(short);
  used.cpu += 1; // the long one again
  const ofLong = meter.end(long);
  expect(ofShort).toMatchObject({ cpuSeconds: 2, heapBytes: 50 });
  expect(ofLong).toMatchObject({ cpuSeconds: 4, heapBytes: 50 });
});

test("a heap that a collection of garbage made smaller counts as no growth, never as a negative one", () => {
  const { meter, used } = metered();
  const call = meter.begin();
  used.heap = 200;
  const other = meter.begin();
  used.heap = 260;
  expect(meter.end(other).heapBytes).toBe(30);
  expect(meter.end(call).heapBytes).toBe(30);
});

test("the event loop's delay is every call's own, and never longer than the call", () => {
  const { meter, used } = metered();
  const early = meter.begin();
  used.at = 1000;
  const late = meter.begin();
  used.at = 1050;
  meter.addDelay(400);
  expect(meter.end(early).eventLoopDelaySeconds).toBe(0.4);
  expect(meter.end(late).eventLoopDelaySeconds).toBe(0.05);
});

test("the real process gives what is finite and not negative", () => {
  const meter = new ResourceMeter();
  const call = meter.begin();
  const used = meter.end(call);
  for (const value of Object.values(used)) expect(value).toBeGreaterThanOrEqual(0);
});
