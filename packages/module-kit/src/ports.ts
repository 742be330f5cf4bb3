/**
 * What a module is made of beside its work: where runs are recorded, where parameters come from, and where feedback is kept. In the
 * process by default, at a controller where there is one; or somebody's own, handed over as a dependency.
 *
 * Whatever a port throws, or rejects later, stays out of the work: it is logged, and the work goes on with base values. So it is
 * where the parameters that it gives lie outside of the declared space. The module closes its ports.
 */
import type { Context, Json, Outcome, ParameterValue, ParameterValues, VariantId } from "@trimtab/conventions";
import type { PerformanceSummary, ServedParameters } from "@trimtab/instrumentation";

/** One run that is over. */
export interface OperationRecord {
  /** The run's id, with which its result's id begins. */
  readonly id: string;
  readonly operation: string;
  /** When it ended. */
  readonly at: Date;
  readonly context: Context;
  readonly outcome: Outcome;
  /** Absent only in a record of a controller that lacks it. */
  readonly durationMilliseconds?: number;
  /** 0 to 1; absent where nobody scored it. */
  readonly quality?: number;
  /** Amounts by unit. */
  readonly costs?: Readonly<Record<string, number>>;
  /** Of low cardinality: a code, or the name of a class. */
  readonly errorType?: string;
  /** The message of what was thrown. */
  readonly error?: string;
  readonly variant: VariantId;
  readonly parameters: ParameterValues;
  readonly adaptationApplied: boolean;
  /** At level `comprehensive` alone. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A run of this very process, which measured it. */
export interface MeasuredOperation extends OperationRecord {
  readonly durationMilliseconds: number;
}

/** Where runs are recorded, and read again. */
export interface ModuleMetricsStore {
  /** Takes a run. Must not wait: it stands between the work and whoever asked for it. */
  record(record: MeasuredOperation): void;
  /** What was done; a number that nobody measured is undefined, never 0. @throws {TypeError} on a period that is none. */
  summary(period: string): Promise<PerformanceSummary>;
  /** The last runs whose context has these values, newest first. */
  recent(context: Context, limit: number): Promise<readonly OperationRecord[]>;
  close?(): Promise<void>;
}

/** One piece of feedback about a result, as it is kept. */
export interface StoredModuleFeedback {
  /** The same feedback has the same id: it counts once. */
  readonly id: string;
  readonly resultId: string;
  /** Lower-case letters, digits and `_`. */
  readonly type: string;
  readonly operation: string;
  /** The context of the run that it is about. */
  readonly context: Context;
  /** The variant that had served that run. */
  readonly variant: VariantId;
  /** When that run began, in milliseconds since 1970. */
  readonly servedAt: number;
  /** 0 to 1; absent where it says nothing about how good the result was. */
  readonly score?: number;
  readonly rating?: number;
  readonly errorRate?: number;
  readonly comment?: string;
  readonly data?: { readonly [name: string]: Json };
  readonly entity?: string;
  readonly source: string;
  readonly target?: string;
  /** When it was given. */
  readonly at?: Date;
}

/** Where feedback is kept. */
export interface ModuleFeedbackStore {
  /** Keeps an entry once. @returns `known` where it was kept before, and counts no more. */
  add(feedback: StoredModuleFeedback): Promise<"added" | "known">;
  close?(): Promise<void>;
}

/** A change that somebody proposes. */
export interface ProposedAdaptation {
  readonly operation: string;
  /** Served in this context and in every context below it. */
  readonly context: Context;
  readonly parameter: string;
  readonly value: ParameterValue;
  /** What is in force in the context now, as far as this process knows. */
  readonly inForce: ParameterValue;
  /** 0 to 1. */
  readonly confidence: number;
  /** Does the confidence reach the threshold of the module, and is adaptation on? */
  readonly reachesThreshold: boolean;
  readonly reason: string;
  /** What it rests on: ids of feedback or metrics. */
  readonly evidence: readonly string[];
}

/** One changed parameter in one context: what was, what is, and why. */
export interface ModuleAdaptation {
  readonly id: string;
  readonly at: Date;
  readonly operation: string;
  readonly context: Context;
  readonly parameter: string;
  readonly oldValue: ParameterValue;
  readonly newValue: ParameterValue;
  /** 0 to 1. */
  readonly confidence: number;
  /** A sentence. */
  readonly reason: string;
  /** What it rests on: variants and windows, or ids of feedback. */
  readonly basis: readonly string[];
  /**
   * `applied`: in force. `suggested`: waits for a person. `superseded`, `rolled-back`, `rejected`: not in force any more, or never.
   * `sent`: the controller was told, and decides.
   */
  readonly status: "applied" | "approved" | "suggested" | "superseded" | "rejected" | "rolled-back" | "failed" | "sent";
  readonly applied: boolean;
}

/** What became of an operation's turn in a learning cycle. */
export interface LearnedOperation {
  readonly operation: string;
  /** `recorded`: decided, also that nothing changes. `skipped`: there was nothing new to read. */
  readonly outcome: "recorded" | "skipped" | "conflict";
  /** Why, in words; of a decision the reasons by context. */
  readonly reasons: readonly string[];
  readonly adaptations: readonly ModuleAdaptation[];
}

/** An improvement of an entity that its feedback suggests. */
export interface ModuleSuggestion {
  readonly id: string;
  readonly entity: string;
  readonly target?: string;
  readonly suggestion: string;
  readonly confidence: number;
  readonly reasoning: string;
}

/** What a learning cycle did. */
export interface LearningReport {
  readonly operations: readonly LearnedOperation[];
  /** New ones, from feedback about entities. */
  readonly suggestions: readonly ModuleSuggestion[];
}

/** Where parameters come from, and who learns them. */
export interface ModuleParameterStore {
  /**
   * The parameters of a run. Must not wait.
   *
   * @returns Undefined where nothing was learnt yet: base values serve.
   */
  parametersFor(operation: string, context: Context, key: string | undefined): ServedParameters | undefined;
  /** A run has ended. Must not wait. */
  observe?(record: MeasuredOperation): void;
  /** Feedback was added. Must not wait; learning from it happens later. */
  hear?(feedback: StoredModuleFeedback): void;
  /** Learns now from what has come since the last time. */
  learn(): Promise<LearningReport>;
  /** @returns The adaptation, applied where the confidence reaches the threshold. */
  suggest(proposed: ProposedAdaptation): Promise<ModuleAdaptation>;
  /** Newest first. */
  adaptations(limit: number): Promise<readonly ModuleAdaptation[]>;
  ready?(): Promise<void>;
  close?(): Promise<void>;
}

/** Where a module writes what it does. No method throws. */
export interface ModuleLog {
  debug(message: string, fields: Readonly<Record<string, unknown>>): void;
  info(message: string, fields: Readonly<Record<string, unknown>>): void;
  warning(message: string, fields: Readonly<Record<string, unknown>>): void;
  error(message: string, fields: Readonly<Record<string, unknown>>): void;
}
