import { describe, expect, test } from "vitest";
import { type DecideOutput, decide } from "../decision/decide.ts";
import { SAMPLE_POLICY, sampleEvidence, sampleMeasurements } from "../decision/sample-operation.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import { policyProblems } from "../policy/policy-problems.ts";
import { ownStrategy, strategyDefinitionProblems } from "./own-strategy.ts";
import type { StrategyInput } from "./strategy.ts";
import { describeStrategy } from "./strategy-contract.ts";
import type { StrategyDefinition } from "./strategy-definition.ts";

/** A definition whose `propose` is this, in whatever form: what a module holds is not typed. */
function definitionOf(propose: unknown, more: Record<string, unknown> = {}): StrategyDefinition {
  return { id: "mine", options: {}, build: () => ({ propose, ...more }) } as unknown as StrategyDefinition;
}

const POLICY: OperationPolicy = {
  ...SAMPLE_POLICY,
  strategy: { kind: "mine", options: {}, module: { path: "./mine.mjs", digest: "abc" } },
};

/** One decision of a strategy, for genre=rock. */
function decideWith(definition: StrategyDefinition | undefined, policy = POLICY): DecideOutput {
  const evidence = sampleEvidence(policy, 0, [], () => sampleMeasurements(40, 0.8, 0.6));
  const strategies = definition === undefined ? {} : { [definition.id]: definition };
  return decide({ policy, state: undefined, evidence, now: 1, seed: "own", strategies });
}

function rock({ decision }: DecideOutput) {
  return decision.contexts.find(({ context }) => context["genre"] === "rock");
}

type Asked = {
  readonly contexts: readonly { readonly id: string; readonly incumbent: { readonly parameters: object } }[];
};

/** The same proposal for every context. */
function always(proposal: unknown) {
  return ({ contexts }: Asked) => ({ contexts: Object.fromEntries(contexts.map(({ id }) => [id, proposal])) });
}

const lower = definitionOf(
  always({
    reason: { sentence: "Lower." },
    change: { to: { temperature: 0.6, model: "small" }, confidence: 0.9, reason: { sentence: "Lower." } },
  }),
);

describeStrategy("a strategy of one's own", () => ownStrategy(lower, {}));

test("its change is applied and recorded with its own sentence", () => {
  const output = decideWith(lower);
  expect(rock(output)).toMatchObject({ kind: "adapt", reason: { code: "OWN_STRATEGY", sentence: "Lower." } });
  expect(output.decision.adaptations[0]).toMatchObject({
    oldValue: 0.7,
    newValue: 0.6,
    confidence: 0.9,
    status: "applied",
  });
});

test("a code from the list is kept, any other is OWN_STRATEGY", () => {
  const reasons = ["TRYING", "BEST_GUESS"].map((code) =>
    rock(decideWith(definitionOf(always({ reason: { code, sentence: "So." } })))),
  );
  expect(reasons.map((each) => each?.reason.code)).toEqual(["TRYING", "OWN_STRATEGY"]);
});

test("the promises around a strategy hold for it too", () => {
  const change = (to: object) =>
    definitionOf(always({ reason: { sentence: "x" }, change: { to, confidence: 1, reason: { sentence: "x" } } }));
  const outside = rock(decideWith(change({ temperature: 7, model: "small" })));
  expect(outside?.refused.map(({ reason }) => reason.code)).toEqual(["OUTSIDE_SPACE"]);
  const far = rock(
    decideWith(change({ temperature: 0.5, model: "small" }), {
      ...POLICY,
      parameters: {
        ...POLICY.parameters,
        temperature: { type: "number", base: 0.8, min: 0.5, max: 0.9, step: 0.1, largestStep: 0.2 },
      },
    }),
  );
  expect(far?.refused.map(({ reason }) => reason.code)).toEqual(["LARGEST_STEP"]);
  const greedy = decideWith(
    definitionOf(
      always({
        reason: { sentence: "x" },
        challengers: [{ parameters: { temperature: 0.6, model: "large" }, weight: 1 }],
      }),
    ),
  );
  const [allocation] = greedy.decision.allocations.filter(({ context }) => context["genre"] === "rock");
  expect(allocation?.variants.map(({ weight }) => weight)).toEqual([0.3, 0.7]);
});

