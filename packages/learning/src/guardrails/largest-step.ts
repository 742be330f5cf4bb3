/** Is a setting further from the incumbent, in one parameter, than one adaptation may go? */
import type { NumericParameter, ParameterSpecification } from "@trimtab/conventions";
import { tooLargeStep } from "../policy/setting.ts";
import type { Guardrail, GuardrailJudgement, GuardrailSubject } from "./guardrail.ts";

/** The guardrail as it stands in the list. */
export const LARGEST_STEP: Guardrail = { id: "largest-step", effect: "refuse", judge: judgeStep };

function judgeStep({ policy, incumbent, setting }: GuardrailSubject): GuardrailJudgement {
  const bounded = Object.entries(policy.parameters).filter(([, specification]) => hasStep(specification));
  // a comparison with what is no number is false, and would pass
  const blind = bounded.find(([name]) => !isNumber(incumbent.parameters[name]) || !isNumber(setting.parameters[name]));
  if (blind !== undefined) {
    const sentence = `${blind[0]} ${incumbent.parameters[blind[0]]} to ${setting.parameters[blind[0]]}: no step can be taken between these.`;
    return { verdict: "unknown", code: "LARGEST_STEP", sentence, numbers: {} };
  }
  const parameter = tooLargeStep(policy.parameters, incumbent.parameters, setting.parameters);
  if (parameter === undefined)
    return { verdict: "passed", sentence: "No parameter moves further than one adaptation may.", numbers: {} };
  const [from, to] = [incumbent.parameters[parameter], setting.parameters[parameter]];
  const sentence = `${parameter} ${from} to ${to} is more than one adaptation may change.`;
  return { verdict: "violated", code: "LARGEST_STEP", sentence, numbers: { from: Number(from), to: Number(to) } };
}

function hasStep(specification: ParameterSpecification): specification is NumericParameter {
  return (
    "min" in specification && (specification.largestStep !== undefined || specification.largestFactor !== undefined)
  );
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value);
}
