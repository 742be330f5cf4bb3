/** What somebody says later about a result or an entity, on its way to the controller. */
import {
  type ContextInput,
  componentNameProblem,
  FEEDBACK_FORM,
  type FeedbackItem,
  feedbackScore,
  type Json,
  parseResultHandle,
  type ResultHandle,
  type VariantId,
} from "@trimtab/conventions";
import { instrumentation } from "./instance.ts";
import { describeError, warnOnce } from "./own-failure.ts";

/** What feedback is about, where nobody kept the handle of a result: an entity, or what is known of the call. */
export interface FeedbackSubject {
  /** An artist, a document: what is no single result. 1 to 256 characters. */
  readonly entity?: string;
  /** The handle of a result, beside an entity. */
  readonly result?: ResultHandle;
  readonly component?: string;
  /** Needs the component. */
  readonly operation?: string;
  readonly context?: ContextInput;
  readonly variant?: VariantId;
}

/** What was said. At most one of `rating`, `score` and `errorRate`; without any it is kept and shown, and moves no learning. */
export interface GivenFeedback {
  /** 1 to 5 as a person rates. */
  readonly rating?: number;
  /** 0 to 1, 1 is best. */
  readonly score?: number;
  /** 0 to 1, of an automated report; the score is what is left to 1. */
  readonly errorRate?: number;
  /** Lower-case letters, digits and `_`. Default: `user_rating` for a rating, `performance` for an error rate, else `feedback`. */
  readonly type?: string;
  /** Longer ones are cut at 4,000 characters. */
  readonly comment?: string;
  /** Whatever belongs to it, at most 16 KiB of JSON. */
  readonly data?: { readonly [name: string]: Json };
  /** What is sent twice under one key counts once: the id of the form that was sent, say. Default: one of its own. */
  readonly key?: string;
  /** The component that collected it. Default: this one. */
  readonly source?: string;
  /** The component that is to make something of it. */
  readonly target?: string;
  /** When it was given. Default: now. */
  readonly at?: Date;
}

/**
 * Passes feedback on to the controller, about a result (its handle, as `call.result()` gave it) or an entity. It is queued, sent in
 * batches, and sent again until the controller has it. Never throws and never waits.
 *
 * @returns False where it is refused at once, and told once why; nothing is known yet of what the controller says.
 */
export function feedback(about: ResultHandle | FeedbackSubject, given: GivenFeedback): boolean {
  return feedbackIn(undefined, about, given);
}

/** As `feedback`, collected by a component that is told by name. */
export function feedbackIn(
  component: string | undefined,
  about: ResultHandle | FeedbackSubject,
  given: GivenFeedback,
): boolean {
  try {
    const shared = instrumentation();
    if (shared.settings.disabled) return false;
    const subject = typeof about === "string" ? { result: about } : about;
    const item = itemFrom(component ?? shared.settings.component, subject, given);
    const problem = problemOf(item);
    if (problem === undefined) {
      shared.deliveries.addFeedback(item);
      return true;
    }
    shared.deliveries.feedback.delivered.refused++;
    warnOnce(`feedback:${problem}`, `feedback is refused: ${problem}`);
  } catch (error) {
    warnOnce("feedback", `feedback cannot be read, and is refused: ${describeError(error)}`);
  }
  return false;
}

function itemFrom(source: string, subject: FeedbackSubject, given: GivenFeedback): FeedbackItem {
  const { rating, score, errorRate, comment, data, key, target, at } = given;
  const { entity, result, component, operation, context, variant } = subject;
  const usual = rating !== undefined ? "user_rating" : errorRate !== undefined ? "performance" : "feedback";
  const item = {
    id: key ?? globalThis.crypto.randomUUID(),
    type: given.type ?? usual,
    result,
    component,
    operation,
    context: context && { ...context },
    variant,
    entity,
    source: given.source ?? source,
    target,
    rating,
    score,
    errorRate,
    comment: comment?.slice(0, FEEDBACK_FORM.longestComment).toWellFormed(),
    // A copy: what the application does to it later must not be what is sent.
    data: data === undefined ? undefined : (JSON.parse(JSON.stringify(data)) as FeedbackItem["data"]),
    at: (at ?? new Date()).toISOString(),
  };
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined)) as unknown as FeedbackItem;
}

/** What the controller would refuse; told here, because whoever sends it is here. */
function problemOf(item: FeedbackItem): string | undefined {
  const { id, type, entity, data } = item;
  const { longestId, longestEntity, largestDataBytes } = FEEDBACK_FORM;
  if (!isText(id, longestId)) return `its key is no text of 1 to ${longestId} characters`;
  if (!FEEDBACK_FORM.type.test(type)) return "its type is not made of lower-case letters, digits and _";
  if (entity !== undefined && !isText(entity, longestEntity))
    return `its entity is no text of 1 to ${longestEntity} characters`;
  const bytes = data === undefined ? 0 : Buffer.byteLength(JSON.stringify(data));
  if (bytes > largestDataBytes) return `its data is larger than ${largestDataBytes / 1024} KiB`;
  return subjectProblem(item) ?? scoreProblem(item);
}

function subjectProblem(item: FeedbackItem): string | undefined {
  const { result, component, operation, variant, entity, source, target } = item;
  for (const name of [component, source, target]) {
    const problem = name === undefined ? undefined : componentNameProblem(name);
    if (problem !== undefined) return problem;
  }
  if (result !== undefined) {
    if ("problem" in parseResultHandle(result)) return "it is about no handle of a result";
    return (component ?? operation ?? variant) === undefined
      ? undefined
      : "it names a call beside the handle of its result";
  }
  if (component === undefined && entity === undefined) return "it names no result, no component and no entity";
  if (operation !== undefined && component === undefined) return "it names an operation without its component";
  return variant !== undefined && operation === undefined ? "it names a variant without its operation" : undefined;
}

function scoreProblem(item: FeedbackItem): string | undefined {
  const scores = [item.rating, item.score, item.errorRate].filter((value) => value !== undefined);
  if (scores.length > 1) return "it has more than one of rating, score and errorRate";
  const isGood =
    scores.every((value) => typeof value === "number") && (scores.length === 0 || feedbackScore(item) !== undefined);
  return isGood ? undefined : "its rating is not from 1 to 5, or its score or error rate not from 0 to 1";
}

function isText(value: unknown, longest: number): boolean {
  return typeof value === "string" && value !== "" && value.length <= longest;
}
