/**
 * Learning in the process of the module: the same cycle as in the controller, with SQLite in memory or in a file, and the runs
 * themselves as the metric source. Nothing here stands in the way of a run: parameters are looked up in memory, and a run is counted.
 */
import {
  type Context,
  contextId,
  findAllocation,
  type ParameterValue,
  parameterValueProblem,
  variantInForce,
} from "@trimtab/conventions";
import {
  type ActStore,
  type AllocationBoard,
  type CycleOutcome,
  type CycleScheduler,
  createActStore,
  createAllocationBoard,
  createCycleScheduler,
  createDecideThread,
  createFeedbackStore,
  createLocalSource,
  createSqlStore,
  createSuggestionStore,
  type DecideThread,
  type Feedback,
  type FeedbackStore,
  type LocalSource,
  openSqliteDatabase,
  processFeedback,
  runCycle,
  type SqlDatabase,
  type Store,
  type SuggestionStore,
  systemClock,
} from "@trimtab/engine";
import type { ServedParameters } from "@trimtab/instrumentation";
import { DEFAULT_SUGGESTION_RULES, type OperationPolicy, type SuggestedChange } from "@trimtab/learning";
import { ModuleAdaptationError } from "../errors.ts";
import type {
  LearnedOperation,
  LearningReport,
  MeasuredOperation,
  ModuleAdaptation,
  ModuleLog,
  ProposedAdaptation,
  StoredModuleFeedback,
} from "../ports.ts";
import { adaptationOf, PROPOSED_RULE, proposedAdaptationOf, suggestionOf } from "./learned-records.ts";

/** How learning in this process is set up. */
export interface LocalLearnerOptions {
  readonly component: string;
  /** Of the operations that have parameters. */
  readonly policies: readonly OperationPolicy[];
  /** Off: feedback is kept, and nothing is learnt from it. */
  readonly isAdapting: boolean;
  /** A SQLite file, or `:memory:`. */
  readonly store: string;
  readonly intervalMilliseconds: number;
  /** So many scored entries that wait on an operation start a pass of it. */
  readonly feedbackPerCycle: number;
  readonly log: ModuleLog;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly chance: () => number;
}

/** What happens by itself ends when the process does; `close` ends it before. */
export interface LocalLearner {
  parametersFor(operation: string, context: Context, key: string | undefined): ServedParameters | undefined;
  observe(record: MeasuredOperation): void;
  addFeedback(feedback: StoredModuleFeedback): Promise<"added" | "known">;
  hear(feedback: StoredModuleFeedback): void;
  learn(): Promise<LearningReport>;
  suggest(proposed: ProposedAdaptation): Promise<ModuleAdaptation>;
  adaptations(limit: number): Promise<readonly ModuleAdaptation[]>;
  close(): Promise<void>;
}

/** Cycles are kept for a look back, adaptations for good. */
const KEPT_IN_MEMORY_MILLISECONDS = 3_600_000;
const KEPT_IN_FILE_MILLISECONDS = 7 * 86_400_000;
const TIDY_EVERY_PASSES = 50;
const GRACE_MILLISECONDS = 2_000;
/** However much is said: a service with a lot of feedback is to do its work, not pass after pass. */
const FEEDBACK_PASSES_APART_MILLISECONDS = 1_000;

/**
 * Opens the store and begins the schedule.
 *
 * @throws {StoreOpenError} where the store cannot be opened.
 */
export async function openLocalLearner(options: LocalLearnerOptions): Promise<LocalLearner> {
  const { policies, intervalMilliseconds, now } = options;
  const database = await openSqliteDatabase(options.store);
  const clock = { ...systemClock, now };
  const store = createSqlStore(database);
  const operations = policies.map((policy) => ({ policy, intervalMilliseconds }));
  try {
    const board = await createAllocationBoard({ store, operations, clock });
    return new EmbeddedLearner(options, database, store, board);
  } catch (error) {
    await store.close();
    throw error;
  }
}

