import type { AllocatedVariant } from "@trimtab/conventions";
import { expect, test } from "vitest";
import type { Measurements } from "../evidence/evidence.ts";
import { type Random, randomFromSeed } from "../statistics/random.ts";
import { isSampleMismatched, learnSampleRatio, NO_SAMPLE_RATIO, type SampleRatioMemory } from "./sample-ratio.ts";

const SERVED: readonly AllocatedVariant[] = [
  { id: "base", role: "baseline", weight: 0.05, parameters: {} },
  { id: "best", role: "incumbent", weight: 0.73, parameters: {} },
  { id: "v", role: "challenger", weight: 0.22, parameters: {} },
];

/** Users who make `callsPerUser` calls in a row each; a share of them is deaf and always gets the base values. */
function cycle(random: Random, users: number, callsPerUser: number, deaf: number): Map<string, Measurements> {
  const counts = new Map<string, number>();
  for (let user = 0; user < users; user++) {
    const uniform = random.uniform();
    const drawn = uniform < 0.05 ? "base" : uniform < 0.78 ? "best" : "v";
    const variant = random.uniform() < deaf ? "base" : drawn;
    counts.set(variant, (counts.get(variant) ?? 0) + callsPerUser);
  }
  return new Map([...counts].map(([id, success]) => [id, { success, failure: 0, partial: 0 }]));
}

function after(cycles: number, callsPerUser: number, deaf: number, seed: string): SampleRatioMemory {
  const random = randomFromSeed(seed);
  let memory = NO_SAMPLE_RATIO;
  for (let index = 0; index < cycles; index++)
    memory = learnSampleRatio(memory, SERVED, cycle(random, 60, callsPerUser, deaf));
  return memory;
}

test("honest shares are never doubted, also where calls come eight in a row", () => {
  // 4.1e-6 per pair of blocks at most; 50 blocks for each of 20 seeds make that 0.004 for the whole test, and the seeds are fixed
  for (let seed = 0; seed < 20; seed++) {
    for (const callsPerUser of [1, 8]) {
      const random = randomFromSeed(`honest ${seed}`);
      let memory = NO_SAMPLE_RATIO;
      for (let index = 0; index < 1000; index++) {
        memory = learnSampleRatio(memory, SERVED, cycle(random, 20, callsPerUser, 0));
        expect(isSampleMismatched(memory)).toBe(false);
      }
    }
  }
});

test("one instance in five that never heard of the allocation is noticed after two blocks", () => {
  expect(isSampleMismatched(after(79, 1, 0.2, "deaf"))).toBe(false);
  const memory = after(80, 1, 0.2, "deaf");
  expect(isSampleMismatched(memory)).toBe(true);
  expect(memory.sentence).toMatch(/^The baseline had 2\d\.\d % of \d+ calls where its share is 5\.0 %$/);
});

test("it ends with the first block that fits again", () => {
  let memory = after(80, 1, 0.2, "deaf");
  const random = randomFromSeed("repaired");
  for (let index = 0; index < 40; index++) memory = learnSampleRatio(memory, SERVED, cycle(random, 60, 1, 0));
  expect(isSampleMismatched(memory)).toBe(false);
});
