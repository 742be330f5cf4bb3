import { silentLog } from "@trimtab/engine";
import { expect, test } from "vitest";
import { createPeriodicJob } from "./periodic-job.ts";

test("runs at once and again and again, one at a time, and not after the stop; a failure stops nothing", async () => {
  let runs = 0;
  let atOnce = 0;
  const failures: string[] = [];
  const enough = Promise.withResolvers<void>();
  const job = createPeriodicJob({
    everyMilliseconds: 1,
    async run() {
      atOnce++;
      expect(atOnce).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 3)); // longer than the interval
      atOnce--;
      runs++;
      if (runs === 2) throw new Error("the store is away");
      if (runs === 4) enough.resolve();
    },
    failure: "it did not work",
    log: { ...silentLog, error: (message) => void failures.push(message) },
  });
  job.start();
  job.start();
  await enough.promise;
  await job.stop();
  const after = runs;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(runs).toBe(after);
  expect(failures).toEqual(["it did not work"]);
});