test("what it does to what it is given reaches nothing that is served", () => {
  const vandal = definitionOf((input: StrategyInput) => {
    for (const { baseline, incumbent, known } of input.contexts) {
      Object.assign(baseline.parameters, { temperature: 99 });
      Object.assign(incumbent.parameters, { temperature: 99 });
      for (const parameters of known.values()) Object.assign(parameters, { temperature: 99 });
    }
    Object.assign(input.policy.parameters, { temperature: { type: "number", base: 99, min: 0, max: 100 } });
    return { contexts: {} };
  });
  const { decision, state } = decideWith(vandal);
  expect(rock({ decision, state })?.reason.code).not.toBe("INTERNAL_ERROR");
  expect(JSON.stringify([decision, state, POLICY])).not.toContain("99,");
  expect(JSON.stringify(decision.allocations)).not.toContain("99");
});

const ROUND: Record<string, unknown> = {};
ROUND["self"] = ROUND;

describe("what does not fit changes nothing, and the decision says what was wrong", () => {
  const fits = { sentence: "x" };
  test.each([
    ["no object", () => undefined, "propose returned no object"],
    ["no contexts", () => ({}), "propose must return contexts"],
    [
      "a context that was not asked for",
      () => ({ contexts: { "genre=pop": { reason: fits } } }),
      '"genre=pop" was not asked for',
    ],
    ["no reason", always({}), "every reason needs a sentence"],
    ["an empty sentence", always({ reason: { sentence: "" } }), "every reason needs a sentence"],
    ["memory in a circle", always({ reason: fits, memory: ROUND }), "memory has no JSON text"],
    ["memory that is not a number", always({ reason: fits, memory: { rate: Number.NaN } }), 'the number NaN at "rate"'],
    ["a function as memory", always({ reason: fits, memory: () => 1 }), "memory has no JSON text"],
    [
      "a confidence of 2",
      always({ reason: fits, change: { to: {}, confidence: 2, reason: fits } }),
      "change.confidence is 2",
    ],
    [
      "a change without values",
      always({ reason: fits, change: { confidence: 1, reason: fits } }),
      "change.to holds no values",
    ],
    [
      "values that are none",
      always({ reason: fits, change: { to: { temperature: null }, confidence: 1, reason: fits } }),
      "change.to.temperature is no number",
    ],
    [
      "a value of NaN",
      always({
        reason: fits,
        change: { to: { temperature: Number.NaN, model: "small" }, confidence: 1, reason: fits },
      }),
      "change.to.temperature is NaN",
    ],
    [
      "an endless value",
      always({ reason: fits, challengers: [{ parameters: { temperature: Number.POSITIVE_INFINITY }, weight: 0.1 }] }),
      "challengers[0].parameters.temperature is Infinity",
    ],
    [
      "a share of NaN",
      always({ reason: fits, challengers: [{ parameters: {}, weight: Number.NaN }] }),
      "challengers[0].weight is NaN",
    ],
    ["challengers that are no list", always({ reason: fits, challengers: {} }), "challengers is no list"],
    [
      "refusals without a variant",
      always({ reason: fits, refused: [{ reason: fits }] }),
      "refused needs variant and reason",
    ],
    [
      "an exception",
      () => {
        throw new Error("out of ideas");
      },
      "out of ideas",
    ],
    ["a promise", async () => ({ contexts: {} }), "propose must return contexts"],
  ])("%s", (_name, propose, message) => {
    const output = decideWith(definitionOf(propose));
    expect(rock(output)).toMatchObject({ kind: "hold", reason: { code: "INTERNAL_ERROR" } });
    expect(rock(output)?.reason.sentence).toContain(message);
    expect(output.decision.adaptations).toEqual([]);
  });

  test.each([
    ["was not loaded", undefined, "was not loaded"],
    [
      "cannot be built",
      {
        id: "mine",
        options: {},
        build: () => {
          throw new Error("no licence");
        },
      },
      "no licence",
    ],
    ["builds nothing", { id: "mine", options: {}, build: () => null }, "returned no object with a function propose"],
    ["has half a window rule", definitionOf(always({}), { windowRule: { minimumCalls: 5 } }), "the windowRule of"],
  ])("one that %s", (_name, definition, message) => {
    const output = decideWith(definition as unknown as StrategyDefinition | undefined);
    expect(rock(output)?.reason.code).toBe("INTERNAL_ERROR");
    expect(rock(output)?.reason.sentence).toContain(message);
  });
});

