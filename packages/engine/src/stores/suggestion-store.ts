/**
 * The port to improvement suggestions and to the feedback about entities that they come from.
 *
 * Feedback about an entity is processed exactly once: it is marked in the transaction that records the suggestions it led to.
 */
import type { ProposedSuggestion, SuggestionRule } from "@trimtab/learning";
import type { StoredFeedback } from "./feedback-store.ts";
import type { Page, PageRequest } from "./store.ts";

/** What a person has said to a suggestion. */
export type SuggestionStatus = "open" | "accepted" | "dismissed";

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
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A store of suggestions. What a method has resolved for is on disk. */
export interface SuggestionStore {
  /** Feedback about entities that was not processed, oldest arrival first. */
  unprocessedFeedback(limit: number): Promise<readonly StoredFeedback[]>;
  /** Everything of a type that was said about an entity since a time, oldest first, at most 10,000. */
  feedbackAbout(entity: string, rule: SuggestionRule, since: number): Promise<readonly StoredFeedback[]>;
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
}
