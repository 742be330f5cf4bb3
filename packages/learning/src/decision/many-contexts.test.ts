import { baseValues, variantId } from "@trimtab/conventions";
import { expect, test } from "vitest";
import { MAXIMUM_CONTEXTS, MOST_CONTEXTS } from "../policy/maximum-contexts.ts";
import { withLearnt } from "../strategies/surface-learning.ts";
import { openShared } from "../strategies/surface-memory.ts";
import { decide } from "./decide.ts";
import { EVERY_CONTEXT } from "./hold-reasons.ts";
import { type ContextMemory, limitContexts } from "./operation-state.ts";
import { SAMPLE_POLICY, sampleMeasurements, sampleWindow } from "./sample-operation.ts";

const SURPLUS = 5;
const genres = Array.from({ length: MAXIMUM_CONTEXTS + SURPLUS }, (_, index) => `g${String(index).padStart(5, "0")}`);

test("contexts beyond the maximum are neither learnt from nor served, so that they cost nothing", () => {
  let asked = 0;
  const propose = ({ contexts }: { contexts: readonly unknown[] }) => {
    asked = contexts.length;
    return { shared: null, contexts: new Map() };
  };
  const windowRule = { minimumCalls: 60, minimumCycles: 2, sparseCalls: 6, sparseCycles: 8 };
  const counting = { id: "counting", options: {}, build: () => ({ id: "counting", windowRule, propose }) };
  const variant = decide({
    policy: SAMPLE_POLICY,
    state: undefined,
    evidence: { window: sampleWindow(0), queries: [], cells: { kind: "no-data", detail: "" } },
    now: 0,
    seed: "",
  }).decision.allocations[0]?.variants[0]?.id as string;
  const reading = { kind: "value" as const, value: sampleMeasurements(10, 0.9, 0.5) };
  const cells = { kind: "value" as const, value: genres.map((genre) => ({ context: { genre }, variant, reading })) };
  const { decision, state } = decide({
    policy: {
      ...SAMPLE_POLICY,
      constraints: [],
      strategy: { kind: "counting", options: {}, module: { path: "./counting.mjs", digest: "" } },
    },
    state: undefined,
    evidence: { window: sampleWindow(0), queries: [], cells },
    now: sampleWindow(0).to,
    seed: "many",
    strategies: { counting },
  });
  const most = MAXIMUM_CONTEXTS - 1; // the context of every call is one of them, and has no calls of its own here
  expect(asked).toBe(most);
  expect(decision.contexts.slice(1).map(({ context }) => context["genre"])).toEqual(genres.slice(0, most));
  expect(Object.keys(state["contexts"] as object)).toHaveLength(MAXIMUM_CONTEXTS);
});

test("a policy may ask for more, or for fewer", () => {
  const variant = variantId(baseValues(SAMPLE_POLICY.parameters), "baseline");
  const reading = { kind: "value" as const, value: sampleMeasurements(10, 0.9, 0.5) };
  const cells = { kind: "value" as const, value: genres.map((genre) => ({ context: { genre }, variant, reading })) };
  const rememberedWith = (maximumContexts: number): number => {
    const policy = { ...SAMPLE_POLICY, mode: "observe" as const, constraints: [], maximumContexts };
    const evidence = { window: sampleWindow(0), queries: [], cells };
    return decide({ policy, state: undefined, evidence, now: sampleWindow(0).to, seed: "" }).decision.allocations
      .length;
  };
  expect(rememberedWith(MOST_CONTEXTS)).toBe(MAXIMUM_CONTEXTS + SURPLUS + 1);
  expect(rememberedWith(3)).toBe(3);
});

test("what was seen longest ago is forgotten first, and never what a person has set or every call falls back to", () => {
  const contexts = new Map(
    [EVERY_CONTEXT, ...genres].map((id, index) => [id, { lastSeen: genres.length - index } as ContextMemory]),
  );
  const last = genres.at(-1) as string;
  limitContexts(contexts, MAXIMUM_CONTEXTS, (_id, { lastSeen }) => lastSeen, { [last]: {} });
  expect(contexts.size).toBe(MAXIMUM_CONTEXTS);
  expect(genres.filter((id) => !contexts.has(id))).toEqual(genres.slice(-SURPLUS - 2, -1));
  expect(contexts.has(EVERY_CONTEXT)).toBe(true);
});

test("the surface keeps no more contexts than an operation, and of those the ones with the latest windows", () => {
  const evidenceOf = (cycle: number) => ({ utility: { precision: [], score: [], cycle } });
  const contexts = Object.fromEntries(
    genres.map((genre, index) => [genre, { context: { genre }, evidence: evidenceOf(index < 7 ? 50 : 60) }]),
  );
  const shared = withLearnt({ ...openShared(undefined), contexts }, new Map(), new Map(), 61, MAXIMUM_CONTEXTS);
  expect(Object.keys(shared.contexts)).toEqual([...genres.slice(0, 2), ...genres.slice(7)]);
});