test("what a module exports is told in full when it is no definition", () => {
  const tell = (value: unknown): string[] =>
    strategyDefinitionProblems(value, ["fixed"]).map(({ path, message }) => `${path.join(".")}: ${message}`);
  expect(tell(lower)).toEqual([]);
  expect(tell(() => 1)).toEqual([": is no object with id, options and build"]);
  expect(tell({ id: "Mine!", options: { share: { type: "number", default: "a" }, kind: 3 }, problems: [] })).toEqual([
    "id: must be a name of lower-case letters, digits and hyphens, e.g. always-lower",
    'options.share: must be { type: "number", default, min, max } or { type: "text", default }',
    'options.kind: must be { type: "number", default, min, max } or { type: "text", default }',
    "build: must be a function of the options that returns { propose }",
    "problems: must be a function, or absent",
  ]);
  expect(tell({ id: "fixed", options: {}, build: () => 1 })).toEqual([
    'id: "fixed" is taken by a strategy that is built in',
  ]);
});

test("its options are checked like those of any strategy, and it gets their defaults", () => {
  const built: unknown[] = [];
  const definition: StrategyDefinition = {
    ...lower,
    options: { share: { type: "number", default: 0.1, min: 0, max: 1 }, name: { type: "text", default: "a" } },
    build(options) {
      built.push(options);
      return lower.build(options);
    },
    spaceProblems: (_options, space) =>
      "retries" in space ? [] : [{ path: ["name"], message: "needs the parameter retries" }],
  };
  const tell = (options: Record<string, unknown>): string[] =>
    policyProblems({ ...POLICY, strategy: { ...POLICY.strategy, options } }, { mine: definition }).map(
      ({ path, message }) => `${path.join(".")}: ${message}`,
    );
  expect(tell({ shares: 1 })).toEqual(["strategy.options.shares: is no option of this strategy; did you mean share?"]);
  expect(tell({})).toEqual(["strategy.options.name: needs the parameter retries"]);
  ownStrategy(definition, { share: 0.2 });
  expect(built).toEqual([{ share: 0.2, name: "a" }]);
});

test("a changed module is another strategy: its memory begins anew, and the values in force stay", () => {
  const counting = definitionOf(
    ({ contexts }: { contexts: readonly { id: string; memory?: { turns: number } }[] }) => ({
      contexts: Object.fromEntries(
        contexts.map(({ id, memory }) => [
          id,
          { memory: { turns: (memory?.turns ?? 0) + 1 }, reason: { sentence: `turn ${(memory?.turns ?? 0) + 1}` } },
        ]),
      ),
    }),
  );
  const sentences: (string | undefined)[] = [];
  let state: DecideOutput["state"] | undefined;
  for (const digest of ["a", "a", "b"]) {
    const policy = { ...POLICY, strategy: { ...POLICY.strategy, module: { path: "./mine.mjs", digest } } };
    const evidence = sampleEvidence(policy, sentences.length, [], () => sampleMeasurements(40, 0.8, 0.6));
    const output = decide({ policy, state, evidence, now: 1, seed: "own", strategies: { mine: counting } });
    ({ state } = output);
    sentences.push(rock(output)?.reason.sentence);
  }
  expect(sentences).toEqual(["turn 1", "turn 2", "turn 1"]);
});
