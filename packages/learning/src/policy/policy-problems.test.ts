import { expect, test } from "vitest";
import { SAMPLE_POLICY } from "../decision/sample-operation.ts";
import type { OperationPolicy } from "./policy.ts";
import { policyProblems } from "./policy-problems.ts";

function told(change: Partial<OperationPolicy>): string[] {
  return policyProblems({ ...SAMPLE_POLICY, ...change }).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

test("a sound policy has no problems", () => {
  expect(told({})).toEqual([]);
  expect(told({ strategy: { kind: "default", options: {} } })).toEqual([]);
  expect(told({ strategy: { kind: "threshold-rule", options: { operations: 50 } } })).toEqual([]);
});

test.each<[string, Partial<OperationPolicy>, string]>([
  [
    "weights",
    { objective: { success: { weight: 0.6 }, quality: { weight: 0.3 } } },
    "objective: has weights that sum to 0.9; make them sum to 1",
  ],
  [
    "a NaN weight",
    { objective: { success: { weight: Number.NaN } } },
    "objective.success.weight: NaN is no share; write a number from 0 to 1",
  ],
  [
    "nothing weighed",
    { objective: {} },
    "objective: is empty; weigh at least one of quality, success, latency and cost",
  ],
  [
    "good and bad swapped",
    { objective: { latency: { weight: 1, goodSeconds: 5, badSeconds: 0.2 } } },
    "objective.latency.bad: 0.2 s must be longer than good, which is 5 s",
  ],
  [
    "a misspelt strategy",
    { strategy: { kind: "treshold-rule", options: {} } },
    'strategy.kind: there is no strategy "treshold-rule"; did you mean threshold-rule?',
  ],
  [
    "an unknown option",
    { strategy: { kind: "response-surface", options: { alfa: 0.1 } } },
    "strategy.options.alfa: is no option of this strategy; did you mean alpha?",
  ],
  [
    "a rule without its parameter",
    { strategy: { kind: "threshold-rule", options: { parameter: "temprature" } } },
    'strategy.options.parameter: "temprature" is no parameter of this operation; write one of temperature, model',
  ],
  [
    "a rule about a choice",
    { strategy: { kind: "threshold-rule", options: { parameter: "model" } } },
    'strategy.options.parameter: "model" is a choice; the rule moves a number or an integer',
  ],
  [
    "an experiment with a strategy that does not exist",
    { experiment: { name: "rule", treatment: { kind: "treshold-rule", options: {} }, share: 0.5 } },
    'experiment.treatment.kind: there is no strategy "treshold-rule"; did you mean threshold-rule?',
  ],
  [
    "an experiment in which one arm has nothing",
    { experiment: { name: "rule", treatment: { kind: "fixed", options: {} }, share: 1 } },
    "experiment.share: 1 leaves one arm without calls; write a share from 0.01 to 0.99, 0.5 tells most",
  ],
  [
    "an experiment with a name that no label takes",
    { experiment: { name: "Rule or surface?", treatment: { kind: "fixed", options: {} }, share: 0.5 } },
    'experiment.name: "Rule or surface?" is no name; write lower-case letters, digits, ".", "_" and "-", 63 at most',
  ],
  [
    "a holdout of 0.6",
    { holdout: 0.6 },
    "holdout: 0.6 is out of range; write a share from 0 to 0.5, 0.05 is usual (0 gives up the proof that learning helps)",
  ],
  ["a confidence in per cent", { confidence: 70 }, "confidence: 70 is no probability; write a number from 0 to 1"],
  ["one context key twice", { context: ["genre", "genre"] }, 'context.1: "genre" stands there twice; remove one'],
  [
    "a limit in per cent",
    { constraints: [{ kind: "success-rate", minimum: 90 }] },
    "constraints.0.minimum: 90 can never be kept or never be broken; write a share between 0 and 1",
  ],
  [
    "a ratio that no bucket can tell",
    { constraints: [{ kind: "p95-latency-ratio", maximumRatio: 1.01 }] },
    "constraints.0.maximumRatio: 1.01 is finer than duration buckets can tell; write 1.05 or more, e.g. 1.5, and buckets whose bounds lie no further apart than that",
  ],
])("%s", (_, change, expected) => {
  expect(told(change)).toEqual([expected]);
});

test("all problems are told at once, those of the space too", () => {
  const problems = told({
    parameters: { temperature: { type: "number", base: 2, min: 0, max: 1 } },
    holdout: -1,
    confidence: Number.NaN,
    strategy: { kind: "magic", options: {} },
  });
  expect(problems.map((problem) => problem.split(":")[0])).toEqual([
    "parameters.temperature.base",
    "strategy.kind",
    "confidence",
    "holdout",
  ]);
});
