import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CountedCalls, FALSE_ALARM_CHANCE, failsPlainly, logEvidence, shareOfFailures } from "./plain-failure.ts";

function calls(ended: number, failures: number, running = 0): CountedCalls {
  return { running, ended, failures, evidence: failures };
}

describe("a challenger fails plainly", () => {
  test("when 15 of its 20 calls fail and none of the incumbent's 80", () => {
    expect(failsPlainly({ challenger: calls(20, 15), others: calls(80, 0), share: 0.2 })).toBe(true);
    expect(failsPlainly({ challenger: calls(20, 14), others: calls(80, 0), share: 0.2 })).toBe(false);
  });

  test("with the fewer failures the smaller its share is: 8 are enough for 1 call in 20", () => {
    expect(failsPlainly({ challenger: calls(20, 8), others: calls(400, 0), share: 0.05 })).toBe(true);
    expect(failsPlainly({ challenger: calls(20, 7), others: calls(400, 0), share: 0.05 })).toBe(false);
  });

  test("not before 20 calls of both have ended", () => {
    expect(failsPlainly({ challenger: calls(19, 19), others: calls(80, 0), share: 0.2 })).toBe(false);
    expect(failsPlainly({ challenger: calls(40, 40), others: calls(19, 0), share: 0.2 })).toBe(false);
  });

  test("not when it fails in one call of a hundred, however sure it is that the others do not", () => {
    const rare = { challenger: calls(10_000, 100), others: calls(40_000, 0), share: 0.2 };
    expect(logEvidence(100, 0, 0.2)).toBeGreaterThan(100);
    expect(failsPlainly(rare)).toBe(false);
  });

  test("not while the others may be failing too, and have not ended: a shorter time-out fails sooner", () => {
    expect(failsPlainly({ challenger: calls(50, 50), others: calls(80, 0, 200), share: 0.2 })).toBe(false);
    expect(failsPlainly({ challenger: calls(50, 50), others: calls(280, 0), share: 0.2 })).toBe(true);
  });

  test("not in an outage that hits all, whatever it does to the rates", () => {
    expect(failsPlainly({ challenger: calls(1000, 900), others: calls(4000, 3600), share: 0.2 })).toBe(false);
  });
});

test("a failure of the others never makes it likelier, one of the challenger never less likely", () => {
  const count = fc.integer({ min: 0, max: 500 });
  fc.assert(
    fc.property(count, count, fc.double({ min: 0.001, max: 0.95, noNaN: true }), (own, other, share) => {
      const evidence = logEvidence(own, other, share);
      expect(logEvidence(own + 1, other, share)).toBeGreaterThanOrEqual(evidence - 1e-9);
      expect(logEvidence(own, other + 1, share)).toBeLessThanOrEqual(evidence + 1e-9);
    }),
  );
});

/** The exact chance that the evidence reaches its bound within so many failures, each the challenger's with this chance. */
function chanceOfAlarm(share: number, chanceOfOwn: number, failures: number): number {
  const bound = Math.log(1 / FALSE_ALARM_CHANCE);
  let alarmed = 0;
  let open: number[] = [1]; // by how many of the failures were the challenger's
  for (let failure = 1; failure <= failures; failure++) {
    const next = Array.from({ length: failure + 1 }, () => 0);
    open.forEach((chance, own) => {
      next[own] = (next[own] ?? 0) + chance * (1 - chanceOfOwn);
      next[own + 1] = (next[own + 1] ?? 0) + chance * chanceOfOwn;
    });
    open = next.map((chance, own) => {
      if (logEvidence(own, failure - own, share) < bound) return chance;
      alarmed += chance;
      return 0;
    });
  }
  return alarmed;
}

// By Ville's inequality the chance is at most 1e-6 for ever; here it is added up path by path for a batch of 512 failures.
// On the border (twice as often as the others) it comes to 3e-7 to 8e-7, and for equals to less than 2e-9.
test.each([0.01, 0.05, 0.2, 0.5, 0.8])("the chance of a false alarm keeps its bound at a share of %d", (share) => {
  const onTheBorder = chanceOfAlarm(share, shareOfFailures(2, share), 512);
  expect(onTheBorder).toBeGreaterThan(0);
  expect(onTheBorder).toBeLessThanOrEqual(FALSE_ALARM_CHANCE);
  expect(chanceOfAlarm(share, share, 512)).toBeLessThan(onTheBorder / 100);
});

test("one that fails twenty times as often is found within a hundred failures, nearly always", () => {
  expect(chanceOfAlarm(0.2, shareOfFailures(20, 0.2), 100)).toBeGreaterThan(0.999);
});
