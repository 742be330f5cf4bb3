/** Does a setting lie inside the space: every parameter there, of its type, between its bounds, on its step or among its choices? */
import { parameterValuesProblems } from "@trimtab/conventions";
import type { Guardrail, GuardrailJudgement, GuardrailSubject } from "./guardrail.ts";

/** The guardrail as it stands in the list. */
export const PARAMETER_BOUNDS: Guardrail = { id: "parameter-bounds", effect: "refuse", judge: judgeBounds };

function judgeBounds({ policy, setting: { parameters } }: GuardrailSubject): GuardrailJudgement {
  const problems = parameterValuesProblems(policy.parameters, parameters);
  const [problem] = problems;
  const numbers = { problems: problems.length };
  if (problem === undefined) return { verdict: "passed", sentence: "Every value lies inside the space.", numbers };
  const sentence = `${problem.path.join(".")} ${problem.message}.`;
  return { verdict: "violated", code: "OUTSIDE_SPACE", sentence, numbers };
}
