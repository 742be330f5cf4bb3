/** From one item of a request to an outcome that can be counted, or why it cannot. */
import {
  baseValues,
  type Context,
  canonicalContext,
  canonicalJson,
  type Json,
  type OutcomeReport,
  parameterValuesProblems,
  parseResultHandle,
  shortDigest,
  type VariantId,
  variantId,
} from "@trimtab/conventions";
import type { ReportedOutcome } from "@trimtab/engine";
import type { OperationPolicy } from "@trimtab/learning";
import { formatPath } from "../config/problem-list.ts";
import type { ErrorCode } from "../errors.ts";
import { outcomeIncrements, REPORTED_BOUNDS } from "../sources/reported/outcome-increments.ts";
import type { ConfiguredOperations } from "./configured-operations.ts";
import { itemProblems, unknownOperationProblem } from "./item-problems.ts";
import { VARIANT_ID } from "./wire/call-wire.ts";
import { outcomeSchema } from "./wire/outcome-wire.ts";

/** Why an outcome is refused. */
export interface OutcomeRefusal {
  readonly code: ErrorCode;
  readonly problems: readonly string[];
}

/** A sound outcome, with its kind of error where it had one. */
export interface SoundOutcome {
  readonly outcome: ReportedOutcome;
  readonly errorType: string | undefined;
}

/** What an outcome is checked against. */
export interface OutcomeRules {
  readonly operations: ConfiguredOperations;
  readonly isReported: (component: string) => boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** So far a sender's clock may be ahead. */
const LARGEST_CLOCK_DIFFERENCE_MILLISECONDS = 5 * 60_000;

/** Checks one. */
export function checkOutcome(
  value: unknown,
  { operations, isReported, now }: OutcomeRules,
): SoundOutcome | OutcomeRefusal {
  const parsed = outcomeSchema.safeParse(value);
  if (!parsed.success) return invalid(...itemProblems(outcomeSchema, value));
  const item = parsed.data;
  const subject = subjectOf(item);
  if ("problems" in subject) return subject;
  const policy = policyOf(subject, operations);
  if ("problems" in policy) return policy;
  const { component, operation } = policy;
  if (!isReported(component)) {
    return {
      code: "COMPONENT_SCRAPED",
      problems: [`component "${component}" is scraped: its operations are counted already`],
    };
  }
  const variant = variantOf(item, subject.variant, policy);
  if (typeof variant !== "string") return variant;
  const endedAt = Date.parse(item.at);
  if (endedAt - now > LARGEST_CLOCK_DIFFERENCE_MILLISECONDS) {
    const ahead = Math.round((endedAt - now) / 1000);
    return invalid(
      `at lies ${ahead} s ahead of the controller's clock; set both clocks by NTP, and report what is over`,
    );
  }
  const context = canonicalContext(subject.context, policy.context);
  const { outcome, durationMilliseconds, quality, cost, errorType } = item;
  const duration = durationMilliseconds === undefined ? undefined : durationMilliseconds / 1000;
  // A key of `undefined` has no JSON, and a context value of 1 is the same as one of "1".
  const content = [
    variant,
    context,
    outcome,
    endedAt,
    duration ?? null,
    quality ?? null,
    cost ?? null,
    errorType ?? null,
  ];
  return {
    outcome: {
      id: item.id,
      digest: shortDigest(canonicalJson(content as Json)),
      endedAt,
      cell: { component, operation, variant, context, bounds: REPORTED_BOUNDS },
      increments: outcomeIncrements({ outcome, duration, quality, cost }),
    },
    errorType,
  };
}

function invalid(...problems: readonly string[]): OutcomeRefusal {
  return { code: "BODY_INVALID", problems };
}

interface Subject {
  readonly component: string;
  readonly operation: string;
  readonly context: Context | Readonly<Record<string, string | number | boolean>>;
  readonly variant: VariantId | undefined;
}

function subjectOf({
  component = "",
  operation = "",
  context = {},
  variant,
  result,
}: OutcomeReport): Subject | OutcomeRefusal {
  if (result === undefined) return { component, operation, context, variant };
  const handle = parseResultHandle(result);
  return "problem" in handle ? invalid(`result ${handle.problem}`) : handle.origin;
}

function policyOf(
  { component, operation }: Subject,
  operations: ConfiguredOperations,
): OperationPolicy | OutcomeRefusal {
  try {
    return operations.find(component, operation);
  } catch (error) {
    const { code, problem } = unknownOperationProblem(error);
    return { code, problems: [problem] };
  }
}

/** The id of the values as served: those of the base are the baseline. */
function variantOf(
  { parameters, result }: OutcomeReport,
  told: VariantId | undefined,
  policy: OperationPolicy,
): VariantId | OutcomeRefusal {
  if (parameters === undefined) {
    // A handle may name a call that no allocation of ours had served.
    if (told !== undefined && VARIANT_ID.test(told)) return told;
    return invalid(
      `${result === undefined ? "variant" : "result"} names no variant; no allocation had served the call`,
    );
  }
  const problems = parameterValuesProblems(policy.parameters, parameters);
  if (problems.length > 0)
    return invalid(...problems.map(({ path, message }) => `${formatPath(["parameters", ...path])} ${message}`));
  const base = baseValues(policy.parameters);
  return variantId(parameters, canonicalJson(base) === canonicalJson(parameters) ? "baseline" : "learnt");
}
