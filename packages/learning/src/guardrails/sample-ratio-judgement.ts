/** Do the calls follow the shares? What the blocks of sample-ratio.ts say so far. */
import type { Guardrail, GuardrailJudgement, GuardrailSubject } from "./guardrail.ts";
import { isSampleMismatched, MINIMUM_CALLS, unfairRole } from "./sample-ratio.ts";

/** The guardrail as it stands in the list. */
export const SAMPLE_RATIO: Guardrail = { id: "sample-ratio", effect: "hold", judge: judgeRatio };

function judgeRatio({ memory: { ratio } }: GuardrailSubject): GuardrailJudgement {
  const { cycles, calls, misfits, sentence: misfit } = ratio;
  const numbers = { cycles, calls, misfits };
  if (isSampleMismatched(ratio)) {
    const sentence = `${misfit}, in two blocks of cycles in a row: its calls are no fair sample, so nothing is learnt or changed until they are.`;
    return { verdict: "violated", code: "SAMPLE_RATIO_MISMATCH", sentence, numbers };
  }
  const unfair = unfairRole(ratio);
  if (calls < MINIMUM_CALLS || misfits > 0 || unfair !== undefined) {
    const sentence = `${Math.round(calls)} calls in ${cycles} cycles of this block do not tell yet whether they follow the shares.`;
    return { verdict: "unknown", code: "COLLECTING", sentence, numbers };
  }
  return { verdict: "passed", sentence: `${Math.round(calls)} calls follow the shares.`, numbers };
}
