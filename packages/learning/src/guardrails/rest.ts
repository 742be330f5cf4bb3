/** Does a setting rest, because it was taken back a while ago, or because a person has turned it down? */
import { describeSetting } from "../policy/setting.ts";
import type { Guardrail, GuardrailJudgement, GuardrailSubject } from "./guardrail.ts";

/** The guardrail as it stands in the list. */
export const REST: Guardrail = { id: "rest", effect: "refuse", judge: judgeRest };

function judgeRest({ setting: { id, parameters }, barred }: GuardrailSubject): GuardrailJudgement {
  const numbers = { resting: barred.size };
  if (!barred.has(id)) return { verdict: "passed", sentence: `${describeSetting(parameters)} does not rest.`, numbers };
  const sentence = `${describeSetting(parameters)} was taken back and rests.`;
  return { verdict: "violated", code: "BARRED", sentence, numbers };
}
