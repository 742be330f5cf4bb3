/** Was a setting adopted so often within so many cycles that it is not better but something goes back and forth? */
import { describeSetting } from "../policy/setting.ts";
import type { Guardrail, GuardrailJudgement, GuardrailSubject } from "./guardrail.ts";

const MOST_ADOPTIONS = 3;

/** Adoptions before this many cycles are forgotten. */
export const OSCILLATION_CYCLES = 200;
/** For so long the setting rests. */
export const OSCILLATION_REST_CYCLES = 60;

/** The guardrail as it stands in the list. */
export const OSCILLATION: Guardrail = { id: "oscillation", effect: "rest", judge: judgeOscillation };

function judgeOscillation({ setting, memory, cycle }: GuardrailSubject): GuardrailJudgement {
  const recent = memory.adoptions.filter(
    (each) => each.variant === setting.id && each.cycle > cycle - OSCILLATION_CYCLES,
  );
  const numbers = { adoptions: recent.length, most: MOST_ADOPTIONS, withinCycles: OSCILLATION_CYCLES };
  const described = describeSetting(setting.parameters);
  if (recent.length < MOST_ADOPTIONS) {
    const sentence = `${described} was adopted ${recent.length} times within ${OSCILLATION_CYCLES} cycles.`;
    return { verdict: "passed", sentence, numbers };
  }
  const sentence = `${described} was adopted ${MOST_ADOPTIONS} times within ${OSCILLATION_CYCLES} cycles and given up each time; it rests for ${OSCILLATION_REST_CYCLES}.`;
  return { verdict: "violated", code: "OSCILLATING", sentence, numbers };
}