class EmbeddedLearner implements LocalLearner {
  readonly #options: LocalLearnerOptions;
  readonly #store: Store;
  readonly #feedback: FeedbackStore;
  readonly #acts: ActStore;
  readonly #suggestions: SuggestionStore;
  readonly #board: AllocationBoard;
  readonly #source: LocalSource = createLocalSource();
  readonly #thread: DecideThread = createDecideThread();
  readonly #scheduler: CycleScheduler;
  readonly #policies: ReadonlyMap<string, OperationPolicy>;
  /** Scored entries that came since the operation's last pass. */
  readonly #waiting = new Map<string, number>();
  /** When the operation's last pass began, in milliseconds. */
  readonly #passedAt = new Map<string, number>();
  #passes = 0;

  constructor(options: LocalLearnerOptions, database: SqlDatabase, store: Store, board: AllocationBoard) {
    this.#options = options;
    this.#store = store;
    this.#board = board;
    this.#feedback = createFeedbackStore(database);
    this.#acts = createActStore(database);
    this.#suggestions = createSuggestionStore(database);
    this.#policies = new Map(options.policies.map((policy) => [policy.operation, policy]));
    const { log, now, intervalMilliseconds } = options;
    this.#scheduler = createCycleScheduler({
      operations: options.policies.map((policy) => ({ policy, intervalMilliseconds })),
      gridMilliseconds: this.#source.scrapeIntervalMilliseconds(),
      run: ({ policy }, signal) => this.#pass(policy, signal),
      log,
      clock: { ...systemClock, now },
    });
    if (options.isAdapting) this.#scheduler.start();
  }

  parametersFor(operation: string, context: Context, key: string | undefined): ServedParameters | undefined {
    const point = key === undefined ? { chance: this.#options.chance() } : { key };
    const found = this.#board.resolve({ component: this.#options.component, operation }, context, point);
    if (found === undefined) return undefined;
    const { values, variant, revision } = found;
    return { values: { ...values }, variant, revision, source: "fresh" };
  }

  observe({ operation, context, variant, outcome, durationMilliseconds, quality, costs }: MeasuredOperation): void {
    const policy = this.#policies.get(operation);
    if (policy === undefined) return;
    this.#source.count(policy, {
      context,
      variant,
      outcome,
      durationSeconds: durationMilliseconds / 1000,
      ...(quality === undefined ? {} : { quality }),
      ...(costs === undefined ? {} : { costs }),
    });
  }

  async addFeedback(entry: StoredModuleFeedback): Promise<"added" | "known"> {
    const { component, now } = this.#options;
    const { resultId: _, rating: _rating, errorRate: _errorRate, at, ...kept } = entry;
    const item: Feedback = { ...kept, component, receivedAt: now(), ...(at === undefined ? {} : { at: at.getTime() }) };
    const [addition] = await this.#feedback.addFeedback([item]);
    return addition === "added" ? "added" : "known";
  }

  hear({ operation, score }: StoredModuleFeedback): void {
    const policy = this.#policies.get(operation);
    if (policy === undefined || score === undefined || !this.#options.isAdapting) return;
    const waiting = (this.#waiting.get(operation) ?? 0) + 1;
    this.#waiting.set(operation, waiting);
    const sincePass = this.#options.now() - (this.#passedAt.get(operation) ?? Number.NEGATIVE_INFINITY);
    if (waiting < this.#options.feedbackPerCycle || sincePass < FEEDBACK_PASSES_APART_MILLISECONDS) return;
    this.#waiting.set(operation, 0);
    this.#scheduler.runNow(policy).catch((error: unknown) => {
      this.#options.log.debug("learning from feedback waits for the next turn", { operation, error });
    });
  }

  async learn(): Promise<LearningReport> {
    const operations: LearnedOperation[] = [];
    if (!this.#options.isAdapting) {
      const reasons = ["Adaptation is off (enableAdaptation), so that runs and feedback are recorded only."];
      const skipped = [...this.#policies.keys()].map(
        (operation) => ({ operation, outcome: "skipped", reasons }) as const,
      );
      return { operations: skipped.map((each) => ({ ...each, adaptations: [] })), suggestions: [] };
    }
    for (const policy of this.#policies.values()) {
      operations.push(learnedOperation(policy.operation, await this.#scheduler.runNow(policy)));
    }
    const { now } = this.#options;
    const rules = DEFAULT_SUGGESTION_RULES;
    const { suggestions } = await processFeedback({ store: this.#suggestions, rules, now: now() });
    for (const { id, entity, suggestion, confidence, reasoning } of suggestions)
      this.#options.log.info("suggestion", { id, entity, suggestion, confidence, reasoning });
    return { operations, suggestions: suggestions.map(suggestionOf) };
  }

  async suggest(proposed: ProposedAdaptation): Promise<ModuleAdaptation> {
    const { component, now, log } = this.#options;
    const { operation, context, parameter, value, confidence, reason, evidence } = proposed;
    const policy = this.#policies.get(operation);
    const change = changeOf(policy, this.#inForce(operation, context), proposed);
    const id = `s-${globalThis.crypto.randomUUID()}`;
    const entity = `${operation} ${contextId(context)} ${parameter}`;
    const at = now();
    await this.#withdrawOpen(entity, `superseded by ${id}`);
    const reasoning = reason;
    const suggestion = `${parameter} ${String(value)}`;
    const made = { id, rule: PROPOSED_RULE, entity, target: component, suggestion, confidence, reasoning, change };
    await this.#suggestions.recordProcessing([], [{ ...made, feedback: evidence, createdAt: at, status: "open" }], at);
    const isApplied = policy?.mode === "auto" && confidence >= policy.confidence;
    if (isApplied) {
      await this.#apply(policy, id, change, reason);
      log.info("adaptation applied", { id, component, ...change, confidence, reason, evidence });
    } else log.warning("adaptation suggested only", { id, component, ...change, confidence, reason, evidence });
    const kept = await this.#suggestions.getSuggestion(id);
    if (kept === undefined) throw new ModuleAdaptationError(`the suggestion ${id} was kept and is not there`);
    return proposedAdaptationOf({ ...kept, change });
  }

  async adaptations(limit: number): Promise<readonly ModuleAdaptation[]> {
    const { component } = this.#options;
    const learnt = await this.#store.listAdaptations({ component }, { limit });
    const proposed = await this.#suggestions.listSuggestions({ rule: PROPOSED_RULE, target: component }, { limit });
    const all = [
      ...learnt.items.map(adaptationOf),
      ...proposed.items.flatMap((each) =>
        each.change === undefined ? [] : [proposedAdaptationOf({ ...each, change: each.change })],
      ),
    ];
    return all.sort((left, right) => right.at.getTime() - left.at.getTime()).slice(0, limit);
  }

  async close(): Promise<void> {
    await this.#scheduler.stop(GRACE_MILLISECONDS);
    await this.#thread.close();
    await this.#store.close();
  }

  async #pass(policy: OperationPolicy, signal: AbortSignal): Promise<CycleOutcome> {
    const { log, now, intervalMilliseconds, store: place } = this.#options;
    this.#waiting.set(policy.operation, 0);
    this.#passedAt.set(policy.operation, now());
    const outcome = await runCycle(policy, {
      store: this.#store,
      source: this.#source,
      feedback: this.#feedback,
      acts: this.#acts,
      decide: (input) => this.#thread.decide(input),
      log,
      intervalMilliseconds,
      now: Math.floor(now()),
      signal,
    });
    if (outcome.kind === "recorded" && outcome.served !== undefined) this.#board.update(policy, outcome.served);
    this.#passes++;
    if (this.#passes % TIDY_EVERY_PASSES === 0) {
      const kept = place === ":memory:" ? KEPT_IN_MEMORY_MILLISECONDS : KEPT_IN_FILE_MILLISECONDS;
      await this.#store.dropCyclesBefore(now() - kept);
    }
    return outcome;
  }

  /** What most runs of a context are given. */
  #inForce(operation: string, context: Context): Readonly<Record<string, ParameterValue>> {
    const served = this.#board.document(this.#options.component)?.document.operations[operation];
    const variants = served === undefined ? [] : (findAllocation(served, context)?.variants ?? []);
    return variantInForce(variants)?.parameters ?? {};
  }

  /** An act, as a person's: the operation's next decision takes it, records it, and leaves it in force until it is released. */
  async #apply(policy: OperationPolicy, id: string, change: SuggestedChange, why: string): Promise<void> {
    const { component, now } = this.#options;
    const { operation } = policy;
    const act = `act-${id}`;
    const { context, parameter, to } = change;
    const standing = (await this.#store.loadServed(policy))?.decision.people?.overrides ?? [];
    const before = standing.find((each) => contextId(each.context) === contextId(context))?.values ?? {};
    const by = component;
    await this.#suggestions.decideSuggestion(id, { status: "accepted", by, why, act, at: now() });
    const values = { ...before, [parameter]: to };
    await this.#acts.addAct({
      component,
      operation,
      id: act,
      who: by,
      why,
      at: now(),
      kind: "override",
      context,
      values,
    });
    await this.#scheduler.runNow(policy);
    const outcome = (await this.#acts.getAct(act))?.outcome;
    if (outcome?.result === "refused") {
      await this.#suggestions.reopenSuggestion(id, act);
      throw new ModuleAdaptationError(`the adaptation was refused: ${outcome.reason.sentence}`);
    }
    if (outcome !== undefined) await this.#suggestions.deliverSuggestion(id, { at: now(), to: component });
  }

  /** A newer proposal for the same place takes the place of the one that waits. */
  async #withdrawOpen(entity: string, why: string): Promise<void> {
    const open = await this.#suggestions.listSuggestions({ rule: PROPOSED_RULE, entity, status: "open" }, { limit: 1 });
    for (const { id } of open.items)
      await this.#suggestions.decideSuggestion(id, { status: "dismissed", why, at: this.#options.now() });
  }
}

/** @throws {ModuleAdaptationError} where the change cannot be made. */
function changeOf(
  policy: OperationPolicy | undefined,
  inForce: Readonly<Record<string, ParameterValue>>,
  { operation, context, parameter, value }: ProposedAdaptation,
): SuggestedChange {
  const specification = policy?.parameters[parameter];
  if (policy === undefined || specification === undefined) {
    const known = policy === undefined ? "" : `; it has ${Object.keys(policy.parameters).join(", ")}`;
    throw new ModuleAdaptationError(`"${operation}" has no parameter "${parameter}"${known}`, { context });
  }
  const strange = Object.keys(context).find((key) => !policy.context.includes(key));
  if (strange !== undefined)
    throw new ModuleAdaptationError(
      `"${operation}" has no context key "${strange}"; it has ${policy.context.join(", ") || "none"}`,
      { context },
    );
  const problem = parameterValueProblem(specification, value);
  if (problem !== undefined) throw new ModuleAdaptationError(`${parameter} ${problem}`, { context });
  return { operation, parameter, context, from: inForce[parameter] ?? specification.base, to: value };
}

function learnedOperation(operation: string, outcome: CycleOutcome): LearnedOperation {
  if (outcome.kind !== "recorded")
    return { operation, outcome: outcome.kind, reasons: [outcome.reason], adaptations: [] };
  const { contexts, adaptations } = outcome.decision;
  return {
    operation,
    outcome: "recorded",
    reasons: [...new Set(contexts.map(({ reason }) => reason.sentence))],
    adaptations: adaptations.map(adaptationOf),
  };
}
