import { expect, test } from "vitest";
import { startScrapeClock } from "./scrape-clock.ts";

const STEP = 10;
const START = 1_700_000_000_000;

/** A clock of the machine that a person sets, and how often it was looked at. */
function settableClock() {
  let time = START;
  let looks = 0;
  return {
    now: () => {
      looks++;
      return time;
    },
    set(to: number) {
      time = to;
      looks = 0;
    },
    async lookedAt(times: number) {
      while (looks < times) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test("while the clock stands before the last instant nothing is called, and goes on as soon as it is past it again", async () => {
  const slots: number[] = [];
  const clock = settableClock();
  const scrapes = startScrapeClock(STEP, async (slot) => void slots.push(slot), clock.now);
  clock.set(START + STEP);
  await clock.lookedAt(4);
  clock.set(START - 90 * 86_400_000);
  await clock.lookedAt(4);
  expect(slots).toEqual([START + STEP]);
  clock.set(START + 5 * STEP + 3);
  await clock.lookedAt(4);
  await scrapes.stop();
  expect(slots).toEqual([START + STEP, START + 5 * STEP]);
});
