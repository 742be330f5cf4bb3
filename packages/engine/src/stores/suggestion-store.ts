/**
 * The port to improvement suggestions and to the feedback about entities that they come from.
 *
 * Feedback about an entity is processed exactly once: it is marked in the transaction that records the suggestions it led to.
 */
import type { ProposedSuggestion, SuggestionRule } from "@trimtab/learning";
import type { StoredFeedback } from "./feedback-store.ts";
import type { Page, PageRequest } from "./store.ts";

/** What a person has said to a suggestion; delivered: accepted, and the target has it. */
export type SuggestionStatus = "open" | "accepted" | "delivered" | "dismissed";

/** A suggestion as it is kept. */
export interface Suggestion extends ProposedSuggestion {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly status: SuggestionStatus;
  /** Milliseconds since 1970; absent while it is open. */
  readonly decidedAt?: number;
  /** Who decided, as far as it is known. */
  readonly decidedBy?: string;
  /** Why, in the person's words. */
  readonly why?: string;
  /** The act that makes its change; absent before it is accepted, and where it names no change. */
  readonly act?: string;
  /** When the target had it, in milliseconds since 1970. */
  readonly deliveredAt?: number;
  /** Who took it, as far as it is known: the target, or the operation that changed. */
  readonly deliveredTo?: string;
}

/** Which suggestions are wanted; newest first. */
export interface SuggestionFilter {
  readonly status?: SuggestionStatus;
  readonly entity?: string;
  readonly target?: string;
  readonly rule?: string;
}

/** A person's word. */
export interface SuggestionDecision {
  readonly status: "accepted" | "dismissed";
  readonly by?: string;
  readonly why?: string;
  /** The act that is to make its change. */
  readonly act?: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The target has it. */
export interface SuggestionReceipt {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly to?: string;
}

/** A store of suggestions. What a method has resolved for is on disk. */
export interface SuggestionStore {
  /** Feedback about entities that was not processed, oldest arrival first. */
  unprocessedFeedback(limit: number): Promise<readonly StoredFeedback[]>;
  /** Everything of a type that was said about an entity since a time, oldest first, at most 10,000. */
  feedbackAbout(entity: string, rule: SuggestionRule, since: number): Promise<readonly StoredFeedback[]>;
  /** Feedback about entities that has a score and came after a time, the newest first, at most `limit`. */
  scoredEntityFeedback(since: number, limit: number): Promise<readonly StoredFeedback[]>;
  /** The newest suggestion of a rule for each entity. */
  lastSuggestionsOfRule(rule: string): Promise<readonly Suggestion[]>;
  /** The newest suggestion of each rule for an entity. */
  lastSuggestions(entity: string): Promise<readonly Suggestion[]>;
  /**
   * Marks feedback as processed and keeps what came of it, both or neither.
   *
   * @throws {IllegalRecordError} when somebody else has processed an entry meanwhile; nothing is changed then.
   */
  recordProcessing(feedback: readonly string[], suggestions: readonly Suggestion[], now: number): Promise<void>;
  /** @throws {InvalidCursorError} when the cursor is not one that this list gave. */
  listSuggestions(filter: SuggestionFilter, page: PageRequest): Promise<Page<Suggestion>>;
  getSuggestion(id: string): Promise<Suggestion | undefined>;
  /** @returns The suggestion as it is now; undefined where there is none. One that is decided already stays as it was decided. */
  decideSuggestion(id: string, decision: SuggestionDecision): Promise<Suggestion | undefined>;
  /**
   * Marks an accepted suggestion as delivered, once: a second receipt changes nothing.
   *
   * @returns The suggestion as it is now; undefined where there is none.
   */
  deliverSuggestion(id: string, receipt: SuggestionReceipt): Promise<Suggestion | undefined>;
  /** Takes back that it was accepted, because its act was refused; nothing where it is not accepted by this act, or another one of its rule and entity is open. */
  reopenSuggestion(id: string, act: string): Promise<void>;
  /** Those that were accepted and whose act has no outcome yet, oldest first. */
  undeliveredSuggestions(limit: number): Promise<readonly Suggestion[]>;
}
