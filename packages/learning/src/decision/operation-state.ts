/**
 * What a cycle remembers for the next one, per operation and per context. JSON, so that a store can keep it, a replay can start
 * from it, and nothing is hidden.
 */
import {
  type AllocatedVariant,
  type Allocation,
  type Context,
  type ContextId,
  canonicalJson,
  contextId,
  type Json,
  type ParameterValues,
  shortDigest,
  type VariantId,
} from "@trimtab/conventions";
import { endUnfit, type PeopleMemory } from "../acts/people-memory.ts";
import type { FeedbackEntry } from "../evidence/evidence.ts";
import { type DispersionSums, type LastContrasts, NO_DISPERSION } from "../evidence/over-dispersion.ts";
import type { OpenWindow } from "../evidence/windows.ts";
import type { Trouble } from "../guardrails/common-trouble.ts";
import { type LimitMemory, NO_LIMIT_MEMORY } from "../guardrails/limit-counts.ts";
import { NO_SAMPLE_RATIO, type SampleRatioMemory } from "../guardrails/sample-ratio.ts";
import type { UtilityMoments } from "../policy/objective.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import type { Setting } from "../policy/setting.ts";
import type { ActOutcome, AdaptationTransition, Reason } from "./decision.ts";
import type { LiftMemory } from "./lift.ts";

/** What a cycle remembers for the next one; JSON, so that a store can keep it and a replay can start from it. */
export type OperationState = { readonly schema: 1 } & { readonly [key: string]: Json };

/** A change that waits for a person. */
type OpenSuggestion = {
  readonly changeId: string;
  readonly variant: VariantId;
  readonly ids: readonly string[];
};

/** A variant that may not run before a cycle; the pause doubles when it has to be taken back again. */
export type Bar = { readonly until: number; readonly cycles: number };

/** The memory of one context. */
export type ContextMemory = {
  readonly context: Context;
  /** The operation's cycle in which it last had calls. */
  readonly lastSeen: number;
  readonly allocation: Allocation;
  /** What was served before: evidence arrives later than a change. */
  readonly previous: readonly AllocatedVariant[];
  /** What no longer runs but may still be rated, until a cycle; empty where the objective has no ratings. */
  readonly retired: Readonly<Record<VariantId, { readonly parameters: ParameterValues; readonly until: number }>>;
  /** Milliseconds since 1970: when the shares last changed. */
  readonly changedAt: number;
  readonly incumbent: Setting;
  /** Counts the incumbents; the allocation's salt is made of it. */
  readonly experiment: number;
  readonly window: OpenWindow | null;
  readonly record: Readonly<Record<VariantId, UtilityMoments>>;
  readonly contrasts: LastContrasts;
  readonly limits: LimitMemory;
  /** Do the variants get the calls that their shares promise? */
  readonly ratio: SampleRatioMemory;
  /** e-CUSUM of the incumbent against the holdout. */
  readonly harm: readonly number[];
  readonly lift: LiftMemory | null;
  /** The applied adaptation of each parameter. */
  readonly applied: Readonly<Record<string, string>>;
  readonly suggestion: OpenSuggestion | null;
  readonly bars: Readonly<Record<VariantId, Bar>>;
  /** Variants that a person turned down: they are not tried again; absent where there are none. */
  readonly rejected?: readonly VariantId[];
  /** Cycles of the latest roll-backs, oldest first. */
  readonly rollBacks: readonly number[];
  /** The latest adoptions, oldest first: to notice what is adopted and given up again and again. */
  readonly adoptions: readonly { readonly variant: VariantId; readonly cycle: number }[];
  /** The breaker is open until this cycle, and half open for a while after it. */
  readonly breakerUntil: number;
  /** The strategy's own; null before its first turn. */
  readonly strategy: Json;
};

/** The memory of an operation. */
export type OperationMemory = {
  readonly schema: 1;
  /** Digest of parameters and context keys: when it changes, everything starts again. */
  readonly space: string;
  /** Digest of objective, limits and strategy: when it changes, the evidence starts again and the values in force stay. */
  readonly aims: string;
  /** Usable cycles so far. */
  readonly cycle: number;
  readonly dispersion: DispersionSums;
  /** By constraint: does the whole operation miss the limit? Absent without limits. */
  readonly trouble?: readonly Trouble[];
  /** The strategy's own, shared by all contexts; null before its first turn. */
  readonly shared: Json;
  readonly contexts: Readonly<Record<ContextId, ContextMemory>>;
  /** Feedback that waits for a cycle in which its context can be decided; absent where none ever did. */
  readonly feedback?: readonly FeedbackEntry[];
  /** What people have set; absent where nobody ever acted. */
  readonly people?: PeopleMemory;
};

/** The form of the memory: evidence in another form is not read. The comparison starts again, and the values in force stay. */
const FORM = 4;

