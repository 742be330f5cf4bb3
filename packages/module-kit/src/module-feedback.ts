/** Feedback as it is given about a result, and as it is kept: checked, with a score, and with an id by which it counts once. */
import {
  canonicalJson,
  componentNameProblem,
  FEEDBACK_FORM,
  feedbackScore,
  type Json,
  shortDigest,
} from "@trimtab/conventions";
import type { GivenFeedback } from "@trimtab/instrumentation";
import type { StoredModuleFeedback } from "./ports.ts";
import { parseResultId } from "./result-id.ts";

/** What somebody says of a result, in the words of the instrumentation. Without a source it is this module that collected it. */
export interface ModuleFeedback extends GivenFeedback {
  /**
   * What is given twice under one key about one result counts once: a form's id, a user's. Without a key the same words about the
   * same result count once.
   */
  readonly key?: string;
  /** What it is also about: an artist, a document. 1 to 256 characters. */
  readonly entity?: string;
}

/** Reads feedback about a result of a component. @returns The entry, or what is wrong and what the right form is. */
export function readFeedback(
  component: string,
  resultId: string,
  given: ModuleFeedback,
): { readonly entry: StoredModuleFeedback; readonly handle: string } | { readonly problem: string } {
  const parsed = parseResultId(resultId);
  if ("problem" in parsed) return { problem: `the result id ${JSON.stringify(resultId)} ${parsed.problem}` };
  const { origin, handle } = parsed;
  if (origin.component !== component)
    return { problem: `the result is one of "${origin.component}", and this module is "${component}"` };
  const problem = problemOf(given);
  if (problem !== undefined) return { problem };
  const { rating, score, errorRate, comment, data, key, source = component, target, entity, at } = given;
  const type =
    given.type ?? (rating !== undefined ? "user_rating" : errorRate !== undefined ? "performance" : "feedback");
  const said = { type, rating, score, errorRate, comment, data, source, target, entity };
  const name = key === undefined ? { resultId, ...said } : { resultId, type, key };
  const value = feedbackScore(given);
  const entry = {
    // twice fifty bits: two entries of a billion share an id once in a trillion worlds
    id: `f-${shortDigest(canonicalJson(withoutAbsent(name)))}${shortDigest(canonicalJson([withoutAbsent(name)]))}`,
    resultId,
    type,
    operation: origin.operation,
    context: origin.context,
    variant: origin.variant,
    servedAt: origin.at,
    score: value,
    rating,
    errorRate,
    comment: comment?.slice(0, FEEDBACK_FORM.longestComment),
    data,
    entity,
    source,
    target,
    at,
  };
  return { entry: withoutAbsent(entry) as unknown as StoredModuleFeedback, handle };
}

function problemOf({
  rating,
  score,
  errorRate,
  type,
  key,
  data,
  source,
  target,
  entity,
  at,
}: ModuleFeedback): string | undefined {
  const scores = Object.entries({ rating, score, errorRate }).filter(([, value]) => value !== undefined);
  // A form or a header gives text, and "4" is at least 1 and at most 5.
  const [strange] = scores.filter(([, value]) => typeof value !== "number");
  if (strange !== undefined) return `its ${strange[0]} is ${JSON.stringify(strange[1])}; write a number`;
  if (scores.length > 1) return "it has more than one of rating, score and errorRate; give one of them";
  if (rating !== undefined && !(rating >= 1 && rating <= 5)) return `the rating is ${rating}; ratings are from 1 to 5`;
  if (score !== undefined && !(score >= 0 && score <= 1)) return `the score is ${score}; scores are from 0 to 1`;
  if (errorRate !== undefined && !(errorRate >= 0 && errorRate <= 1))
    return `the error rate is ${errorRate}; it is a share, from 0 to 1`;
  if (type !== undefined && !FEEDBACK_FORM.type.test(type))
    return `the type "${type}" is not made of lower-case letters, digits and _`;
  if (key === "") return "the key is empty; leave it out, or name what was sent";
  if (entity !== undefined && (entity === "" || entity.length > FEEDBACK_FORM.longestEntity))
    return `the entity has ${entity.length} characters; 1 to ${FEEDBACK_FORM.longestEntity} are allowed`;
  if (at !== undefined && !(at instanceof Date && !Number.isNaN(at.getTime()))) return "its time is no date";
  const text = data === undefined ? "" : jsonOf(data);
  if (text === undefined) return "its data are no JSON: a number that is none, a function, or a ring is in them";
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > FEEDBACK_FORM.largestDataBytes)
    return `its data are ${bytes} bytes of JSON; at most ${FEEDBACK_FORM.largestDataBytes} are kept`;
  return [source, target].map((name) => (name === undefined ? undefined : componentNameProblem(name))).find(Boolean);
}

function jsonOf(data: Json): string | undefined {
  try {
    return canonicalJson(data);
  } catch {
    return undefined;
  }
}

function withoutAbsent(fields: Readonly<Record<string, unknown>>): { [name: string]: Json } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [name: string]: Json;
  };
}
