/** The example of docs/experiments.md: its file, what comes of it, and both ways to end it. */
import { readFileSync } from "node:fs";
import { type AllocatedVariant, type Allocation, type ParameterValues, RATIO_BOUNDARIES } from "@trimtab/conventions";
import {
  addMeasurements,
  baselineOf,
  type Decision,
  decide,
  type Evidence,
  type Measurements,
  type OperationPolicy,
  type OperationState,
  randomFromSeed,
} from "@trimtab/learning";
import { expect, test } from "vitest";
import { parseConfig } from "./config.ts";

const PAGE = readFileSync(new URL("../../../docs/experiments.md", import.meta.url), "utf8");
const [file = ""] = PAGE.match(/(?<=```yaml\n)[^`]+/) ?? [];
const [told = ""] = PAGE.match(/^A call under the treatment .*$/m) ?? [];

function policyOf(text: string): OperationPolicy {
  const [policy] = parseConfig(text, "/trimtab.yaml", {}).policies;
  if (policy === undefined) throw new RangeError("the file has no operation");
  return policy;
}

/** 400 calls a cycle; 85 % succeed, quality 0.7 with the large model and 0.6 with the small one, with a little noise. */
function measured(calls: number, { model }: ParameterValues, noise: number): Measurements {
  const success = Math.round(0.85 * calls);
  const quality = (model === "large" ? 0.7 : 0.6) + noise;
  const counts = RATIO_BOUNDARIES.map((bound, index) =>
    quality <= bound && quality > (RATIO_BOUNDARIES[index - 1] ?? 0) ? calls : 0,
  );
  const scores = { bounds: RATIO_BOUNDARIES, counts: [...counts, 0], sum: calls * quality, count: calls };
  return { success, failure: calls - success, partial: 0, quality: scores };
}

interface Run {
  readonly decisions: Decision[];
  state: OperationState | undefined;
}

function run(policy: OperationPolicy, cycles: number, before: Run = { decisions: [], state: undefined }): Run {
  const after: Run = { decisions: [...before.decisions], state: before.state };
  const random = randomFromSeed("search");
  const baseline: AllocatedVariant = { ...baselineOf(policy.parameters), role: "baseline", weight: 1 };
  for (let cycle = 0; cycle < cycles; cycle++) {
    const to = 30_000 * (after.decisions.length + 1);
    const allocations: readonly Allocation[] = after.decisions.at(-1)?.allocations ?? [];
    const variants = allocations.find(({ context }) => context["kind"] === "all")?.variants ?? [baseline];
    const cells = new Map<string, Measurements>();
    for (const { id, weight, parameters } of variants) {
      const calls = Math.round(400 * weight);
      const own = measured(calls, parameters, 0.02 * (random.uniform() - 0.5));
      if (calls > 0) cells.set(id, addMeasurements(cells.get(id) ?? measured(0, parameters, 0), own));
    }
    const value = [...cells].map(([variant, each]) => ({
      context: { kind: "all" },
      variant,
      reading: { kind: "value" as const, value: each },
    }));
    const evidence: Evidence = { window: { from: to - 30_000, to }, queries: [], cells: { kind: "value", value } };
    const { decision, state } = decide({ policy, state: after.state, evidence, now: to, seed: `seed ${cycle}` });
    after.decisions.push(decision);
    after.state = state;
  }
  return after;
}

const policy = policyOf(file);
const after = run(policy, 120);
const last = after.decisions.at(-1);

test("the example does what the page says, with numbers near those on the page", () => {
  const numbers = (text: string): number[] => (text.match(/[+-]\d\.\d+/g) ?? []).map(Number);
  const words = (text: string): string => text.replaceAll(/[+-]\d\.\d+/g, "#").replace(/over \d+/, "over #");
  const sentence = last?.experiment?.verdict.sentence ?? "";
  expect(words(sentence)).toBe(words(told));
  expect(numbers(told)).toHaveLength(3);
  for (const [index, number] of numbers(told).entries())
    expect(Math.abs((numbers(sentence)[index] ?? 1) - number)).toBeLessThan(0.01);
  expect(last?.experiment?.verdict.code).toBe("EXPERIMENT_TREATMENT_BETTER");
});

test.each([
  ["response-surface", "treatment", "large"],
  ["threshold-rule", "control", "small"],
])("taken out, with the strategy %s, the %s goes on with the %s model", (strategy, kept, model) => {
  const ended = file.replace(/ {8}experiment:\n(?: {10}.*\n)*/, "").replace(/strategy: .*/, `strategy: ${strategy}`);
  const { decisions } = run(policyOf(ended), 1, after);
  const decision = decisions.at(-1);
  expect(decision?.experimentEnded).toMatchObject({ name: "surface", kept, reason: { code: "EXPERIMENT_ENDED" } });
  const variants = decision?.allocations.find(({ context }) => context["kind"] === "all")?.variants ?? [];
  const best = variants.find(({ role }) => role === "incumbent") ?? variants[0];
  expect(best?.parameters["model"]).toBe(model);
});
