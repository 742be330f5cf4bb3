/**
 * The product's own `decide` as a plain function for programs outside: a harness with a simulated service of its own, a notebook, a
 * replay. No input and output, no clock, no chance beside the seed: the same statistics in the same order give the same allocations.
 *
 *     const learner = createLearner(specification, 1);
 *     let allocations = learner.decide(null, 0);
 *     for (…) allocations = learner.decide(statistics, now);
 */
import { type Allocation, type Context, contextId, findAllocation } from "@trimtab/conventions";
import { decide } from "./decision/decide.ts";
import type { Adaptation, Decision } from "./decision/decision.ts";
import type { OperationState } from "./decision/operation-state.ts";
import type { Evidence } from "./evidence/evidence.ts";
import { type ReadSpecification, readSpecification } from "./learner/read-specification.ts";
import { settingOutside } from "./learner/space.ts";
import type { LearnerSpecification, OutsideSetting } from "./learner/specification.ts";
import { type CycleStatistics, cellsOf, feedbackOf } from "./learner/statistics.ts";
import { baselineOf } from "./policy/setting.ts";
import type { StrategyDefinitions } from "./strategies/strategy-definition.ts";

/** One variant that shall be served in a context. */
export interface LearnerAllocation {
  /** Keeps its parameters for good, in every context; two settings never share one. */
  readonly id: string;
  /** Exactly one variant of a context is the baseline. Without an incumbent the baseline is the best that is known. */
  readonly role: "baseline" | "incumbent" | "challenger";
  readonly parameters: OutsideSetting;
  /** Share of the calls, 0 to 1; those of a context sum to 1. */
  readonly weight: number;
}

/** What shall be served, by context. A context that is missing has the base values. */
export type LearnerAllocations = Readonly<Record<string, readonly LearnerAllocation[]>>;

/** A change of the incumbent that a decision made. */
export interface LearnerChange {
  readonly context: string;
  readonly from: OutsideSetting;
  readonly to: OutsideSetting;
  /** 0 to 1: the probability that the change is right. */
  readonly confidence: number;
  /** Why, in a sentence. */
  readonly reason: string;
}

/** Anything that decides what is served. Only `decide` is needed. */
export interface Learner {
  /**
   * Decides what is served from now on.
   *
   * @param statistics What happened since the last call; null or undefined at first, and where a cycle was lost.
   * @param now Any number that rises, usually milliseconds. Decisions count cycles, so the unit does not matter.
   */
  decide(statistics: CycleStatistics | null | undefined, now: number): LearnerAllocations;
  /** The changes that the last call made, for a calibration table. */
  changes?(): readonly LearnerChange[];
}

/** A learner that also shows the whole decision. */
export interface ProductLearner extends Learner {
  changes(): readonly LearnerChange[];
  /** The last decision with all reasons; undefined before the first call. */
  decision(): Decision | undefined;
  /** What the specification asks for and this learner leaves out, in words. */
  readonly ignored: readonly string[];
}

/**
 * Makes the product's learner for a service.
 *
 * @param seed The same seed gives the same decisions.
 * @param strategies Strategies of one's own by id, for a specification that chooses one.
 * @throws {RangeError} where the specification cannot be understood or cannot work.
 */
