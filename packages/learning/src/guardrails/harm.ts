/** Does the incumbent do worse than the holdout in the same windows? An e-CUSUM of the differences, see statistics/cusum.ts. */
import { CUSUM_BOUND, cusumLevel } from "../statistics/cusum.ts";
import type { Guardrail, GuardrailJudgement, GuardrailSubject } from "./guardrail.ts";

/** The guardrail as it stands in the list. */
export const HARM: Guardrail = { id: "harm", effect: "take-back", judge: judgeHarm };

function judgeHarm({ setting: { id }, incumbent, baseline, memory }: GuardrailSubject): GuardrailJudgement {
  if (id !== incumbent.id || id === baseline.id || memory.harm.length === 0) {
    const sentence = `${id}: not compared with the holdout window by window yet.`;
    return { verdict: "unknown", code: "COLLECTING", sentence, numbers: {} };
  }
  const level = cusumLevel(memory.harm);
  const numbers = { level, bound: CUSUM_BOUND };
  const alarm = `alarm at ${level.toFixed(1)}, bound ${CUSUM_BOUND.toFixed(1)}`;
  if (level <= CUSUM_BOUND)
    return { verdict: "passed", sentence: `${id} does not do worse than the base values: ${alarm}.`, numbers };
  const sentence = `${id} does worse than the base values in the same windows: ${alarm}.`;
  return { verdict: "violated", code: "HOLDOUT_IS_BETTER", sentence, numbers };
}
