/**
 * Constraints as the configuration writes them:
 *
 *     success_rate >= 0.9
 *     success_rate >= 0.98 x baseline
 *     p95_latency <= 2s
 *     p95_latency <= 1.2 x baseline
 */
import { parseDuration } from "@trimtab/conventions";
import type { Constraint } from "@trimtab/learning";

/** What a constraint may look like, for error messages. */
const CONSTRAINT_FORMS =
  '"success_rate >= 0.9", "success_rate >= 0.98 x baseline", "p95_latency <= 2s" or "p95_latency <= 1.2 x baseline"';

/** @returns The constraint, or what is wrong with the text. */
export function parseConstraint(text: string): { readonly constraint: Constraint } | { readonly problem: string } {
  const match = /^\s*([A-Za-z0-9_]+)\s*(>=|<=|=>|=<|==|=|>|<|≥|≤)\s*(.+?)\s*$/.exec(text);
  if (match === null) return { problem: `"${text}" is no constraint; write ${CONSTRAINT_FORMS}` };
  const [, measure = "", relation = "", limit = ""] = match;
  if (measure === "success_rate") {
    if (relation !== ">=") return { problem: `"${text}" must use >=; write "success_rate >= ${limit}"` };
    return parseSuccessRate(limit);
  }
  if (measure === "p95_latency") {
    if (relation !== "<=") return { problem: `"${text}" must use <=; write "p95_latency <= ${limit}"` };
    return parseLatency(limit);
  }
  return { problem: `"${measure}" is nothing that can be limited; write ${CONSTRAINT_FORMS}` };
}

function parseSuccessRate(limit: string): ReturnType<typeof parseConstraint> {
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(limit)?.[1];
  if (percent !== undefined)
    return { problem: `"${limit}" is a percentage; write "success_rate >= ${Number(percent) / 100}"` };
  const ratio = ratioToBaseline(limit);
  if (ratio !== undefined) {
    if (ratio > 0 && ratio < 1) return { constraint: { kind: "success-rate-ratio", minimumRatio: ratio } };
    return {
      problem: `"${limit}" can never be kept or never be broken; write a factor between 0 and 1, such as 0.98 x baseline`,
    };
  }
  const minimum = Number(limit);
  if (!(minimum > 0 && minimum <= 1))
    return { problem: `"${limit}" is no success rate; write a number above 0 and up to 1, such as 0.9` };
  return { constraint: { kind: "success-rate", minimum } };
}

function parseLatency(limit: string): ReturnType<typeof parseConstraint> {
  const maximumRatio = ratioToBaseline(limit);
  if (maximumRatio !== undefined) {
    if (maximumRatio > 0) return { constraint: { kind: "p95-latency-ratio", maximumRatio } };
    return { problem: `"${limit}" allows nothing; write a factor above 0, such as 1.2 x baseline` };
  }
  const milliseconds = parseDuration(limit);
  if (milliseconds !== undefined && milliseconds > 0) {
    return { constraint: { kind: "p95-latency", maximumSeconds: milliseconds / 1000 } };
  }
  if (/^\d+(\.\d+)?$/.test(limit))
    return {
      problem: `"${limit}" has no unit; write "p95_latency <= ${limit}s" or "p95_latency <= ${limit} x baseline"`,
    };
  return { problem: `"${limit}" is no latency; write a duration such as 2s, or a factor such as 1.2 x baseline` };
}

/** The factor of `0.98 x baseline`. */
function ratioToBaseline(limit: string): number | undefined {
  const ratio = /^(\d+(?:\.\d+)?)\s*[x×*]\s*baseline$/i.exec(limit)?.[1];
  return ratio === undefined ? undefined : Number(ratio);
}