export function createLearner(
  specification: LearnerSpecification,
  seed: string | number,
  strategies: StrategyDefinitions = {},
): ProductLearner {
  const read = readSpecification(specification, strategies);
  const { policy } = read;
  const baseline = baselineOf(policy.parameters);
  /** Contexts as the statistics spell them. */
  const contexts = new Map<string, Context>();
  const allocated = new Set<string>();
  let state: OperationState | undefined;
  let decision: Decision | undefined;
  let last: number | undefined;
  const contextOf = (id: string): Context => {
    const known = contexts.get(id) ?? contextFrom(id, read);
    contexts.set(id, known);
    return known;
  };
  const variantOf = (variant: string, context: string): string =>
    // before the first allocation of a context, whatever served it had the base values
    variant === "baseline" || !allocated.has(context) ? baseline.id : variant;
  const reader = { bounds: read.bounds, contextOf, variantOf };
  for (const id of listedContexts(specification)) contextOf(id);

  return {
    ignored: read.ignored,
    decision: () => decision,
    changes: () => changesOf(decision, contexts, read),
    decide(statistics, now) {
      const to = Number.isFinite(now) && (last === undefined || now > last) ? now : (last ?? 0) + 1;
      const window = { from: last ?? to - 1, to };
      const evidence: Evidence =
        statistics === null || statistics === undefined
          ? { window, queries: [], cells: { kind: "no-data", detail: "no statistics of this cycle" } }
          : {
              window,
              queries: [],
              cells: { kind: "value", value: cellsOf(statistics, reader) },
              feedback: { kind: "value", value: feedbackOf(statistics, reader, to) },
            };
      last = to;
      ({ decision, state } = decide({ policy, state, evidence, now: to, seed: String(seed), strategies }));
      const allocations = allocationsOf(decision.allocations, contexts, read);
      for (const id of Object.keys(allocations)) allocated.add(id);
      return allocations;
    },
  };
}

/** `genre=rock,mood=calm` under the policy's keys; a text of any other form is one value of the first key. */
function contextFrom(id: string, { policy, contextKeys }: ReadSpecification): Context {
  const context: Record<string, string> = {};
  for (const part of id.split(/[,;|&]/)) {
    const equals = part.indexOf("=");
    const index = contextKeys.indexOf(part.slice(0, Math.max(0, equals)).trim());
    const key = policy.context[index];
    if (key === undefined) return id === "" ? {} : { [policy.context[0] ?? "context"]: id };
    context[key] = part.slice(equals + 1).trim();
  }
  return Object.fromEntries(policy.context.flatMap((key) => (context[key] === undefined ? [] : [[key, context[key]]])));
}

/** A harness may list the contexts it knows; they then have an allocation from the beginning. */
function listedContexts(specification: LearnerSpecification): readonly string[] {
  const listed = specification["contexts"];
  return Array.isArray(listed) ? listed.filter((id): id is string => typeof id === "string") : [];
}

function allocationsOf(
  allocations: readonly Allocation[],
  contexts: ReadonlyMap<string, Context>,
  { policy, outside }: ReadSpecification,
): LearnerAllocations {
  const byContext = new Map(allocations.map((allocation) => [contextId(allocation.context), allocation]));
  const operation = { context: policy.context, holdoutSalt: "", parameters: policy.parameters, allocations };
  const entries = [...contexts].map(([id, context]) => {
    const allocation = byContext.get(contextId(context)) ?? findAllocation(operation, context);
    const variants = new Map<string, LearnerAllocation>();
    for (const { id: variant, role, weight, parameters } of allocation?.variants ?? []) {
      const other = variants.get(variant); // both arms of an experiment may serve it
      if (other !== undefined) variants.set(variant, { ...other, weight: other.weight + weight });
      else variants.set(variant, { id: variant, role, parameters: settingOutside(parameters, outside), weight });
    }
    return [id, [...variants.values()]] as const;
  });
  return Object.fromEntries(entries);
}

function changesOf(
  decision: Decision | undefined,
  contexts: ReadonlyMap<string, Context>,
  { outside }: ReadSpecification,
): LearnerChange[] {
  const spelt = new Map([...contexts].map(([id, context]) => [contextId(context), id]));
  const byChange = new Map<string, Adaptation>();
  for (const adaptation of decision?.adaptations ?? []) {
    if (adaptation.status === "applied") byChange.set(adaptation.changeId, adaptation);
  }
  return [...byChange.values()].map(({ context, basis, confidence, reason, parameter, newValue }) => ({
    context: spelt.get(contextId(context)) ?? contextId(context),
    from: settingOutside(basis.from.parameters, outside),
    to: settingOutside(basis.to?.parameters ?? { ...basis.from.parameters, [parameter]: newValue }, outside),
    confidence,
    reason: reason.sentence,
  }));
}
