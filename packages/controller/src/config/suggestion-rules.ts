/** The rules for improvement suggestions, completed with defaults. */
import { type ParameterSpecification, type Problem, parameterValueProblem } from "@trimtab/conventions";
import type { RuleChange, SuggestionRule } from "@trimtab/learning";
import { didYouMean } from "../nearest.ts";
import type { ConfigFile, SuggestionSection } from "./config-file.ts";
import { DEFAULTS } from "./defaults.ts";
import { checkedDuration } from "./duration-text.ts";
import { isRecord, member } from "./plain-values.ts";

/** The rules of a file that fits the schema. */
export function toSuggestionRules({
  suggestions = DEFAULTS.suggestions,
}: Pick<ConfigFile, "suggestions">): SuggestionRule[] {
  return suggestions.map(({ id, type, source, target, below, moreThan, within, suggest, confidence, change }) => ({
    id,
    type,
    ...(source === undefined ? {} : { source }),
    ...(target === undefined ? {} : { target }),
    ...(below === undefined ? {} : { below }),
    moreThan: moreThan ?? DEFAULTS.moreThan,
    withinMilliseconds: checkedDuration(within ?? DEFAULTS.within),
    suggestion: suggest,
    confidence: confidence ?? DEFAULTS.confidence,
    ...(change === undefined ? {} : { change: toChange(change) }),
  }));
}

type ChangeSection = NonNullable<SuggestionSection["change"]>;

function toChange({ operation, parameter, by, to, context = {} }: ChangeSection): RuleChange {
  return {
    operation,
    parameter,
    context,
    ...(by === undefined ? {} : { by }),
    ...(to === undefined ? {} : { to }),
  };
}

/** @returns What is wrong with the changes of rules, with paths from the root; of a file whose rules fit the schema. */
export function suggestionProblems(rules: readonly SuggestionSection[], components: unknown): Problem[] {
  return rules.flatMap(({ target, change }, index) => {
    if (change === undefined) return [];
    const path = ["suggestions", index, "change"];
    if (target === undefined)
      return [{ path: ["suggestions", index, "target"], message: "is missing; it names whose operation is to change" }];
    if (Object.hasOwn(change, "by") === Object.hasOwn(change, "to"))
      return [{ path, message: "needs either by or to: by how much, or to which value" }];
    const operations = member(member(components, target), "operations");
    const operation = member(operations, change.operation);
    if (!isRecord(operation)) {
      const known = isRecord(operations) ? Object.keys(operations) : [];
      const message = `"${change.operation}" is no operation of ${target} in this file${didYouMean(change.operation, known)}`;
      return [{ path: [...path, "operation"], message }];
    }
    const parameters = member(operation, "parameters");
    const specification = member(parameters, change.parameter);
    if (!isRecord(specification)) {
      const known = isRecord(parameters) ? Object.keys(parameters) : [];
      const message = `"${change.parameter}" is no parameter of ${target}/${change.operation}${didYouMean(change.parameter, known)}`;
      return [{ path: [...path, "parameter"], message }];
    }
    if (change.by !== undefined && typeof specification["base"] !== "number")
      return [
        { path: [...path, "by"], message: `"${change.parameter}" is no number; write to, with one of its values` },
      ];
    const problem =
      change.to === undefined
        ? undefined
        : parameterValueProblem(specification as unknown as ParameterSpecification, change.to);
    if (problem !== undefined) return [{ path: [...path, "to"], message: problem }];
    const keys = member(operation, "context");
    const undeclared = Object.keys(change.context ?? {}).find((key) => !Array.isArray(keys) || !keys.includes(key));
    return undeclared === undefined
      ? []
      : [{ path: [...path, "context", undeclared], message: `is no context key of ${target}/${change.operation}` }];
  });
}