/** Opens the state under a policy: as it was, or restarted as far as the policy has changed. */
export function openMemory(
  policy: OperationPolicy,
  state: OperationState | undefined,
): {
  readonly memory: OperationMemory;
  readonly transitions: readonly AdaptationTransition[];
  /** What people had set and has no place any more. */
  readonly ended?: readonly ActOutcome[];
} {
  const { space, aims } = digestsOf(policy);
  const before = state as OperationMemory | undefined;
  if (before === undefined || before.space !== space) {
    const memory: OperationMemory = {
      schema: 1,
      space,
      aims,
      cycle: 0,
      dispersion: NO_DISPERSION,
      shared: null,
      contexts: {},
    };
    if (before === undefined) return { memory, transitions: [] };
    const transitions = restartTransitions(before);
    if (before.people === undefined) return { memory, transitions };
    const { people, ended } = endUnfit(before.people, policy);
    return { memory: { ...memory, people }, transitions, ended };
  }
  if (before.aims === aims) return { memory: before, transitions: [] };
  const contexts = Object.entries(before.contexts).map(([id, context]) => [id, withoutEvidence(context)] as const);
  const memory: OperationMemory = {
    ...before,
    aims,
    dispersion: NO_DISPERSION,
    trouble: [],
    shared: null,
    contexts: Object.fromEntries(contexts),
    // evidence for other aims is nothing to go back to
    ...(before.people === undefined ? {} : { people: { ...before.people, beforeReset: null } }),
  };
  return { memory, transitions: [] };
}

/** Names what a memory belongs to: under another space everything starts again, under other aims the evidence does. */
export function digestsOf(policy: OperationPolicy): { readonly space: string; readonly aims: string } {
  return {
    space: digestOf([policy.parameters, policy.context]),
    aims: digestOf([FORM, policy.objective, policy.constraints, policy.strategy]),
  };
}

/** The memory as the state that a store keeps. */
export function closeMemory(memory: OperationMemory): OperationState {
  return memory as unknown as OperationState; // every part of it is JSON; interfaces do not say so
}

/** A context that is seen for the first time: the base values, for everyone. */
export function newContextMemory(policy: OperationPolicy, context: Context, baseline: Setting): ContextMemory {
  const variant: AllocatedVariant = { id: baseline.id, role: "baseline", weight: 1, parameters: baseline.parameters };
  return {
    context,
    lastSeen: 0,
    allocation: { context, salt: saltOf(policy, context, 0), variants: [variant] },
    previous: [],
    retired: {},
    changedAt: 0,
    incumbent: baseline,
    experiment: 0,
    window: null,
    record: {},
    contrasts: {},
    limits: NO_LIMIT_MEMORY,
    ratio: NO_SAMPLE_RATIO,
    harm: [],
    lift: null,
    applied: {},
    suggestion: null,
    bars: {},
    rollBacks: [],
    adoptions: [],
    breakerUntil: 0,
    strategy: null,
  };
}

/** The salt of an allocation: the same as long as the incumbent is the same, so that sticky keys stay where they are. */
export function saltOf(policy: OperationPolicy, context: Context, experiment: number): string {
  return shortDigest(canonicalJson([policy.component, policy.operation, contextId(context), experiment]));
}

/** Drops the contexts that were seen longest ago when there are too many; the empty one stays, and so do those in `kept`. */
export function limitContexts(
  contexts: Map<ContextId, ContextMemory>,
  maximum: number,
  lastSeenOf: (id: ContextId, memory: ContextMemory) => number,
  kept: Readonly<Record<ContextId, unknown>> = {},
): void {
  if (contexts.size <= maximum) return;
  const seen = new Map(
    [...contexts].map(([id, memory]) => [
      id,
      id === "" || Object.hasOwn(kept, id) ? Number.MAX_VALUE : lastSeenOf(id, memory),
    ]),
  );
  const ids = [...contexts.keys()].sort(
    (left, right) => (seen.get(right) ?? 0) - (seen.get(left) ?? 0) || (left < right ? -1 : 1),
  );
  for (const id of ids.slice(maximum)) contexts.delete(id);
}

function restartTransitions(before: OperationMemory): AdaptationTransition[] {
  const reason: Reason = {
    code: "POLICY_CHANGED",
    sentence:
      "The base values, the parameter space or the context keys changed, so the base values are served and the comparison starts again.",
  };
  return Object.values(before.contexts).flatMap((context) => [
    ...Object.values(context.applied).map((id) => ({ id, status: "rolled-back" as const, reason })),
    ...(context.suggestion?.ids ?? []).map((id) => ({ id, status: "superseded" as const, reason })),
  ]);
}

function withoutEvidence(context: ContextMemory): ContextMemory {
  return {
    ...context,
    retired: {},
    window: null,
    record: {},
    contrasts: {},
    limits: NO_LIMIT_MEMORY,
    ratio: NO_SAMPLE_RATIO,
    harm: [],
    lift: null,
    bars: {},
    rollBacks: [],
    adoptions: [],
    breakerUntil: 0,
    strategy: null,
  };
}

function digestOf(value: unknown): string {
  return shortDigest(canonicalJson(value as Json));
}
