/**
 * The port of strategies: from evidence to what should be tried and what should change.
 *
 * A strategy only proposes. `decide` keeps the promises around it: it holds where evidence is missing, takes back what breaks a
 * limit, gates changes by mode and confidence, keeps the holdout, and refuses what lies outside the space.
 */
import type { AllocatedVariant, Context, ContextId, Json, ParameterValues, VariantId } from "@trimtab/conventions";
import type { AdaptationBasis, Reason } from "../decision/decision.ts";
import type { EvidenceWindow, FeedbackEntry, Measurements } from "../evidence/evidence.ts";
import type { ClosedWindow, WindowRule } from "../evidence/windows.ts";
import type { LimitLevel } from "../guardrails/limit-shares.ts";
import type { LimitJudgement } from "../guardrails/outcome-limits.ts";
import type { OperationPolicy } from "../policy/policy.ts";
import type { Setting } from "../policy/setting.ts";

/** One context as a strategy sees it. Only contexts whose evidence is usable are shown. */
export interface ContextObservation {
  readonly id: ContextId;
  readonly context: Context;
  /** What the strategy returned as memory for this context at its last turn. */
  readonly memory: Json | undefined;
  readonly baseline: Setting;
  readonly incumbent: Setting;
  /** What is served; the evidence of this cycle may be older than that. */
  readonly serving: readonly AllocatedVariant[];
  /** Values of every variant that the windows may speak of. */
  readonly known: ReadonlyMap<VariantId, ParameterValues>;
  /** This cycle's measurements, by variant; a variant without calls is absent. */
  readonly measured: ReadonlyMap<VariantId, Measurements>;
  /** Scored feedback on calls of this context that arrived since the last turn, whenever they were made; absent where there is none. */
  readonly feedback?: readonly FeedbackEntry[];
  /** Windows that closed in this cycle, oldest first. */
  readonly windows: readonly ClosedWindow[];
  /** Variants that were taken back in this cycle because they broke a limit or did harm. Nothing new may run in this turn. */
  readonly takenBack: readonly VariantId[];
  /** Variants that must not run for a while. */
  readonly barred: ReadonlySet<VariantId>;
  /** Does a variant keep the limits of the operation, by its own calls in this context? */
  readonly limits: (variant: VariantId) => LimitJudgement;
  /** Where the baseline stands against each limit, in the policy's order; null where nothing was measured yet. */
  readonly limitLevels: readonly (LimitLevel | null)[];
}

/** Everything that a proposal may depend on. */
export interface StrategyInput {
  readonly policy: OperationPolicy;
  readonly window: EvidenceWindow;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Usable cycles of the operation so far. */
  readonly cycle: number;
  /** Any text; chance comes from it and from nowhere else. */
  readonly seed: string;
  /** What the strategy returned as shared memory at its last turn. */
  readonly shared: Json | undefined;
  /** In the order of the context ids. */
  readonly contexts: readonly ContextObservation[];
  /** Will a change of this confidence be applied, or only suggested? */
  readonly mayApply: (confidence: number) => boolean;
}

/** A change of the incumbent. */
export interface ProposedChange {
  readonly to: ParameterValues;
  /** 0 to 1. A retreat to the base values needs none: it is applied in every mode. */
  readonly confidence: number;
  readonly reason: Reason;
  readonly basis: AdaptationBasis;
}

/** What is proposed for one context. */
export interface ContextProposal {
  /** Kept for the next turn; JSON. */
  readonly memory: Json;
  readonly reason: Reason;
  readonly refused: readonly { readonly variant: VariantId; readonly reason: Reason }[];
  /**
   * What runs on without a decision, with what its test says so far. The decision lists it among what was not taken; unlike a refusal it
   * does not withdraw a suggestion.
   */
  readonly undecided?: readonly { readonly variant: VariantId; readonly reason: Reason }[];
  readonly change?: ProposedChange;
  /**
   * What shall run beside baseline and incumbent, with its share; the incumbent (after the change, where it is applied) has the
   * rest. Undefined leaves what is served as it is.
   */
  readonly challengers?: readonly { readonly parameters: ParameterValues; readonly weight: number }[];
}

/** A turn's outcome. A context that is absent stays as it is, memory included. */
export interface StrategyProposal {
  readonly shared: Json;
  readonly contexts: ReadonlyMap<ContextId, ContextProposal>;
}

/** A strategy with its options built in. */
export interface Strategy {
  /** As in the configuration, in file names and in docs/strategies. */
  readonly id: string;
  /** When the windows of a context close. */
  readonly windowRule: WindowRule;
  propose(input: StrategyInput): StrategyProposal;
  /**
   * Makes what was learnt weaker, for a reset. A strategy without it forgets everything.
   *
   * @param keep The part of the evidence that goes on counting, 0 to less than 1.
   */
  weaken?(memory: StrategyMemory, keep: number): StrategyMemory;
}

/** What a strategy remembers: null where it had no turn yet. */
export interface StrategyMemory {
  readonly shared: Json;
  readonly contexts: ReadonlyMap<ContextId, Json>;
}
